"""The clock of batches, which tests may move."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

import pytest

from logstead.ingest import batch_flow

NOW: Final = datetime(2026, 2, 9, 12, 0, 30, tzinfo=UTC)


@dataclass
class Clock:
    """What the service's batches take for the time."""

    at: datetime = NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that a test may move."""
    moved = Clock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Moved":  # noqa: ARG003  # always UTC here
            return moved.at  # type: ignore[return-value]  # a plain datetime will do

    monkeypatch.setattr(batch_flow, "datetime", Moved)
    return moved
