"""Runs the emulator, saves its state when it is told to, and stops it when its starter is gone.

A script of its own, not a module of the package: then the package isn't on the emulator's import path, and so
not on that of the functions it runs, which must see their own asset alone. Standard input is a pipe that only
the starter holds. Each byte in it asks for a save, beside the emulator's own at its end; it closes when the
starter ends, however it ends, `kill -9` included.
"""

import asyncio
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from ministack import app as emulator  # type: ignore[import-untyped]
from ministack.core import persistence  # type: ignore[import-untyped]

PAUSE_RATIO = 20
"""The pause after a save, in times of how long it took, at the least: while it lasts nothing is answered."""


class Application:
    """The emulator's ASGI application, which also saves: on its loop, so no request changes what is read."""

    def __init__(self) -> None:
        self._answer = emulator.app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next_save_s = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the emulator does."""
        self._loop = asyncio.get_running_loop()
        await self._answer(scope, receive, send)

    def obey_starter(self) -> None:
        """Save when asked to, until the starter is gone; then stop."""
        # Not through sys.stdin: its lock, held by a waiting thread, would make the interpreter's end fatal.
        while os.read(0, 1):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._save)
        os.kill(os.getpid(), signal.SIGTERM)

    def _save(self) -> None:
        """Write each service's state to a new file that takes the old one's place at once."""
        started_s = time.monotonic()
        if started_s < self._next_save_s:
            return
        persistence.save_all(emulator._build_persistence_save_dict())  # noqa: SLF001 - as it does at its end
        ended_s = time.monotonic()
        self._next_save_s = ended_s + PAUSE_RATIO * (ended_s - started_s)


if __name__ == "__main__":
    emulator.app = Application()
    threading.Thread(target=emulator.app.obey_starter, daemon=True, name="obey-starter").start()
    emulator.main()
    if mark := os.environ.get("RUNNING_MARK"):
        Path(mark).unlink(missing_ok=True)  # all is saved now
