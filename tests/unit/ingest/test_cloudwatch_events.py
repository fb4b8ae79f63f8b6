"""The events of CloudWatch Logs subscriptions through the whole ingest function: stored once, or raised."""

import pytest

from logstead.errors import MalformedBody, NotConfigured
from logstead.ingest.cloudwatch import EventNotStored
from logstead.ingest.handler import make_handler
from logstead.recovery.message import ParkedPack
from tests.unit.fakes import FakeDynamoDB
from tests.unit.ingest.test_batch_parking import THROTTLED, Parking
from tests.unit.ingest.test_cloudwatch import SUBSCRIPTION, event
from tests.unit.service import OWN_LOG_GROUP, FakeContext, Service


def messages(app: Service) -> list[str]:
    """Return the messages of all entries, in order of time."""
    return [entry["message"] for entry in app.get("/").json()["logs"]][::-1]


def test_an_event_that_lambda_sends_again_is_stored_once() -> None:
    """Lambda's asynchronous calls come at least once."""
    app = Service()
    for _ in range(2):
        assert app.ingest(event(SUBSCRIPTION), FakeContext()) == {}
    assert messages(app) == ["one", "two"]
    assert app.printed == []


def test_events_that_two_filters_pass_are_stored_once() -> None:
    """A log group may have two, made by hand."""
    app = Service()
    for name in ("Logstead", "Second"):
        assert app.ingest(event({**SUBSCRIPTION, "subscriptionFilters": [name]}), FakeContext()) == {}
    assert messages(app) == ["one", "two"]


def test_the_function_s_own_lines_are_left_out() -> None:
    """A failure to store a line would be a line to store."""
    app = Service()
    assert app.ingest(event({**SUBSCRIPTION, "logGroup": OWN_LOG_GROUP}), FakeContext()) == {}
    assert app.ingest(event({**SUBSCRIPTION, "messageType": "CONTROL_MESSAGE"}), FakeContext()) == {}
    assert app.dynamodb.items == {}


def test_an_event_is_parked_while_the_table_fails() -> None:
    """As a batch is: it is done with, and stored by the replay."""
    parking = Parking()
    parking.fail(THROTTLED, 0)
    assert parking.app.ingest(event(SUBSCRIPTION), FakeContext()) == {}
    (parked,) = parking.parked()
    assert isinstance(parked, ParkedPack)
    parking.replay()
    assert messages(parking.app) == ["one", "two"]


def test_what_can_t_be_stored_is_raised_and_stored_by_the_next_call() -> None:
    """Without a reply, an error is all that has Lambda call again."""
    parking = Parking(has_queue=False)
    parking.fail(THROTTLED, 0)
    with pytest.raises(EventNotStored, match="storage"):
        parking.app.ingest(event(SUBSCRIPTION), FakeContext())
    assert len(parking.app.printed) == 1
    assert parking.app.ingest(event(SUBSCRIPTION), FakeContext()) == {}
    assert messages(parking.app) == ["one", "two"]


def test_lines_that_are_refused_are_raised_and_the_others_stored() -> None:
    """Who reads the failure destination finds the whole event."""
    long = {"id": "3", "timestamp": 1770638400125, "message": "x" * 300_000}
    app = Service()
    for _ in range(2):
        with pytest.raises(EventNotStored, match=r"2 stored, 1 refused: \[2\] entry has"):
            app.ingest(
                event({**SUBSCRIPTION, "logEvents": [*SUBSCRIPTION["logEvents"], long]}), FakeContext()
            )
    assert messages(app) == ["one", "two"]


def test_an_event_that_can_t_be_read_is_raised() -> None:
    """And one for a function that is not set up, which must not answer it as if it were a request."""
    app = Service(FakeDynamoDB())
    with pytest.raises(MalformedBody):
        app.ingest({"awslogs": {"data": "*"}}, FakeContext())
    with pytest.raises(EventNotStored, match="none of a CloudWatch"):
        app.ingest(event(b"{}"), FakeContext())
    with pytest.raises(NotConfigured):
        make_handler({})(event(SUBSCRIPTION), FakeContext())
