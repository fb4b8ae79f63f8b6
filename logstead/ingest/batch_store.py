"""Storing a batch: its packs side by side, what the table can't take is parked, no more is acknowledged."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from logstead.entry import LogEntry, Receipt
from logstead.errors import Conflict, FieldProblem, PackTooLarge, StorageUnavailable
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from logstead.ingest.batch_plan import Origin, PackPlan, plan_batch, seed_of
from logstead.recovery.message import Parked, ParkedEntry, ParkedPack
from logstead.storage.pack import Pack, make_pack
from logstead.storage.pack_decode import lacking_positions
from logstead.storage.pack_id import pack_id
from logstead.storage.write_table import WriteTable

_TOO_LARGE_TOGETHER = (
    FieldProblem("entry", "takes with others of its minute more than one item holds; send fewer at a time"),
)

ParkPart = Callable[[Parked], None]
"""Parks what could not be written; raises StorageUnavailable where it can't either."""


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one pack or single entry: so many accepted, parked or not, and those refused."""

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
        packs = [(pack_id(seed, one.ordinal), one) for one in plan.packs]
        jobs = [partial(self._store_pack, pack, one, receipt, now_s) for pack, one in packs]
        singles = [partial(self._store_single, index, entry, receipt, now_s) for index, entry in plan.singles]
        return _outcome(self._run([*jobs, *singles]), plan.refused)

    def _run(self, jobs: Sequence[Callable[[], Part]]) -> list[Part]:
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

    def _store_pack(self, pack_id: str, plan: PackPlan, receipt: Receipt, now_s: int) -> Part:
        try:
            pack = make_pack(pack_id, plan.sent, self.table.expires_at(plan.newest, receipt.now))
        except PackTooLarge:  # it would be so at every retry
            return Part(0, refused=tuple(Refusal(index, _TOO_LARGE_TOGETHER) for index in plan.kept_indexes))
        if pack is None:
            return Part(0)
        unwritten, is_queued = pack, False
        refused: tuple[Refusal, ...] = ()
        try:
            standing = self.table.put_pack_body(pack, now_s)
            refused = _refused_by(standing, pack, plan)
            unwritten = replace(standing, body=b"")
            self.table.put_pack_header(standing.header, now_s)
        except StorageUnavailable as error:
            self.park(ParkedPack(unwritten, receipt.now, error.detail))
            is_queued = True
        return Part(plan.count - len(refused), is_queued, refused)

    def _store_single(self, index: int, entry: LogEntry, receipt: Receipt, now_s: int) -> Part:
        try:
            self.table.put_entry(entry, receipt.now, now_s)
        except Conflict as error:
            return Part(0, refused=(Refusal(index, (FieldProblem("id", error.detail),)),))
        except StorageUnavailable as error:
            self.park(ParkedEntry(entry, receipt.now, error.detail))
            return Part(1, is_queued=True)
        return Part(1)


def _refused_by(standing: Pack, pack: Pack, plan: PackPlan) -> tuple[Refusal, ...]:
    """Return the entries that a body found standing lacks.

    The batch was sent before, when they broke a rule that they keep now, as a time too far ahead does.
    """
    lacking = lacking_positions(pack.header.pack, pack.body, standing.body)
    problem = FieldProblem("entry", "was refused when this batch first came; send it in another batch")
    return tuple(Refusal(plan.indexes[position], (problem,)) for position in lacking)


def _outcome(parts: Iterable[Part], refused: list[Refusal]) -> Outcome:
    done = list(parts)
    conflicts = [refusal for part in done for refusal in part.refused]
    return Outcome(
        accepted=sum(part.accepted for part in done),
        refused=sorted([*refused, *conflicts], key=lambda refusal: refusal.index),
        is_queued=any(part.is_queued for part in done),
    )
