"""Storing a batch: its packs side by side, what the table can't take is parked, no more is acknowledged."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from logstead import limits
from logstead.entry import LogEntry, Receipt
from logstead.errors import Conflict, FieldProblem, PackTooLarge, StorageUnavailable
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from logstead.ingest.batch_plan import Origin, PackPlan, plan_batch, seed_of
from logstead.recovery.message import (
    Parked,
    ParkedEntry,
    ParkedGroup,
    ParkedPack,
    ParkedPart,
    bytes_in_message,
)
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_decode import lacking_positions
from logstead.storage.pack_id import pack_id
from logstead.storage.write_table import WriteTable

_TOO_MANY_PARTS: Final = "The batch has more packs and single entries than one request writes."
_TOO_LARGE_TOGETHER: Final = (
    FieldProblem("entry", "takes with others of its minute more than one item holds; send fewer at a time"),
)

ParkPart = Callable[[Parked], None]
"""Parks what could not be written; raises StorageUnavailable where it can't either."""


class _PackPart(NamedTuple):
    """A pack to be written, and its id."""

    pack_id: str
    plan: PackPlan


class _SinglePart(NamedTuple):
    """An entry to be written by itself, and its place in the batch."""

    position: int
    entry: LogEntry


_Part = _PackPart | _SinglePart


@dataclass(frozen=True, slots=True)
class Done:
    """What became of packs or single entries: so many accepted, parked or not, and those refused."""

    accepted: int
    is_queued: bool = False
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchStore:
    """Stores batches in a table; `park` takes what the table can't."""

    table: WriteTable
    park: ParkPart
    executor: Executor

    def claim(self, origin: Origin, receipt: Receipt, now_s: int) -> Receipt:
        """Return the receipt by which a batch is read: of a retry by its key, that of the first attempt.

        So a retry fills in the same times, and finds the same ones too far ahead.

        Raises:
            IdempotencyKeyReused: the key was used for another body.
            StorageUnavailable, StorageMisconfigured: see `storage_failures`.
        """
        if origin.idempotency_key is None:
            return receipt
        body_hash = hashlib.sha256(origin.path.encode() + b" " + origin.identity).hexdigest()
        batch = f"{origin.caller}#{origin.idempotency_key}"
        first = self.table.claim(batch, body_hash, receipt.now, now_s)
        return receipt if first == receipt.now else Receipt.at(datetime.fromisoformat(first))

    def store(self, batch: DecodedBatch, origin: Origin, receipt: Receipt, now_s: int) -> Outcome:
        """Store the rows of a batch; all that the outcome calls accepted is stored or parked.

        Raises:
            StorageUnavailable: a part could be neither stored nor parked. Others may stand: a retry of
                the batch finds them, where a retry can be known (see `batch_plan`).
            StorageMisconfigured: see `storage_failures`.
        """
        plan = plan_batch(batch.rows, receipt)
        seed = seed_of(origin, batch, receipt)
        parts: list[_Part] = [_PackPart(pack_id(seed, one.ordinal), one) for one in plan.packs]
        parts += [_SinglePart(index, entry) for index, entry in plan.singles]
        mine, others = parts[: limits.BATCH_PARTS_MAX], parts[limits.BATCH_PARTS_MAX :]
        jobs = [partial(self._store_part, part, receipt, now_s) for part in mine]
        jobs += [
            partial(self._park_group, others[start : start + limits.PARKED_PARTS_MAX], receipt)
            for start in range(0, len(others), limits.PARKED_PARTS_MAX)
        ]
        return _outcome(self._run(jobs), plan.refused)

    def _run(self, jobs: Sequence[Callable[[], Done]]) -> list[Done]:
        """Run jobs side by side. After a failure no more are begun, but those under way are waited for.

        Otherwise Lambda, which stops after the reply, would stop them within a write.
        """
        futures = [self.executor.submit(job) for job in jobs]
        for future in wait(futures, return_when=FIRST_EXCEPTION).not_done:
            future.cancel()
        wait(futures)
        for future in futures:
            if not future.cancelled() and (error := future.exception()) is not None:
                raise error
        return [future.result() for future in futures]

    def _store_part(self, part: _Part, receipt: Receipt, now_s: int) -> Done:
        if isinstance(part, _SinglePart):
            return self._store_single(part, receipt, now_s)
        return self._store_pack(part, receipt, now_s)

    def _store_pack(self, part: _PackPart, receipt: Receipt, now_s: int) -> Done:
        pack, refused = self._make(part, receipt)
        if pack is None:
            return Done(0, refused=refused)
        unwritten, is_queued = pack, False
        try:
            standing = self.table.put_pack_body(pack, now_s)
            refused = _refused_by(standing, pack, part.plan)
            unwritten = replace(standing, body=b"")
            self.table.put_pack_header(standing.header, now_s)
        except StorageUnavailable as error:
            self.park(ParkedPack(unwritten, receipt.now, error.detail))
            is_queued = True
        return Done(part.plan.count - len(refused), is_queued, refused)

    def _store_single(self, part: _SinglePart, receipt: Receipt, now_s: int) -> Done:
        try:
            self.table.put_entry(part.entry, receipt.now, now_s)
        except Conflict as error:
            return Done(0, refused=(Refusal(part.position, (FieldProblem("id", error.detail),)),))
        except StorageUnavailable as error:
            self.park(ParkedEntry(part.entry, receipt.now, error.detail))
            return Done(1, is_queued=True)
        return Done(1)

    def _park_group(self, parts: Sequence[_Part], receipt: Receipt) -> Done:
        """Park what is more than one request writes itself; the replay has the time for it."""
        parked: list[ParkedPart] = []
        refused: list[Refusal] = []
        accepted = 0
        for part in parts:
            if isinstance(part, _SinglePart):
                parked.append(ParkedEntry(part.entry, receipt.now, _TOO_MANY_PARTS))
                accepted += 1
                continue
            pack, wrong = self._make(part, receipt)
            refused += wrong
            if pack is not None:
                parked.append(ParkedPack(pack, receipt.now, _TOO_MANY_PARTS))
                accepted += part.plan.count
        for group in _groups(parked):
            self.park(ParkedGroup(group, receipt.now, _TOO_MANY_PARTS))
        return Done(accepted, is_queued=bool(accepted), refused=tuple(refused))

    def _make(self, part: _PackPart, receipt: Receipt) -> tuple[Pack | None, tuple[Refusal, ...]]:
        """Return a part's pack; None where it has no entry, or can't be: then those refused."""
        expires_at = self.table.expires_at(part.plan.newest, receipt.now)
        try:
            return make_pack(part.pack_id, part.plan.sent, expires_at), ()
        except PackTooLarge:  # it would be so at every retry
            return None, tuple(Refusal(index, _TOO_LARGE_TOGETHER) for index in part.plan.kept_indexes)


def _groups(parked: Iterable[ParkedPart]) -> Iterator[tuple[ParkedPart, ...]]:
    """Yield what one message takes at a time."""
    group: list[ParkedPart] = []
    left = limits.PARKED_GROUP_BYTES_MAX
    for one in parked:
        size = bytes_in_message(one)
        if group and size > left:
            yield tuple(group)
            group, left = [], limits.PARKED_GROUP_BYTES_MAX
        group.append(one)
        left -= size
    if group:
        yield tuple(group)


def _refused_by(standing: Pack, pack: Pack, plan: PackPlan) -> tuple[Refusal, ...]:
    """Return the entries that a body found standing lacks.

    The batch was sent before, when they broke a rule that they keep now, as a time too far ahead does.
    """
    lacking = lacking_positions(pack.header.pack, pack.body, standing.body)
    problem = FieldProblem("entry", "was refused when this batch first came; send it in another batch")
    return tuple(Refusal(plan.indexes[position], (problem,)) for position in lacking)


def _outcome(parts: Iterable[Done], refused: list[Refusal]) -> Outcome:
    done = list(parts)
    conflicts = [refusal for part in done for refusal in part.refused]
    return Outcome(
        accepted=sum(part.accepted for part in done),
        refused=sorted([*refused, *conflicts], key=lambda refusal: refusal.index),
        is_queued=any(part.is_queued for part in done),
    )
