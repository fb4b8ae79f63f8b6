"""Does the last page of a walk cost what the first does? And does a walk show everything once?

Both functions in this process, over the tests' table in memory: entries are posted in batches and walked
by `GET /export`, so what is counted is queries and bytes, not an emulator.
"""

import contextlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bench.corpus import as_sent, corpus
from bench.queries import WrongAnswer
from bench.report import Row
from bench.units import item_bytes
from logstead.entry import LogEntry, minute_of
from tests.unit.fakes import FakeDynamoDB

if TYPE_CHECKING:  # imported late, by `_service`
    from tests.unit.service import Reply, Service

BATCH: Final = 1_000
OLDEST: Final = datetime(2026, 2, 9, tzinfo=UTC)
ENTRIES: Final = 100_000
PAGE: Final = 100
PAGES: Final = ENTRIES // PAGE
LATE_PAGES: Final = slice(PAGES - 11, PAGES - 1)
RATIO_MAX: Final = 1.5
SHARDS: Final = 4


class CountingTable(FakeDynamoDB):
    """A table in memory that counts the bytes of the items that it is read for, and forgets the calls."""

    bytes_read = 0
    requests = 0

    def query(self, **arguments: Any) -> dict[str, Any]:
        """Query one page of the index."""
        reply = super().query(**arguments)
        self._count(reply["Items"])
        return reply

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get items by their keys."""
        reply = super().batch_get_item(**arguments)
        self._count(next(iter(reply["Responses"].values())))
        return reply

    def _count(self, items: list[dict[str, dict[str, Any]]]) -> None:
        self.calls.clear()
        self.requests += 1
        self.bytes_read += sum(map(item_bytes, items))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a walk, and what it took."""

    ids: list[str]
    messages: list[str]
    requests: int
    bytes_read: int
    seconds: float


class Line(msgspec.Struct):
    """What is looked at of an entry."""

    id: str
    message: str


_lines: Final = msgspec.json.Decoder(Line).decode_lines


def fill(entries: int) -> tuple["Service", CountingTable]:
    """Return a service that so many entries were posted to, a batch of 1,000 a minute; raises WrongAnswer.

    The message of each begins with its number.
    """
    table = CountingTable()
    service = _service(table)
    lines = corpus(BATCH, own_ids=False, has_attributes=False)
    for batch in range(entries // BATCH):
        minute = minute_of((OLDEST + timedelta(minutes=batch)).isoformat())
        reply = service.post(
            as_sent([_moved(line, minute, batch * BATCH + n) for n, line in enumerate(lines)])
        )
        if reply.status != HTTPStatus.OK:
            raise WrongAnswer(f"{reply.status}: {reply.body[:200]!r}")
    return service, table


def walk(service: "Service", table: CountingTable, page: int) -> Iterator[Page]:
    """Yield the pages of a walk through everything, the newest first."""
    cursor: str | None = ""
    while cursor is not None:
        query = [("limit", str(page)), *([("cursor", cursor)] if cursor else [])]
        requests, bytes_read, started = table.requests, table.bytes_read, time.perf_counter()
        reply = service.get("/export", query=query)
        seconds = time.perf_counter() - started
        found = _lines(_body(reply))
        cursor = reply.headers.get("logstead-next-cursor")
        yield Page(
            [line.id for line in found],
            [line.message for line in found],
            table.requests - requests,
            table.bytes_read - bytes_read,
            seconds,
        )


def check(ids: list[str], messages: list[str], entries: int) -> None:
    """Raise WrongAnswer where an id came twice, or the message of an entry never or twice."""
    if len(ids) != entries or len(set(ids)) != entries:
        raise WrongAnswer(f"{len(ids):,} entries with {len(set(ids)):,} ids, of {entries:,}")
    if {int(message.partition(" ")[0]) for message in messages} != set(range(entries)):
        raise WrongAnswer("some entries are missing, others came twice")


def measure() -> list[Row]:
    """Compare ten pages from page 1 on with ten before page 1,000, the baseline's column being page 1."""
    service, table = fill(ENTRIES)
    pages = list(walk(service, table, PAGE))
    check([i for one in pages for i in one.ids], [m for one in pages for m in one.messages], ENTRIES)
    return rows(pages[:10], pages[LATE_PAGES])


def rows(first: list[Page], last: list[Page]) -> list[Row]:
    """Return the means of pages about page 1,000 beside those of the first pages."""

    def row(unit: str, late: float, early: float, ratio_max: float | None) -> Row:
        return Row(
            name="page 1,000 beside page 1 (100 entries)",
            unit=unit,
            ours=late / len(last),
            baseline=early / len(first),
            ratio_max=ratio_max,
        )

    return [
        row("requests", sum(p.requests for p in last), sum(p.requests for p in first), RATIO_MAX),
        row("KB", sum(p.bytes_read for p in last) / 1e3, sum(p.bytes_read for p in first) / 1e3, RATIO_MAX),
        row("ms", sum(p.seconds for p in last) * 1e3, sum(p.seconds for p in first) * 1e3, None),
    ]


def _service(table: CountingTable) -> "Service":
    # The handlers' modules make handlers of their own when imported, and say that nothing is set up here.
    with contextlib.redirect_stdout(io.StringIO()):
        from tests.unit.service import Service  # noqa: PLC0415
    return Service(table, shards=SHARDS)


def _moved(line: LogEntry, minute: str, number: int) -> LogEntry:
    date_time = minute + line.date_time[len(minute) :]
    return line._replace(date_time=date_time, message=f"{number} {line.message}")


def _body(reply: "Reply") -> bytes:
    if reply.status != HTTPStatus.OK or "logstead-not-shown" in reply.headers:
        raise WrongAnswer(f"{reply.status}: {reply.body[:200]!r}")
    return reply.body
