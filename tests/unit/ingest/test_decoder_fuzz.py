"""Every decoder against what nobody means to send: mutated real bodies, and made ones of near-right shape.

Whatever comes in, a decoder answers with rows or with an error of the tree that is the client's fault, in
bounded time and memory; every row is refused or an entry; and the protocol has a reply for all of it.
"""

import base64
import gzip
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstead import limits
from logstead.errors import BadRequest
from logstead.http import PROBLEMS, Request, Response
from logstead.ingest.batch import DecodedBatch
from logstead.ingest.content_encoding import inflated
from tests.unit.ingest import test_cloudwatch, test_loki
from tests.unit.ingest.agent_service import RECEIPT, module_of, request, settle
from tests.unit.ingest.batch_samples import NDJSON, SAMPLES, streams
from tests.unit.ingest.coders import CODERS
from tests.unit.ingest.hostile_batches import HOSTILE

MUTATIONS = 5_000
EXAMPLES = 300
PEAK_BYTES_MAX = 64 * 1024 * 1024
CPU_S_MAX = 60

Answer = Callable[[bytes], object]

ODD = (
    b"",
    b"\0",
    b"\xff",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"\n",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"-",
    b"\x80" * 9,
)


def answer(asked: Request) -> None:
    """Decode, validate and reply; fail unless everything that goes wrong is the client's fault."""
    module = module_of(asked.path)
    assert module is not None
    try:
        asked = inflated(asked)
        batch = module.decode(asked, RECEIPT)
    except BadRequest as error:
        statuses = {PROBLEMS[type(error)][0], module.error_reply(asked, error, RECEIPT).status}
    else:
        statuses = {_settled(asked, module, batch)}
    assert max(statuses) < 500


def _settled(asked: Request, module: ModuleType, batch: DecodedBatch) -> int:
    taken, outcome = settle(batch)
    assert len(taken) + len(outcome.refused) == len(batch.rows)
    assert all(row.fields is not None or row.problems for row in batch.rows)
    assert all(row.size_bytes >= 0 for row in batch.rows)
    replied: Response = module.reply(asked, batch, outcome, RECEIPT)
    return replied.status


def mutated(body: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield bodies with bytes changed, cut out, doubled, swapped or put in, at up to four places each."""
    chance = random.Random(seed)
    for _ in range(count):
        changed = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            begin = chance.randrange(len(changed) + 1)
            end = min(len(changed), begin + chance.choice((0, 1, 1, 2, 8, 64)))
            part = bytes(changed[begin:end])
            changed[begin:end] = chance.choice(
                (
                    b"",
                    part * 2,
                    part[::-1],
                    chance.randbytes(end - begin),
                    chance.choice(ODD),
                    part + chance.choice(ODD),
                )
            )
        yield bytes(changed)


def in_bounds(bodies: Iterator[bytes], answer_one: Answer) -> None:
    """Answer all bodies within the bounds on time and memory."""
    began = time.process_time()
    for body in bodies:
        answer_one(body)
    assert time.process_time() - began < CPU_S_MAX


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mutated_body_is_the_clients_fault_at_most(name: str) -> None:
    """Five thousand mutations of a real body of each kind."""
    sample = SAMPLES[name]
    in_bounds(
        mutated(sample.body, MUTATIONS, seed=len(name)),
        lambda body: answer(request(sample.path, body, headers=sample.headers)),
    )


def test_a_mutated_subscription_is_malformed_at_most() -> None:
    """The event's data, before and after its gzip."""
    data = json.dumps(test_cloudwatch.SUBSCRIPTION).encode()

    def decode(packed: bytes) -> None:
        try:
            settle(test_cloudwatch.decode({"awslogs": {"data": base64.b64encode(packed).decode()}}))
        except BadRequest:
            return

    in_bounds(mutated(gzip.compress(data), MUTATIONS // 2, seed=1), decode)
    in_bounds((gzip.compress(one) for one in mutated(data, MUTATIONS // 2, seed=2)), decode)


@pytest.mark.parametrize("coding", CODERS)
def test_a_mutated_coding_is_the_clients_fault_at_most(coding: str) -> None:
    """Five thousand mutations of each coding's bytes."""
    packed = CODERS[coding](SAMPLES["native lines"].body * 20)
    headers = {"content-type": NDJSON, "content-encoding": coding}
    in_bounds(
        mutated(packed, MUTATIONS, seed=len(coding)), lambda body: answer(request("/", body, headers=headers))
    )


def test_protobuf_that_is_mutated_inside_of_its_block_is_the_clients_fault_at_most() -> None:
    """A mutation outside seldom passes snappy."""
    in_bounds(
        mutated(test_loki.as_protobuf(streams()), MUTATIONS, seed=3),
        lambda body: answer(request(test_loki.PATH, test_loki.block(body))),
    )


names = st.sampled_from(
    [
        *(
            "resourceLogs",
            "scopeLogs",
            "logRecords",
            "resource",
            "scope",
            "attributes",
            "key",
            "value",
            "body",
        ),
        *("stringValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue", "values"),
        *(
            "timeUnixNano",
            "severityNumber",
            "severityText",
            "traceId",
            "streams",
            "stream",
            "labels",
            "level",
        ),
        *(
            "create",
            "index",
            "delete",
            "_index",
            "_id",
            "records",
            "data",
            "requestId",
            "timestamp",
            "message",
        ),
        *(
            "dateTime",
            "severity",
            "id",
            "source",
            "date",
            "log",
            "@timestamp",
            "service",
            "name",
            "\ud800",
            "",
        ),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**15, 10**20)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1770638400123456789", "2026-02-09T12:00:00.123456789Z", "eyJ0cyI6MX0=", "9" * 400])
)
documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)
JSON_SAMPLES = [name for name, sample in SAMPLES.items() if "protobuf" not in name]


@pytest.mark.parametrize("name", JSON_SAMPLES)
@settings(max_examples=EXAMPLES)
@given(st.lists(documents, max_size=4), st.sampled_from(["", "\n", "["]))
def test_made_json_is_the_clients_fault_at_most(name: str, values: list[Any], form: str) -> None:
    """Documents with the protocols' names at any place, of any type."""
    sample = SAMPLES[name]
    text = json.dumps(values) if form == "[" else form.join(map(json.dumps, values))
    answer(request(sample.path, text.encode("utf-8", "surrogatepass"), headers=sample.headers))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=EXAMPLES)
@given(st.binary(max_size=200))
def test_any_bytes_are_the_clients_fault_at_most(name: str, body: bytes) -> None:
    """Nothing like a body."""
    sample = SAMPLES[name]
    answer(request(sample.path, body, headers=sample.headers))
    answer(request(sample.path, test_loki.block(body), headers=sample.headers))


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_body_costs_bounded_time_and_memory(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deep, repeated and crowded bodies of a megabyte or so; a tenth of the limit on values will do."""
    monkeypatch.setattr(limits, "BATCH_CONTAINERS_MAX", limits.BATCH_CONTAINERS_MAX // 10)
    name, body = HOSTILE[kind]
    sample = SAMPLES[name]
    tracemalloc.start()
    began = time.process_time()
    answer(request(sample.path, body, headers=sample.headers))
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < PEAK_BYTES_MAX
    assert took < 5
