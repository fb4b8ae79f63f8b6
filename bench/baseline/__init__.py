"""The baseline: the specification taken literally, as one would write it in an afternoon."""

from pathlib import Path

FUNCTIONS = Path(__file__).with_name("functions")
"""The functions' code."""

NO_OP_OUTPUT = "NoOpFunctionUrl"
"""The output of its stack that the specification has none like: a function that does nothing."""
