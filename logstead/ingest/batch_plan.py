"""From decoded rows to what is written: packs, single entries and refusals. Pure: no I/O, no clock.

How a retry is known decides where the packs' ids come from:

- an `Idempotency-Key`: from the caller, the key and when it was first received;
- a batch that fixes all its times (and, on the native route, all its ids): from the caller, the path and
  the whole body;
- else at random: nothing tells such a batch from a second one like it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import Any, Final, cast

from logstead import limits
from logstead.entry import LogEntry, Receipt, parse_date_time, same_content
from logstead.errors import FieldProblem
from logstead.ingest.batch import DecodedBatch, DecodedRow, Refusal
from logstead.ingest.bulk_parse import ParsedRows, parse_rows
from logstead.storage.pack_id import content_seed, keyed_seed, random_seed
from logstead.storage.pack_layout import Columns
from logstead.storage.pack_split import split_into_packs

_COPY_STARTS: Final = frozenset("{[")
_REPLACEMENT: Final = "\ufffd"
_TAKEN: Final = (FieldProblem("id", "is taken by another entry of this time in the batch; use a new id"),)
_TOO_MANY_PACKS = (
    FieldProblem(
        "entry",
        f"came after the {limits.BATCH_PACKS_MAX} packs that one request may make; send it in another batch",
    ),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch came from; `identity` is what stays the same in a retry, as a rule the whole body."""

    caller: str
    path: str
    identity: bytes
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class PackPlan:
    """One pack to be: its ordinal in the batch, and its entries as sent, None for what is not in it.

    `indexes` are their places in the batch. `sent` is as `storage.pack.make_pack` takes it.
    """

    ordinal: int
    indexes: list[int]
    sent: list[LogEntry | None] | Columns

    @property
    def count(self) -> int:
        """The number of entries."""
        return len(self.kept_indexes)

    @property
    def kept_indexes(self) -> list[int]:
        """The places in the batch of the entries that are in it."""
        if isinstance(self.sent, Columns):
            return self.indexes
        return [index for index, entry in zip(self.indexes, self.sent, strict=True) if entry is not None]

    @property
    def newest(self) -> str:
        """The `date_time` of the newest entry."""
        if isinstance(self.sent, Columns):
            return self.sent.date_times[-1]
        return max(entry.date_time for entry in self.sent if entry is not None)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a batch comes to; `singles` are entries with an id of their own but no time."""

    packs: list[PackPlan]
    singles: list[tuple[int, LogEntry]]
    refused: list[Refusal]


def plan_batch(rows: Sequence[DecodedRow], receipt: Receipt) -> BatchPlan:
    """Return the plan of a batch received at `receipt` (of a retry: when it first came).

    Packs beyond `BATCH_PACKS_MAX` are refused, entry by entry.
    """
    parsed_rows = parse_rows(rows, receipt)
    if pack := _as_one_pack(rows, parsed_rows):
        return BatchPlan([pack], [], [])
    parsed = parsed_rows.entries()
    entries = [one if isinstance(one, LogEntry) else None for one in parsed]
    times = [_time_to_cut_by(*one, receipt) for one in zip(rows, entries, strict=True)]
    refused = [Refusal(index, one) for index, one in enumerate(parsed) if not isinstance(one, LogEntry)]
    for index in _taken_ids(entries):
        entries[index] = None
        refused.append(Refusal(index, _TAKEN))
    singles = [
        (index, entry)
        for index, entry in enumerate(entries)
        if entry and entry.filled == ("dateTime",) and rows[index].sent_time is None
    ]
    for index, _ in singles:
        entries[index] = None
    packs: list[PackPlan] = []
    for ordinal, positions in enumerate(split_into_packs(times, list(map(_packed_bytes, rows)))):
        if ordinal < limits.BATCH_PACKS_MAX:
            packs.append(PackPlan(ordinal, positions, [entries[position] for position in positions]))
        else:
            refused += [Refusal(position, _TOO_MANY_PACKS) for position in positions if entries[position]]
    refused.sort(key=lambda refusal: refusal.index)
    return BatchPlan([pack for pack in packs if pack.count], singles, refused)


def _as_one_pack(rows: Sequence[DecodedRow], parsed: ParsedRows) -> PackPlan | None:
    """Return the one pack that most batches are, without making an entry; None where it may take more."""
    have_own_ids = parsed.have_own_ids
    if have_own_ids is None or not _have_one_clock(rows, parsed):
        return None
    positions = list(range(len(rows)))
    columns = Columns(positions, *cast("tuple[Any, ...]", parsed.columns))
    times, messages = columns.date_times, columns.messages
    has_copies = _REPLACEMENT in "".join(messages) or not _COPY_STARTS.isdisjoint({m[:1] for m in messages})
    sizes = [row.size_bytes for row in rows]  # as `_packed_bytes`, where no message is a copy
    if has_copies or split_into_packs(times, sizes) != [positions]:
        return None
    keys = list(map(add, times, columns.ids)) if have_own_ids else times
    if have_own_ids and len(set(keys)) < len(keys):  # of two alike the first is kept, as `arrange` does
        return None
    order = sorted(positions, key=keys.__getitem__)
    return PackPlan(0, positions, columns if order == positions else columns.in_order(order))


def _taken_ids(entries: Sequence[LogEntry | None]) -> list[int]:
    """Return the places of entries whose id and time an earlier one of the batch has, with other content."""
    firsts: dict[str, LogEntry] = {}
    taken = []
    for index, entry in enumerate(entries):
        if entry is not None and "id" not in entry.filled:
            first = firsts.setdefault(entry.date_time + entry.id, entry)
            if first is not entry and not same_content(first, entry):
                taken.append(index)
    return taken


def seed_of(origin: Origin, batch: DecodedBatch, receipt: Receipt) -> bytes:
    """Return the seed of a batch's pack ids: the same for a retry, wherever one can be known.

    `receipt` is that of `plan_batch`.
    """
    if origin.idempotency_key is not None:
        return keyed_seed(origin.caller, origin.idempotency_key, receipt.now)
    if all(map(_is_fixed, batch.rows)):
        return content_seed(origin.caller, origin.path, hashlib.sha256(origin.identity).digest())
    return random_seed()


def _packed_bytes(row: DecodedRow) -> int:
    """Return the size of a row for the split, where what is stored twice counts twice.

    Of an agent's structured record the message is JSON of what the attributes hold as well; of bytes that
    are no text it has what is left of them, and the attributes have them in base64.
    """
    message = None if row.fields is None else row.fields.get("message")
    if not isinstance(message, str) or (message[:1] not in _COPY_STARTS and _REPLACEMENT not in message):
        return row.size_bytes
    return row.size_bytes + len(message.encode(errors="surrogatepass"))


def _time_to_cut_by(row: DecodedRow, entry: LogEntry | None, receipt: Receipt) -> str | None:
    """Return the time by which a row has its place in the split: the same one when it is sent again.

    Of an agent's row the time as sent, since the clock will have moved for a retry. The small `t` keeps it
    apart from the API's own rows of that minute: whether it is too far ahead, and so gets the time of
    receipt, holds for all agents' rows of a minute, and for none of theirs. A refused row keeps its place by
    its time, as far as that can be read.
    """
    if row.sent_time is not None:
        return row.sent_time.replace("T", "t")
    if entry is not None:
        return entry.date_time
    given = None if row.fields is None else row.fields.get("dateTime")
    if given is None:
        return None if row.fields is None else receipt.now
    try:
        return parse_date_time(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _is_fixed(row: DecodedRow) -> bool:
    """Tell whether a row is the same one when it is sent again: an agent's by its time, as it has no id."""
    fields = row.fields
    if fields is None or row.sent_time is not None:
        return True
    return fields.get("dateTime") is not None and fields.get("id") is not None


def _have_one_clock(rows: Sequence[DecodedRow], parsed: ParsedRows) -> bool:
    """Tell whether all rows are an agent's with a time that is theirs, or all the API's own."""
    kinds = {row.sent_time is None for row in rows}
    return len(kinds) == 1 and (True in kinds or not parsed.have_filled_times)
