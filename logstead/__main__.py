"""`python -m logstead`: the command line of a stage's owner."""

from logstead.cli.main import main

main(prog_name="python -m logstead")
