import subprocess
import sys

import pytest

from local.deploy import ROOT


@pytest.mark.parametrize("module", ("bench.worst_bill", "bench.idle_cost"))
def test_a_command_whose_reader_ends_first_ends_quietly(module: str) -> None:
    """As in `| head -5`: no trace, and no banner before it either."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", module], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline().startswith(b"| stage |")
        command.stdout.close()
        assert command.stderr.read() == b""
