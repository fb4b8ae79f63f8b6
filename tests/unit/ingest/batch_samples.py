"""A real body of each kind that a decoder takes: where it is sent to, with which headers."""

import gzip
import json
from typing import NamedTuple

from logstead.http import JSON, PROTOBUF
from tests.unit.ingest import otlp_samples, test_cloudwatch, test_firehose, test_loki
from tests.unit.ingest.test_elasticsearch import DOCUMENT, bulk
from tests.unit.ingest.test_native_batch import ENTRY, FLUENT_BIT, VECTOR, body_of

NDJSON = "application/x-ndjson"


class Sample(NamedTuple):
    """A real body: where it is sent to, with which headers."""

    path: str
    headers: dict[str, str]
    body: bytes


def streams() -> test_loki.Streams:
    """Return a stream of Loki."""
    labels = {"app": "shop", "level": "warn", "region": 'a "quoted" one'}
    return [(labels, [(test_loki.NS, "disk is full", {"trace": "t1"}), (test_loki.NS + 1, "", {})])]


def _samples() -> dict[str, Sample]:
    exported = otlp_samples.export(
        {
            **otlp_samples.FULL,
            "attributes": [{"key": "k", "value": value} for value, _, _ in otlp_samples.VALUES],
        }
    )
    actions = bulk(
        {"create": {"_index": "shop"}}, DOCUMENT, {"index": {"_id": "1"}}, DOCUMENT, {"delete": {}}
    )
    records = (b"GET / 200\n", b'{"ts":1,"msg":"b"}{"dateTime":"2026-02-09T12:00:00Z"}', b"\xff\x00")
    subscription = gzip.compress(json.dumps(test_cloudwatch.SUBSCRIPTION).encode())
    rows = [ENTRY, *FLUENT_BIT, *VECTOR]
    return {
        "otlp protobuf": Sample("/v1/logs", {"content-type": PROTOBUF}, otlp_samples.as_protobuf(exported)),
        "otlp json": Sample("/v1/logs", {"content-type": JSON}, json.dumps(exported).encode()),
        "loki protobuf": Sample(test_loki.PATH, {}, test_loki.block(test_loki.as_protobuf(streams()))),
        "loki json": Sample(test_loki.PATH, {"content-type": JSON}, test_loki.as_json(streams())),
        "elasticsearch": Sample("/es/shop/_bulk", {"content-type": NDJSON}, actions),
        "firehose": Sample(
            "/firehose", test_firehose.HEADERS, test_firehose.delivery(*records, subscription)
        ),
        "native array": Sample("/", {"content-type": JSON}, body_of(rows, "array")),
        "native lines": Sample("/", {"content-type": NDJSON}, body_of(rows, "lines")),
        "native stream": Sample("/", {"content-type": JSON}, body_of(rows, "stream")),
    }


SAMPLES = _samples()
