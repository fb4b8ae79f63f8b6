import json
from http import HTTPStatus
from typing import Any

import pytest

from logstead import limits
from logstead.errors import FieldProblem, MalformedBody, StorageUnavailable
from logstead.ingest import native_batch
from logstead.ingest.batch import DecodedBatch, Outcome, Refusal
from tests.unit.ingest.agent_service import RECEIPT, entries_of, request, settle

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
ENTRY: dict[str, Any] = {
    "id": ID,
    "dateTime": "2026-02-09T12:00:00Z",
    "severity": "error",
    "message": "disk is full",
    "source": "orders",
    "attributes": {"region": "eu-west-1"},
    "host": "a",
}

# As https://docs.fluentbit.io/manual/data-pipeline/outputs/http documents `format`, with its default
# `json_date_key date` and `json_date_format double`, for a tailed container log.
FLUENT_BIT = [
    {"date": 1770638400.123456, "log": "started", "stream": "stdout", "kubernetes": {"pod_name": "orders-1"}},
    {"date": 1770638401.5, "log": "failed\n", "level": "error"},
]
# As https://vector.dev/docs/reference/configuration/sinks/http shows for a `file` source, codec json.
VECTOR = [
    {
        "file": "/var/log/orders.log",
        "host": "node-1",
        "message": "started",
        "source_type": "file",
        "timestamp": "2026-02-09T12:00:00.123456789Z",
    },
    {"host": "node-1", "message": "failed", "level": "ERROR", "timestamp": "2026-02-09T12:00:01.5Z"},
]


def body_of(rows: list[Any], form: str) -> bytes:
    """Return rows in one of the forms."""
    texts = [json.dumps(row) for row in rows]
    return {
        "array": json.dumps(rows),
        "spaced array": " \n" + json.dumps(rows, indent=2) + "\n",
        "lines": "\n".join(texts),
        "lines that end": "\r\n".join(texts) + "\r\n",
        "lines with blanks": "\n\n" + "\n \n".join(texts) + "\n\n",
        "stream": "".join(texts),
        "spread stream": "\n".join(json.dumps(row, indent=2) for row in rows),
        "marked array": "\ufeff" + json.dumps(rows),
    }[form].encode()


FORMS = (
    "array",
    "spaced array",
    "lines",
    "lines that end",
    "lines with blanks",
    "stream",
    "spread stream",
    "marked array",
)


def decode(body: bytes, **headers: str) -> DecodedBatch:
    """Decode a body of the native route."""
    return native_batch.decode(
        request("/", body, headers={k.replace("_", "-"): v for k, v in headers.items()}), RECEIPT
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_entries_in_order(form: str) -> None:
    """Array, lines and objects behind one another, whatever the white space, without a content type."""
    body = body_of([ENTRY, {"severity": "info", "message": "second"}], form)
    first, second = entries_of(decode(body))
    assert (first.id, first.severity, first.message, first.source) == (ID, "error", "disk is full", "orders")
    assert first.date_time == "2026-02-09T12:00:00.000000+00:00"
    assert first.attributes == '{"host":"a","region":"eu-west-1"}'
    assert (second.message, second.filled) == ("second", ("id", "dateTime"))
    assert native_batch.is_batch(body, "application/json")


@pytest.mark.parametrize("form", ("array", "lines", "stream"))
def test_fluent_bits_formats_are_read(form: str) -> None:
    """`json`, `json_lines` and `json_stream`: the time key `date`, the line `log`, the rest as attributes."""
    first, second = entries_of(decode(body_of(FLUENT_BIT, form)))
    assert (first.date_time, first.message, first.severity) == (
        "2026-02-09T12:00:00.123456+00:00",
        "started",
        "info",
    )
    assert first.attributes == '{"kubernetes":{"pod_name":"orders-1"},"stream":"stdout"}'
    assert (second.severity, second.attributes) == ("error", '{"level":"error"}')


@pytest.mark.parametrize("form", ("array", "lines"))
def test_vectors_formats_are_read(form: str) -> None:
    """Codec json with its two framings; the lines have no line break at their end."""
    first, second = entries_of(decode(body_of(VECTOR, form)))
    assert (first.date_time, first.message) == ("2026-02-09T12:00:00.123456+00:00", "started")
    assert first.attributes == (
        '{"file":"/var/log/orders.log","host":"node-1","nanoseconds":789,"source_type":"file"}'
    )
    assert second.severity == "error"


def test_an_entry_by_the_apis_rules_is_held_to_them_and_an_agents_is_not() -> None:
    """Who sends `dateTime` or no time learns of a missing severity; who sends `timestamp` is an agent."""
    rows = [
        {"message": "m"},
        {"message": "m", "dateTime": "2026-02-09T12:00:00Z"},
        {"message": "m", "timestamp": 5},
    ]
    taken, outcome = settle(decode(body_of(rows, "array")))
    assert len(taken) == 1
    assert [(one.index, one.problems[0].field) for one in outcome.refused] == [
        (0, "severity"),
        (1, "severity"),
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "batch"),
    (
        (b'{"a":1}', "application/json", False),
        (b' {"a":1}\n', "", False),
        (b'{"a":1}', "application/x-ndjson; charset=utf-8", True),
        (b"[]", "application/json", True),
        (b"{}{}", "application/json", True),
        (b"{}\n{}\n", "text/plain", True),
        (b'{"a":NaN}', "application/json", False),
        (b'{"a"', "application/json", False),
        (b"nonsense", "application/json", False),
        (b"", "application/json", False),
    ),
)
def test_one_object_is_no_batch_unless_its_type_says_so(body: bytes, content_type: str, batch: bool) -> None:  # noqa: FBT001
    """One object alone is answered as an entry, with its own limits and statuses."""
    assert native_batch.is_batch(body, content_type) is batch


@pytest.mark.parametrize(
    ("body", "batch"),
    (
        (b'{"a":1}\n' * (limits.BATCH_ENTRIES_MAX + 1), True),
        (b'{"a":1}\n' * 5_000 + b'{"a":', True),
        (b'{"a":1}\n{"a":', False),
        (b'{"a":"' + b"x" * 50_000, False),
    ),
    ids=["too many", "cut off", "short and cut off", "one and cut off"],
)
def test_lines_that_are_broken_are_a_batch_all_the_same(body: bytes, batch: bool) -> None:  # noqa: FBT001
    """Of a type that does not say so: else they would be refused as one entry that is too long."""
    assert native_batch.is_batch(body, "application/octet-stream") is batch


@pytest.mark.parametrize("body", (b"[", b"[{}", b"{}{", b'{"a":1}x{}'))
def test_a_body_that_breaks_off_is_refused_as_a_whole(body: bytes) -> None:
    """There is nothing to resume at."""
    with pytest.raises(MalformedBody):
        decode(body)


def reply_to(outcome: Outcome) -> tuple[int, Any]:
    """Return the status and JSON of the reply to an outcome."""
    response = native_batch.reply(request("/"), DecodedBatch([]), outcome, RECEIPT)
    return response.status, json.loads(response.body)


def test_the_reply_has_counts_and_each_refused_entry() -> None:
    """By its index, with its fields; parked parts make it a 202."""
    refused = (Refusal(3, (FieldProblem("severity", "is required"), FieldProblem("id", "must be a UUID"))),)
    shown = {
        "accepted": 9,
        "refused": 1,
        "errors": [
            {
                "index": 3,
                "errors": [
                    {"field": "severity", "problem": "is required"},
                    {"field": "id", "problem": "must be a UUID"},
                ],
            }
        ],
    }
    assert reply_to(Outcome(9, refused)) == (200, shown)
    assert reply_to(Outcome(9, refused, is_queued=True)) == (202, shown)
    assert reply_to(Outcome(9)) == (200, {"accepted": 9, "refused": 0, "errors": []})


def test_a_batch_of_which_nothing_was_taken_is_a_400() -> None:
    """A problem whose fields have the index before them."""
    status, problem = reply_to(Outcome(0, (Refusal(0, (FieldProblem("severity", "is required"),)),)))
    assert status == HTTPStatus.BAD_REQUEST
    assert problem["errors"] == [{"field": "[0].severity", "problem": "is required"}]


def test_no_more_refusals_are_named_than_the_limit() -> None:
    """All are counted."""
    refused = tuple(Refusal(i, (FieldProblem("id", "x"),)) for i in range(limits.PROBLEMS_MAX + 5))
    _, shown = reply_to(Outcome(1, refused))
    assert (shown["refused"], len(shown["errors"])) == (limits.PROBLEMS_MAX + 5, limits.PROBLEMS_MAX)


def test_an_error_is_a_problem_as_everywhere_on_the_route() -> None:
    """With `Retry-After` where a retry can help."""
    response = native_batch.error_reply(request("/"), StorageUnavailable("busy"), RECEIPT)
    assert (response.status, response.content_type) == (503, "application/problem+json")
    assert response.headers["retry-after"] == str(limits.RETRY_AFTER_S)
