import json
import logging
from typing import Any

import cramjam
import logging_loki  # type: ignore[import-untyped]
import pytest

from logstead import limits
from logstead.entry import LogEntry
from logstead.errors import BodyTooLarge, FieldProblem, KeysUnavailable, MalformedBody
from logstead.http import JSON, PROTOBUF
from logstead.ingest import loki
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from logstead.ingest.loki_line import read_labels
from logstead.ingest.protobuf_messages import message
from tests.unit.ingest.agent_service import RECEIPT, AgentService, entries_of, request, settle

PATH = "/loki/api/v1/push"
NS = 1_770_638_400_123_456_789
TIME = "2026-02-09T12:00:00.123456+00:00"

Streams = list[tuple[dict[str, str], list[tuple[int, str, dict[str, str]]]]]


def decode(body: bytes, content_type: str = JSON, **headers: str) -> DecodedBatch:
    """Decode a body as sent to the push API."""
    return loki.decode(request(PATH, body, headers={"content-type": content_type, **headers}), RECEIPT)


def as_json(streams: Streams) -> bytes:
    """Return streams as the push API's JSON."""
    shown = [
        {"stream": labels, "values": [[str(ns), line, *([held] if held else [])] for ns, line, held in lines]}
        for labels, lines in streams
    ]
    return json.dumps({"streams": shown}).encode()


def as_protobuf(streams: Streams) -> bytes:
    """Return streams as the push API's protobuf, before its snappy block."""
    push = message("PushRequest")()
    for labels, lines in streams:
        quoted = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items())
        stream = message("StreamAdapter")(labels=f"{{{quoted}}}".encode())
        for ns, line, held in lines:
            entry = message("EntryAdapter")(line=line.encode())
            entry.timestamp.seconds, entry.timestamp.nanos = divmod(ns, 10**9)
            for name, value in held.items():
                entry.structured_metadata.add(name=name.encode(), value=value.encode())
            stream.entries.append(entry.SerializeToString())
        push.streams.append(stream.SerializeToString())
    return bytes(push.SerializeToString())


def block(data: bytes) -> bytes:
    """Return a snappy block."""
    return bytes(cramjam.snappy.compress_raw(data)) or b"\0"


def both(streams: Streams) -> list[LogEntry]:
    """Return the entries of streams, the same from both encodings."""
    entries = entries_of(decode(as_json(streams)))
    assert entries_of(decode(block(as_protobuf(streams)), PROTOBUF)) == entries
    return entries


def attributes_of(entry: LogEntry) -> Any:
    """Return an entry's attributes."""
    return json.loads(entry.attributes or "{}")


def test_a_line_becomes_an_entry_from_both_encodings() -> None:
    """Labels and metadata are attributes; the nanoseconds are kept."""
    labels = {"app": "orders", "level": "warn", "region": 'a "quoted" one\n'}
    (entry,) = both([(labels, [(NS, "disk is full", {"trace": "t1"})])])
    assert (entry.date_time, entry.severity, entry.message, entry.source) == (
        TIME,
        "warning",
        "disk is full",
        "orders",
    )
    assert attributes_of(entry) == {**labels, "trace": "t1", "nanoseconds": 789}


def test_lines_keep_their_order_and_their_stream() -> None:
    """Several streams in one request, several lines in one stream."""
    streams: Streams = [
        ({"job": "a"}, [(NS, "1", {}), (NS, "2", {})]),
        ({"service_name": "b", "job": "c"}, [(NS, "3", {})]),
        ({}, []),
    ]
    assert [(entry.message, entry.source) for entry in both(streams)] == [("1", "a"), ("2", "a"), ("3", "b")]


@pytest.mark.parametrize("name", loki.SOURCE_LABELS)
def test_each_label_that_can_be_the_source_is(name: str) -> None:
    """It stays an attribute too, as a label is a filter."""
    (entry,) = both([({name: "orders"}, [(NS, "x", {})])])
    assert (entry.source, attributes_of(entry)[name]) == ("orders", "orders")


@pytest.mark.parametrize("name", loki.LEVEL_NAMES)
def test_each_name_of_a_level_is_read_from_metadata_first(name: str) -> None:
    """The line's own counts before the stream's; an unknown one is info."""
    assert both([({name: "error"}, [(NS, "x", {})])])[0].severity == "error"
    assert both([({name: "error"}, [(NS, "x", {name: "warn"})])])[0].severity == "warning"
    assert both([({name: "loud"}, [(NS, "x", {})])])[0].severity == "info"


def test_metadata_with_a_labels_name_is_not_lost() -> None:
    """It is then found under `structuredMetadata`."""
    (entry,) = both([({"a": "label"}, [(NS, "x", {"a": "own", "b": "c"})])])
    assert attributes_of(entry)["a"] == "label"
    assert attributes_of(entry)["structuredMetadata"] == {"a": "own", "b": "c"}


def test_an_empty_line_says_so_and_a_wrong_clock_does_not_matter() -> None:
    """Loki takes both; a refusal would lose the line's labels."""
    ahead = NS + 10**18
    empty, late = both([({"a": "b"}, [(NS, " \n", {}), (ahead, "x", {})])])
    assert empty.message == "(empty)"
    assert "dateTime" in late.filled
    assert attributes_of(late)["timestampNs"] == str(ahead)


BAD_LINES = [
    [NS, "numeric time"],
    [str(NS)],
    [str(NS), "x", {}, 4],
    [str(NS), 5],
    ["now", "x"],
    ["1.5", "x"],
    ["9" * 30, "x"],
    {"ts": "1", "line": "x"},
    None,
]


@pytest.mark.parametrize("line", BAD_LINES, ids=str)
def test_a_line_that_is_none_costs_itself_alone(line: object) -> None:
    """The others are stored, and the reply names the index."""
    body = {"streams": [{"stream": {}, "values": [line, [str(NS), "good"]]}]}
    taken, outcome = settle(decode(json.dumps(body).encode()))
    assert [entry.message for entry in taken] == ["good"]
    assert [one.index for one in outcome.refused] == [0]


def test_what_is_broken_inside_of_texts_is_mended() -> None:
    """Broken UTF-8 and lone surrogates: Go's and JavaScript's encoders let them pass."""
    body = as_json([({"a": "S"}, [(NS, "S", {}), (NS, "good", {})])]).replace(b'"S"', b'"\\ud800x\xff"')
    assert [entry.message for entry in entries_of(decode(body))] == ["\ufffdx\ufffd", "good"]
    packed = block(as_protobuf([({"a": "b"}, [(NS, "SS", {})])]).replace(b"SS", b"\xff\xfe"))
    assert [entry.message for entry in entries_of(decode(packed, PROTOBUF))] == ["\ufffd\ufffd"]


def test_a_number_too_long_to_be_one_is_its_text() -> None:
    """In labels it would cost the whole push, in metadata its line."""
    digits = "9" * 5_000
    line = f'["{NS}","a",{{"trace":{digits}}}]'
    body = f'{{"streams":[{{"stream":{{"build":{digits}}},"values":[{line}]}}]}}'
    (entry,) = entries_of(decode(body.encode()))
    assert attributes_of(entry) == {"build": digits, "trace": digits, "nanoseconds": 789}


@pytest.mark.parametrize(
    "body",
    (
        b"",
        b"{}",
        b"[]",
        b'{"streams":{}}',
        b'{"streams":[{"labels":"{}","entries":[]}]}',
        b'{"streams":[',
        b"\xff",
    ),
)
def test_what_is_no_push_is_refused_as_a_whole(body: bytes) -> None:
    """In either encoding."""
    with pytest.raises(MalformedBody):
        decode(body)
    with pytest.raises(MalformedBody):
        decode(body, PROTOBUF)
    with pytest.raises(MalformedBody):
        decode(block(b"\x0a\xff"), PROTOBUF)


def test_lines_that_share_too_much_are_refused() -> None:
    """Labels count in each entry."""
    streams: Streams = [({"a": "x" * 200_000}, [(NS, "x", {})] * 400)]
    for body, content_type in ((as_json(streams), JSON), (block(as_protobuf(streams)), PROTOBUF)):
        with pytest.raises(BodyTooLarge):
            decode(body, content_type)
    streams = [({"a": "x" * limits.BATCH_ENTRY_BYTES_MAX}, [(NS, "x", {})])]
    for body, content_type in ((as_json(streams), JSON), (block(as_protobuf(streams)), PROTOBUF)):
        assert settle(decode(body, content_type))[1].accepted == 0


LABELS: dict[str, dict[str, object]] = {
    "{}": {},
    "": {},
    '{a="b"}': {"a": "b"},
    '{ a = "b" , c="d",}': {"a": "b", "c": "d"},
    r'{a="\"\\\n\t\x41\u00e9\U0001f600\101"}': {"a": '"\\\n\tA\xe9\U0001f600A'},
    '{a="},b=", `c`="x"}': {"labels": '{a="},b=", `c`="x"}'},
    "{a=`raw\\n`}": {"a": "raw\\n"},
    r'{a="\ud800"}': {"a": "\ufffd"},
    "{a=b}": {"labels": "{a=b}"},
    '{a="b"': {"labels": '{a="b"'},
    "orders": {"labels": "orders"},
}


@pytest.mark.parametrize("text", LABELS)
def test_labels_are_read_as_go_writes_them(text: str) -> None:
    """A text that is no set of labels is kept as it is."""
    assert read_labels(text) == LABELS[text]


def test_python_logging_loki_logs_unchanged() -> None:
    """The client of PyPI, with its own labels."""
    service = AgentService()
    handler = logging_loki.LokiHandler(f"http://logs{PATH}", tags={"app": "shop"}, version="1")
    handler.emitter._session = service.session()  # noqa: SLF001  # in place of one that has a network
    logger = logging.getLogger("orders")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    logger.info("started")
    logger.error("failed: %s", "disk", extra={"tags": {"order-id": "7"}})
    logger.removeHandler(handler)
    assert [(entry.severity, entry.message, entry.source) for entry in service.entries] == [
        ("info", "started", "shop"),
        ("error", "failed: disk", "shop"),
    ]
    assert (
        attributes_of(service.entries[1]).items()
        >= {"logger": "orders", "order_id": "7", "severity": "error"}.items()
    )


def test_the_reply_is_204_or_says_what_was_refused() -> None:
    """As Loki: a 400 with one line of text, though the other lines are stored."""
    asked, none = request(PATH), DecodedBatch([])
    assert loki.reply(asked, none, Outcome(3, is_queued=True), RECEIPT).status == 204
    refused = (Refusal(1, (FieldProblem("entry", "is too long"),)),)
    response = loki.reply(asked, none, Outcome(3, refused), RECEIPT)
    assert (response.status, response.body) == (400, b"3 stored, 1 refused: [1] entry is too long\n")
    assert response.content_type.startswith("text/plain")


def test_an_error_is_a_line_of_text() -> None:
    """A passing one is a 503 that every client retries."""
    response = loki.error_reply(request(PATH), KeysUnavailable("The keys can't be read now."), RECEIPT)
    assert (response.status, response.body) == (503, b"The keys can't be read now.\n")
    assert loki.error_reply(request(PATH), MalformedBody("no"), RECEIPT).status == 400
    assert loki.ready().body == b"ready\n"
