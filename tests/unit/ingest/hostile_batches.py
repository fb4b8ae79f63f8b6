"""Bodies of a megabyte or so: deep, repeated or crowded; each with the sample that shows where it goes."""

import gzip
import json

from tests.unit.ingest import test_cloudwatch, test_firehose, test_loki


def _hostile() -> dict[str, tuple[str, bytes]]:
    deep = b"[" * 200_000 + b"]" * 200_000
    nested = b"\x0a\x00"
    for _ in range(500):
        nested = (
            b"\x2a"
            + _varint(len(nested) + 1 + len(_varint(len(nested))))
            + b"\x0a"
            + _varint(len(nested))
            + nested
        )
    record = _wrapped(b"\x32\x00" * 50_000, b"\x12")
    line = _wrapped(b"\x1a\x00" * 50_000, b"\x12")
    lists = b",".join([b"[]"] * 1_600_000)
    event = json.dumps({**test_cloudwatch.SUBSCRIPTION["logEvents"][0], "extractedFields": {"a": 0}})
    crowded = json.dumps({**test_cloudwatch.SUBSCRIPTION, "logEvents": []}).encode()
    crowded = crowded.replace(b": []", b": [" + event.encode().replace(b"0}", b"[" + lists + b"]}") + b"]")
    return {
        "crowded subscription": ("firehose", test_firehose.delivery(gzip.compress(crowded))),
        "crowded records": (
            "firehose",
            test_firehose.delivery(*[gzip.compress(b'{"a":[' + b"[]," * 80_000 + b"[]]}")] * 60),
        ),
        "deep native": ("native array", b'[{"timestamp":1,"a":' + deep + b"}]"),
        "deep otlp": (
            "otlp json",
            b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + deep + b"}]}]}]}",
        ),
        "deep otlp protobuf": ("otlp protobuf", nested),
        "deep loki": ("loki json", b'{"streams":[{"stream":{"a":' + deep + b'},"values":[]}]}'),
        "empty records": ("otlp protobuf", _wrapped(_wrapped(b"\x12\x00" * 1_000_000, b"\x12"), b"\x0a")),
        "empty groups": ("otlp protobuf", b"\x0a\x00" * 2_000_000),
        "empty streams": ("loki protobuf", test_loki.block(b"\x0a\x00" * 2_000_000)),
        "empty values": ("otlp json", b'{"resourceLogs":[{},' + b"{}," * 900_000 + b"{}]}"),
        "many keys": (
            "native array",
            b'[{"timestamp":1,' + b",".join(b'"%d":1' % n for n in range(25_000)) + b"}]",
        ),
        "one key": ("native array", b'[{"timestamp":1,' + b",".join([b'"k":1'] * 40_000) + b"}]"),
        "colons": ("native lines", b'{"a":"' + b":" * 200_000 + b'"}\n' + b'{"a":"\\u003a"}\n' * 1_000),
        "quotes": ("native array", b"[" + b'"' * 300_001 + b"]"),
        "backslashes": ("native array", b'[{"a":' + b"\\" * 300_001 + b"}]"),
        "empty attributes": ("otlp protobuf", _wrapped(_wrapped(record * 60, b"\x12"), b"\x0a")),
        "empty metadata": (
            "loki protobuf",
            test_loki.block(_wrapped(_wrapped(b"", b"\x0a") + line * 60, b"\x0a")),
        ),
        "labels": (
            "loki protobuf",
            test_loki.block(_wrapped(_wrapped(b"{" + b'a="b",' * 40_000 + b"x}", b"\x0a"), b"\x0a")),
        ),
    }


def _varint(number: int) -> bytes:
    text = b""
    while number > 0x7F:
        text += bytes([number & 0x7F | 0x80])
        number >>= 7
    return text + bytes([number])


def _wrapped(data: bytes, tag: bytes) -> bytes:
    return tag + _varint(len(data)) + data


HOSTILE = _hostile()
