import base64
import gzip
import json
from typing import Any

import pytest

from logstead import limits
from logstead.errors import BodyTooLarge, MalformedBody
from logstead.ingest import cloudwatch
from logstead.ingest.batch import DecodedBatch
from logstead.ingest.content_encoding import inflated
from tests.unit.ingest.agent_service import RECEIPT, entries_of, settle

# As AWS's user guide has it, "Using CloudWatch Logs subscription filters", example for Lambda.
SUBSCRIPTION: dict[str, Any] = {
    "owner": "000000000000",
    "logGroup": "/aws/lambda/shop",
    "logStream": "2026/02/09/[$LATEST]0123",
    "subscriptionFilters": ["Destination"],
    "messageType": "DATA_MESSAGE",
    "logEvents": [
        {
            "id": "31953106606966983378809025079804211143289615424298221568",
            "timestamp": 1770638400123,
            "message": "one",
        },
        {
            "id": "31953106606966983378809025079804211143289615424298221569",
            "timestamp": 1770638400124,
            "message": "two",
        },
    ],
}


def event(subscription: object) -> dict[str, Any]:
    """Return the event that calls a function."""
    data = subscription if isinstance(subscription, bytes) else json.dumps(subscription).encode()
    return {"awslogs": {"data": base64.b64encode(gzip.compress(data, mtime=0)).decode()}}


def decode(given: dict[str, Any], own_group: str = "") -> DecodedBatch:
    """Decode an event as the ingest function does."""
    request = inflated(cloudwatch.request_of(given, "made-by-a-test"))
    return cloudwatch.EventProtocol(own_group).decode(request, RECEIPT)


def with_message(message: str, **others: object) -> dict[str, Any]:
    """Return the event of one log event."""
    return event(
        {**SUBSCRIPTION, "logEvents": [{"id": "1", "timestamp": 1770638400123, "message": message, **others}]}
    )


def test_each_log_event_becomes_an_entry() -> None:
    """The log group is the source; the ids of AWS are attributes."""
    first, second = entries_of(decode(event(SUBSCRIPTION)))
    assert (first.message, first.source) == ("one", "/aws/lambda/shop")
    assert first.date_time == "2026-02-09T12:00:00.123000+00:00"
    assert json.loads(first.attributes or "") == {
        "logGroup": "/aws/lambda/shop",
        "logStream": "2026/02/09/[$LATEST]0123",
        "owner": "000000000000",
        "eventId": "31953106606966983378809025079804211143289615424298221568",
    }
    assert second.message == "two"


@pytest.mark.parametrize(
    ("message", "severity"),
    (
        ("[ERROR]\t2026-02-09T12:00:00Z\tid\tdisk is full", "error"),
        ("2026-02-09T12:00:00Z\tid\tWARN\tslow", "warning"),
        ("CRITICAL: down", "error"),
        ("WARNING it is late", "warning"),
        ('{"level":"ERROR","message":"m"}', "error"),
        ('{"level":40,"msg":"m"}', "warning"),
        ('{"level":', "info"),
        ("START RequestId: 1 Version: $LATEST", "info"),
        ("no ERROR at its place", "info"),
        ("ERRORS are not a level", "info"),
    ),
)
def test_the_level_is_read_from_the_line(message: str, severity: str) -> None:
    """From JSON, or where Lambda's own formats have it; the line stays as it is."""
    (entry,) = entries_of(decode(with_message(message + "\n")))
    assert (entry.severity, entry.message) == (severity, message)


def test_fields_that_a_filter_pattern_extracted_are_kept() -> None:
    """Under their own name."""
    (entry,) = entries_of(decode(with_message("m", extractedFields={"ip": "::1"})))
    assert json.loads(entry.attributes or "")["extractedFields"] == {"ip": "::1"}


def test_an_empty_line_and_a_wrong_clock_do_not_matter() -> None:
    """As with any agent."""
    subscription = {
        **SUBSCRIPTION,
        "logEvents": [{"id": "1", "timestamp": 9_770_638_400_123, "message": " "}],
    }
    (entry,) = entries_of(decode(event(subscription)))
    assert (entry.message, "dateTime" in entry.filled) == ("(empty)", True)
    assert json.loads(entry.attributes or "")["timestampMs"] == 9_770_638_400_123


def test_events_are_told_by_all_but_the_filters_they_passed() -> None:
    """Two filters of one group send the same events; those of other streams or texts are others."""
    told = decode(event(SUBSCRIPTION)).identity
    assert told == decode(event({**SUBSCRIPTION, "subscriptionFilters": ["Other"]})).identity
    others = [event({**SUBSCRIPTION, name: "other"}) for name in ("owner", "logGroup", "logStream")]
    others += [with_message("one"), with_message("two"), with_message("one", extractedFields={"ip": "::1"})]
    assert len({told, *(decode(one).identity for one in others)}) == 1 + len(others)


def test_a_control_message_has_no_rows() -> None:
    """CloudWatch Logs only asks whether it can reach the function."""
    assert decode(event({**SUBSCRIPTION, "messageType": "CONTROL_MESSAGE"})).rows == []


def test_a_group_that_is_excluded_has_no_rows() -> None:
    """The service's own log would feed itself."""
    assert decode(event(SUBSCRIPTION), own_group="/aws/lambda/shop").rows == []


@pytest.mark.parametrize(
    "broken",
    (
        {},
        {"awslogs": None},
        {"awslogs": {"data": "*"}},
        {"awslogs": {"data": "YQ=="}},
        event(b"[]"),
        event(b"{}"),
    ),
    ids=str,
)
def test_what_is_no_subscriptions_event_is_malformed(broken: dict[str, Any]) -> None:
    """One exception, whatever is wrong."""
    with pytest.raises(MalformedBody):
        decode(broken)


def test_an_event_that_is_too_long_or_large_is_refused() -> None:
    """A line by itself, a bomb as a whole."""
    assert settle(decode(with_message("x" * 300_000)))[1].accepted == 0
    with pytest.raises(BodyTooLarge):
        decode(event(bytes(limits.INFLATED_BYTES_MAX + 1)))
