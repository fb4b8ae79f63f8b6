"""POST of one entry: new, replay, conflict, expiry, and what is stored."""

import time
import uuid
from typing import Any

import pytest

from logstead.storage.key import shard_of
from tests.unit.fakes import FakeDynamoDB, client_error
from tests.unit.service import Service

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
FULL: dict[str, Any] = {
    "id": ID,
    "dateTime": "2026-02-09T21:50:20.846154+00:00",
    "severity": "error",
    "message": "caf\u00e9 \U0001f600",
    "source": "web",
    "attributes": {"b": [1, None, True, 2.5], "a": {"c": "x"}},
}


def test_a_new_entry_is_201_with_the_entry_as_stored(app: Service) -> None:
    """The reply is the stored entry, with what the service filled in; the read shows the same."""
    reply = app.post({"severity": "info", "message": "m"})
    entry = reply.json()
    assert reply.status == 201
    assert entry.keys() == {"id", "dateTime", "severity", "message"}
    assert uuid.UUID(entry["id"]).version == 4
    assert app.get().json() == {"count": 1, "logs": [entry]}


def test_the_item_is_the_specifications_schema(app: Service) -> None:
    """`LogID`, `DateTime`, `Severity`, `Message`, `LogType`; attributes as one JSON text."""
    assert app.post(FULL).json() == FULL
    assert app.dynamodb.items == {
        ID: {
            "LogID": {"S": ID},
            "DateTime": {"S": FULL["dateTime"]},
            "Severity": {"S": "error"},
            "Message": {"S": FULL["message"]},
            "LogType": {"S": "LOG"},
            "Source": {"S": "web"},
            "Attributes": {"S": '{"a":{"c":"x"},"b":[1,null,true,2.5]}'},
        }
    }


def test_a_write_is_one_conditional_put_and_no_read(app: Service) -> None:
    """New, replay and conflict alike."""
    app.post(FULL)
    app.post(FULL)
    app.post({**FULL, "message": "other"})
    assert app.dynamodb.operations() == ["put_item"] * 3
    assert all("ConditionExpression" in arguments for _, arguments in app.dynamodb.calls)


@pytest.mark.parametrize(
    "again",
    (
        FULL,
        {**FULL, "id": ID.upper()},
        {**FULL, "dateTime": "2026-02-09T22:50:20.846154+01:00"},
        {**FULL, "attributes": {"a": {"c": "x"}}, "b": [1, None, True, 2.5]},
        {name: value for name, value in FULL.items() if name != "dateTime"},
    ),
)
def test_the_same_id_with_the_same_content_is_200_with_the_stored_entry(
    app: Service, again: dict[str, Any]
) -> None:
    """A retry, however it is written and whenever it comes, changes nothing."""
    app.post(FULL)
    before = dict(app.dynamodb.items)
    reply = app.post(again)
    assert (reply.status, reply.json()) == (200, FULL)
    assert app.dynamodb.items == before


def test_a_time_that_the_service_filled_in_is_not_compared(app: Service) -> None:
    """A retry without a time is a replay of the first, whose time stands; so is one that now gives a time."""
    first = app.post({"id": ID, "severity": "info", "message": "m"}).json()
    for again in ({}, {"dateTime": "2020-01-01T00:00:00Z"}):
        reply = app.post({"id": ID, "severity": "info", "message": "m", **again})
        assert (reply.status, reply.json()) == (200, first)


@pytest.mark.parametrize(
    "change",
    (
        {"message": "other"},
        {"severity": "info"},
        {"source": "db"},
        {"source": None},
        {"attributes": {}},
        {"extra": 1},
        {"dateTime": "2026-02-09T21:50:20.846155+00:00"},
    ),
)
def test_the_same_id_with_other_content_is_409_and_the_stored_one_stands(
    app: Service, change: dict[str, Any]
) -> None:
    """Every field counts, present or absent; the reply does not show the stored entry."""
    app.post(FULL)
    before = dict(app.dynamodb.items)
    reply = app.post({**FULL, **change})
    assert (reply.status, reply.problem()) == (409, "conflict")
    assert app.dynamodb.items == before
    assert b"caf" not in reply.body
    assert app.printed == []


def test_a_lost_reply_of_a_made_id_is_new_all_the_same(app: Service) -> None:
    """Botocore's second attempt meets the item of the first: nobody else can know the id, so it is 201."""
    put = app.dynamodb.put_item

    def put_twice(**arguments: Any) -> dict[str, Any]:
        put(**arguments)
        return put(**arguments)

    app.dynamodb.put_item = put_twice  # type: ignore[method-assign]  # as botocore's retry does
    assert app.post({"severity": "info", "message": "m"}).status == 201
    assert len(app.dynamodb.items) == 1


def test_a_refused_condition_that_shows_no_item_is_a_conflict(app: Service) -> None:
    """Never a success for what can't be told to be stored."""
    app.dynamodb.fail("put_item", client_error("ConditionalCheckFailedException", "PutItem"))
    assert app.post(FULL).status == 409


@pytest.mark.parametrize("shards", (1, 2, 64))
def test_an_entry_is_written_to_the_shard_of_its_id(shards: int) -> None:
    """One shard is `LOG`; more are named `LOG#1` and so on, by the id alone."""
    app = Service(shards=shards)
    ids = [app.post({"severity": "info", "message": "m"}).json()["id"] for _ in range(50)]
    assert {one: app.dynamodb.items[one]["LogType"]["S"] for one in ids} == {
        one: shard_of(one, shards) for one in ids
    }


@pytest.mark.parametrize(
    ("date_time", "from_receipt"), (("1999-01-01T00:00:00Z", True), (None, True), ("ahead", False))
)
def test_retention_counts_from_the_later_of_the_entrys_time_and_its_receipt(
    date_time: str | None, *, from_receipt: bool
) -> None:
    """An old entry that was accepted is not gone at once; one of a clock ahead lives as long as it says."""
    app = Service(retention_days=7)
    now_s = int(time.time())
    if date_time == "ahead":
        date_time = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_s + 600))
    entry = app.post({"severity": "info", "message": "m", "dateTime": date_time}).json()
    expires_s = int(app.dynamodb.items[entry["id"]]["ExpiresAt"]["N"])
    begins_s = now_s if from_receipt else now_s + 600
    assert 0 <= expires_s - begins_s - 7 * 86_400 <= 5


def test_an_expired_entry_is_gone_before_ttl_deletes_it() -> None:
    """It is neither listed nor found, and its id is free again."""
    app = Service(retention_days=1)
    app.post(FULL)
    app.dynamodb.items[ID]["ExpiresAt"] = {"N": str(int(time.time()))}
    assert app.get().json()["count"] == 0
    assert app.get("/" + ID).problem() == "entry-not-found"
    reply = app.post({**FULL, "message": "another"})
    assert (reply.status, reply.json()["message"]) == (201, "another")
    assert app.get("/" + ID).json()["message"] == "another"


def test_without_retention_an_entry_is_kept_for_ever(app: Service) -> None:
    """No `ExpiresAt` is written."""
    app.post(FULL)
    assert "ExpiresAt" not in app.dynamodb.items[ID]


def test_a_missing_table_is_a_problem_that_does_not_name_it() -> None:
    """The stack's owner reads the name in the log; the client gets none."""
    app = Service(FakeDynamoDB(table_name="Another"))
    for reply in (app.post(FULL), app.get(), app.get("/" + ID)):
        assert (reply.status, reply.problem()) == (500, "storage-misconfigured")
        assert b"LogTable" not in reply.body
    assert len(app.printed) == 3
