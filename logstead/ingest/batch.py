"""The seam between the protocols and the storage of batches: rows in, an outcome back.

Each protocol's module has three pure functions of the same shape, which one flow can drive:

    decode(request, receipt) -> DecodedBatch                     raises BadRequest for the body as a whole
    reply(request, batch, outcome, receipt) -> Response          what the protocol documents for it
    error_reply(request, error, receipt) -> Response             any LogsteadError, in the protocol's words

A row's `fields` are plain values as `entry.parse_entry` takes them. What would break an entry's rule is
mended where nothing is lost by it (docs/protocols.md says how), because most agents drop what gets a 4xx.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import msgspec

from logstead import limits
from logstead.errors import BodyTooLarge, FieldProblem, LogsteadError
from logstead.http import problem_response, shortened

_NAMED_MAX: Final = 10
_encode: Final = msgspec.json.Encoder().encode

EMPTY_MESSAGE: Final = "(empty)"
"""The message of a row that has none: its attributes are worth keeping."""


class DecodedRow(msgspec.Struct, frozen=True, gc=False):
    """One row of a batch: the fields of an entry, or why it could not be decoded.

    `size_bytes` is what it took as sent and uncompressed, with what it shares with others (labels, resource
    attributes). `sent_time` is that of an agent's row, also where it is too far ahead of the clock to be its
    `dateTime`; the API's own rows have none.
    A struct, as a frozen dataclass takes six times as long to make.
    """

    fields: dict[str, object] | None
    problems: tuple[FieldProblem, ...] = ()
    size_bytes: int = 0
    sent_time: str | None = None


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """The rows of one request, in the order sent.

    A retry is known by the rows' times, where all have one; of the API's own rows, by their ids as well.
    `retry_key` and `identity` are there where a retry is not the same body again: the key that the sender
    keeps between attempts, and the bytes that stay the same. Otherwise the body itself is the identity.
    """

    rows: list[DecodedRow]
    retry_key: str | None = None
    identity: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that was not stored, by its index in the batch."""

    index: int
    problems: tuple[FieldProblem, ...]

    @property
    def reason(self) -> str:
        """Return the problems as one line."""
        return _line(self.problems)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: rows stored (new or a replay) or parked, and those refused for good.

    `is_queued` tells that at least one of the accepted is parked and will be stored later.
    """

    accepted: int
    refused: Sequence[Refusal] = ()
    is_queued: bool = False


def undecodable(detail: str, size_bytes: int) -> DecodedRow:
    """Return the row of what could not be decoded."""
    return DecodedRow(None, (FieldProblem("entry", detail),), size_bytes)


def too_long(size_bytes: int) -> DecodedRow:
    """Return the row of what is longer than an entry may be."""
    return undecodable(
        f"has {size_bytes} bytes; in a batch it may have {limits.BATCH_ENTRY_BYTES_MAX}", size_bytes
    )


def check_row_count(count: int) -> None:
    """Refuse a batch of too many rows.

    Raises:
        BodyTooLarge: naming the limit.
    """
    if count > limits.BATCH_ENTRIES_MAX:
        raise BodyTooLarge(f"The batch has more than {limits.BATCH_ENTRIES_MAX} entries; send smaller ones.")


class ValueBudget:
    """Counts the values that a batch takes apart, where a value of two bytes costs many times its size."""

    def __init__(self) -> None:
        self._left = limits.BATCH_CONTAINERS_MAX

    def take(self, count: int) -> None:
        """Count some values before they are read.

        Raises:
            BodyTooLarge: they are more than memory and time are meant for; naming the limit.
        """
        self._left -= count
        if self._left < 0:
            raise BodyTooLarge(f"The batch has more than {limits.BATCH_CONTAINERS_MAX} values; send less.")


def bytes_unescaped(size_bytes: int, fields: Mapping[str, object]) -> int:
    """Return the size of a row of protobuf, whose texts came without JSON's escapes, as if it had come with.

    In stored attributes a quote takes two bytes, and a control character six. No row is refused for them.
    """
    try:
        text = _encode(fields.get("attributes"))
    except RecursionError:
        return size_bytes  # the validation refuses the row for its nesting
    most = max(size_bytes, limits.BATCH_ENTRY_BYTES_MAX)
    return min(most, size_bytes + text.count(b"\\") + 4 * text.count(b"\\u00"))


def checked(rows: list[DecodedRow]) -> list[DecodedRow]:
    """Return the rows, those too long with what they share refused by index.

    Raises:
        BodyTooLarge: all of them are more than storage is meant for; naming the limit.
    """
    sizes = [row.size_bytes for row in rows]
    if sum(sizes) > limits.BATCH_SPREAD_BYTES_MAX:
        raise BodyTooLarge(
            f"The entries, each with its labels or resource attributes, have more than "
            f"{limits.BATCH_SPREAD_BYTES_MAX} bytes; send smaller batches."
        )
    if max(sizes, default=0) <= limits.BATCH_ENTRY_BYTES_MAX:
        return rows
    return [
        row if row.size_bytes <= limits.BATCH_ENTRY_BYTES_MAX else too_long(row.size_bytes) for row in rows
    ]


def summary(outcome: Outcome) -> str:
    """Return what was refused and why, as one line of text for an agent's log."""
    named = "; ".join(f"[{one.index}] {one.reason}" for one in outcome.refused[:_NAMED_MAX])
    more = len(outcome.refused) - _NAMED_MAX
    rest = f"; and {more} more" if more > 0 else ""
    return f"{outcome.accepted} stored, {len(outcome.refused)} refused: {named}{rest}"


def error_status(error: LogsteadError) -> tuple[HTTPStatus, dict[str, str]]:
    """Return the status and headers of an error in a protocol's reply.

    500 becomes 503: agents drop a batch on 500 (OTLP) or may, and a fault of the service can be mended
    while they keep it.
    """
    response = problem_response(error)
    headers = dict(response.headers)
    if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return response.status, headers
    return HTTPStatus.SERVICE_UNAVAILABLE, {"retry-after": str(limits.RETRY_AFTER_S)} | headers


def error_text(error: LogsteadError) -> str:
    """Return an error's detail and problems as one line of text for an agent's log."""
    return f"{error.detail} ({_line(error.problems)})" if error.problems else error.detail


def _line(problems: Sequence[FieldProblem]) -> str:
    return "; ".join(f"{shortened(one.field)} {one.problem}" for one in problems[:_NAMED_MAX])
