"""How much CPU does an entry of a batch take, from the body to the items, beside json.loads of the body?

In this process, without a network: all that the ingest function does with a batch of 1,000 but for the
puts themselves. What json.loads takes is the baseline's column: the least that a service in Python pays
that looks at what it is sent. The median of many rounds, in turns with it.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Final

from bench.corpus import as_sent, corpus
from bench.report import Row
from bench.turns import take_turns
from logstead.entry import Receipt
from logstead.http import Request
from logstead.ingest import native_batch
from logstead.ingest.batch_plan import Origin, plan_batch, seed_of
from logstead.storage.item import Item
from logstead.storage.key import shard_name
from logstead.storage.pack import make_pack
from logstead.storage.pack_id import pack_id

BATCH: Final = 1_000
ROUNDS: Final = 60
RATIO_MAX: Final = 5.0
OURS, LOADS = "ours", "json.loads"


def measure() -> list[Row]:
    """Measure for entries whose ids the service makes, the same with spaces, and for entries with own ids."""
    derived, own = (as_sent(corpus(BATCH, own_ids=own_ids)) for own_ids in (False, True))
    spaced = json.dumps(json.loads(derived)).encode()
    bodies = {"ids derived": derived, "ids derived, sent with spaces": spaced, "ids of their own": own}
    return [row(f"CPU of an entry, {BATCH:,} a batch, {what}", body) for what, body in bodies.items()]


def row(name: str, body: bytes) -> Row:
    """Return the row of one body."""
    calls = {OURS: _timing(lambda: items_of(body)), LOADS: _timing(lambda: json.loads(body))}
    samples = take_turns(calls, rounds=ROUNDS, warm_up=5)
    ours, loads = (1e6 * median(samples[name]) / BATCH for name in (OURS, LOADS))
    return Row(name=name, unit="us", ours=ours, baseline=loads, ratio_max=RATIO_MAX)


def items_of(body: bytes) -> list[Item]:
    """Return the items that store a batch: what `ingest.batch_flow` and `ingest.batch_store` do, less I/O."""
    receipt = Receipt.at(datetime.now(UTC))
    request = Request("POST", "/", (), {"content-type": "application/json"}, body, "bench")
    batch = native_batch.decode(request, receipt)
    plan = plan_batch(batch.rows, receipt)
    seed = seed_of(Origin("bench", "/", body, None), batch, receipt)
    items: list[Item] = []
    for part in plan.packs:
        pack = make_pack(pack_id(seed, part.ordinal), part.sent, None)
        if pack is not None:
            items += [pack.header.body_item(pack.body), pack.header.header_item(shard_name(0))]
    return items


def _timing(call: Callable[[], object]) -> Callable[[int], float]:
    def timed(_: int) -> float:
        started = time.process_time()
        call()
        return time.process_time() - started

    return timed
