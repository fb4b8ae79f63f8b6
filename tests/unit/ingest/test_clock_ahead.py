"""Batches of agents whose clock is ahead of the service's: a retry is known, whatever the clock says then."""

import json
from datetime import timedelta

import pytest

from tests.unit.ingest.conftest import NOW, Clock
from tests.unit.ingest.test_batch_retries import HIGH_ID, KEYED, LOW_ID, accepted, messages, post, row, shown
from tests.unit.ingest.test_loki import PATH as LOKI
from tests.unit.service import Service


@pytest.mark.parametrize("later", (timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=1)))
def test_a_batch_of_an_agent_whose_clock_is_ahead_is_known_again(
    clock: Clock, app: Service, later: timedelta
) -> None:
    """Whether its times are still ahead, in part, or no longer; also those about the limit of that minute."""
    aheads = [timedelta(minutes=minutes) for minutes in (-1, 14, 15, 15.5, 15.6, 20, 40)]
    times = [NOW + ahead for ahead in aheads]
    agents = [{"timestamp": time.isoformat(), "message": f"line {n}"} for n, time in enumerate(times)]
    lines = [(f"{int(time.timestamp())}000000000", f"Loki's {n}") for n, time in enumerate(times)]
    loki = json.dumps({"streams": [{"stream": {"app": "a"}, "values": lines}]})
    as_sent = {"content-type": "application/json"}
    assert post(app, agents).status == 200
    assert app.post(loki, path=LOKI, headers=as_sent).status == 204
    entries = shown(app)
    assert len(entries) == 2 * len(times)
    assert {entry["dateTime"] for entry in entries} == {
        time.isoformat(timespec="microseconds") for time in (*times[:2], NOW)
    }
    clock.at = NOW + later
    assert post(app, agents).json() == {"accepted": len(times), "refused": 0, "errors": []}
    assert app.post(loki, path=LOKI, headers=as_sent).status == 204
    assert shown(app) == entries


@pytest.mark.parametrize("headers", ({}, KEYED))
def test_rows_of_the_api_and_of_agents_keep_apart_about_the_limit_of_time(
    clock: Clock, app: Service, headers: dict[str, str]
) -> None:
    """In one minute the API's own time still holds, and the agent's is too far ahead: no pack has both."""
    at = NOW + timedelta(minutes=15)
    rows = [
        row(LOW_ID, "API's", (at - timedelta(seconds=10)).isoformat()),
        {"timestamp": (at - timedelta(seconds=5)).isoformat(), "message": "agent's"},
    ]
    for later in (timedelta(0), timedelta(minutes=2), timedelta(hours=1)):
        clock.at = NOW + later
        assert post(app, rows, **headers).json() == accepted(2)
        assert messages(app) == ["API's", "agent's"]


def test_an_agents_documents_ahead_are_cut_as_before_by_a_retry(clock: Clock, app: Service) -> None:
    """They name no message, so it is their JSON: without their time, which would be in it or not."""
    ahead = (NOW + timedelta(minutes=20)).isoformat()
    document = {"@timestamp": ahead, "event": {"kind": "x" * 50}}
    body = "".join(f'{{"create":{{}}}}\n{json.dumps({**document, "n": n})}\n' for n in range(3_000))
    headers = {"content-type": "application/x-ndjson"}
    for later in (timedelta(0), timedelta(minutes=10)):
        clock.at = NOW + later
        assert app.post(body, path="/es/_bulk", headers=headers).json()["errors"] is False
    assert sum(name.startswith("PACK#") for name in app.dynamodb.items) > 1
    found = [json.loads(line) for line in app.get("/export").body.splitlines()]
    assert sorted(entry["attributes"]["n"] for entry in found) == list(range(3_000))
    assert found[0]["attributes"]["@timestamp"] == ahead
    assert "@timestamp" not in found[0]["message"]


@pytest.mark.parametrize("ids", ((LOW_ID, HIGH_ID), ("d1", "d2"), ("d1", None)))
def test_documents_ahead_with_ids_are_known_again(
    clock: Clock, app: Service, ids: tuple[str | None, ...]
) -> None:
    """They keep their places in the pack, whatever the clock says."""
    document = {"@timestamp": (NOW + timedelta(minutes=20)).isoformat(), "message": "m"}
    actions = [{"create": {"_id": one} if one else {}} for one in ids]
    body = "".join(f"{json.dumps(action)}\n{json.dumps(document)}\n" for action in actions)
    for later in (0, 10, 20):
        clock.at = NOW + timedelta(minutes=later)
        reply = app.post(body, path="/es/_bulk", headers={"content-type": "application/x-ndjson"})
        assert reply.json()["errors"] is False
    assert len(shown(app)) == 2
