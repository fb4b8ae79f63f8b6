"""Runs the emulator, and stops it when the process that started it is gone.

A script of its own, not a module of the package: then the package isn't on the emulator's import path, and so
not on that of the functions it runs, which must see their own asset alone. Standard input is a pipe that only
the starter holds: it closes when the starter ends, however it ends, `kill -9` included.
"""

import os
import signal
import threading

from ministack.app import main  # type: ignore[import-untyped]


def _stop_with_starter() -> None:
    # Not through sys.stdin: its lock, held by a waiting thread, would make the interpreter's end fatal.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_starter, daemon=True, name="stop-with-starter").start()
    main()
