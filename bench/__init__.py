"""What the service costs and how fast it is, beside the specification taken literally.

`python -m bench` asks each question and prints one table; a module that answers one has `measure`. What is
asked now and then only is a command of its own, `python -m bench.<name>`.
"""

import os
import signal

from local.setup import QUIET_JSII

os.environ |= QUIET_JSII  # read when aws_cdk is imported


def end_with_reader() -> None:
    """Let this process end quietly when who reads its output does, as `head` does after its lines.

    Not for a process that talks to a socket: a connection that the other side closed would end it too.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
