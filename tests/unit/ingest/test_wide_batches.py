"""Batches of more packs and single entries than one request writes: the rest is parked, and none is lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from logstead import limits
from logstead.recovery.message import ParkedGroup
from tests.unit.ingest.test_batch_parking import THROTTLED, Parking
from tests.unit.ingest.test_batch_retries import LOW_ID, post, row
from tests.unit.service import Service

NOW = datetime(2026, 2, 9, 12, 0, 30, tzinfo=UTC)
COUNT = limits.BATCH_PARTS_MAX + limits.PARKED_PARTS_MAX + 5


def sparse(count: int = COUNT) -> list[dict[str, Any]]:
    """Return entries with an id each, one a minute."""
    return [
        row(f"{LOW_ID[:-5]}{n:05x}", f"line {n}", (NOW - timedelta(minutes=n)).isoformat())
        for n in range(count)
    ]


def messages(app: Service) -> list[str]:
    """Return the messages of all entries, sorted."""
    export = app.get("/export").body.decode().splitlines()
    return sorted(json.loads(line)["message"] for line in export)


def groups(parking: Parking) -> list[ParkedGroup]:
    """Return what is in the retry queue, groups alone."""
    parked = parking.parked()
    found = [one for one in parked if isinstance(one, ParkedGroup)]
    assert len(found) == len(parked)
    return found


def test_what_is_more_than_a_request_writes_is_parked_and_replayed() -> None:
    """Lines of an agent after an outage: one a minute, for hours. Sent again, they are the same ones."""
    parking = Parking()
    rows = sparse()
    for _ in range(2):
        reply = post(parking.app, rows)
        assert (reply.status, reply.json()) == (202, {"accepted": COUNT, "refused": 0, "errors": []})
    sizes = sorted(len(group.parts) for group in groups(parking))
    assert sizes == [5, 5, limits.PARKED_PARTS_MAX, limits.PARKED_PARTS_MAX]
    assert len(messages(parking.app)) == limits.BATCH_PARTS_MAX
    assert parking.app.printed == []
    parking.replay()
    assert messages(parking.app) == sorted(one["message"] for one in rows)


def test_entries_with_ids_but_no_times_are_parked_too() -> None:
    """Each is a write of its own."""
    parking = Parking()
    rows = [{name: value for name, value in one.items() if name != "dateTime"} for one in sparse()]
    assert post(parking.app, rows).status == 202
    parking.replay()
    assert messages(parking.app) == sorted(one["message"] for one in rows)
    assert post(parking.app, rows).json()["accepted"] == COUNT
    parking.replay()
    assert len(messages(parking.app)) == COUNT


def test_a_group_is_cut_by_its_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of the queue has a largest size."""
    monkeypatch.setattr(limits, "PARKED_GROUP_BYTES_MAX", 600)
    parking = Parking()
    rows = sparse(limits.BATCH_PARTS_MAX + 20)
    assert post(parking.app, rows).status == 202
    assert len(groups(parking)) > 3
    parking.replay()
    assert messages(parking.app) == sorted(one["message"] for one in rows)


def test_a_group_s_message_fits_in_the_queue_whatever_is_in_it() -> None:
    """An accent takes six bytes of it, for two of the body."""
    parking = Parking()
    rows = [{**one, "message": "\u00e9" * 100_000} for one in sparse(limits.BATCH_PARTS_MAX + 5)]
    rows[:-5] = sparse(limits.BATCH_PARTS_MAX)
    rows = [{name: value for name, value in one.items() if name != "dateTime"} for one in rows]
    assert post(parking.app, rows).status == 202
    assert len(groups(parking)) == 5
    parking.replay()
    assert len(messages(parking.app)) == len(rows)


def test_where_parking_fails_nothing_is_acknowledged() -> None:
    """And a retry stores each once."""
    parking = Parking(has_queue=False)
    assert post(parking.app, sparse()).status == 503
    parking = Parking()
    parking.sqs.fail(THROTTLED)
    rows = sparse()
    assert post(parking.app, rows).status == 503
    assert post(parking.app, rows).status == 202
    parking.replay()
    assert messages(parking.app) == sorted(one["message"] for one in rows)


def test_a_failing_table_parks_one_by_one_what_the_request_was_to_write() -> None:
    """Beside the groups."""
    parking = Parking()
    parking.fail(THROTTLED, *range(10_000))
    assert post(parking.app, sparse()).status == 202
    assert len(parking.parked()) == limits.BATCH_PARTS_MAX + 2
    parking.table.faults.clear()
    parking.replay()
    assert len(messages(parking.app)) == COUNT


def test_entries_beyond_the_most_packs_are_refused_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry gets the same answer, and what was refused is taken by itself."""
    monkeypatch.setattr(limits, "BATCH_PACKS_MAX", 20)
    app = Service()
    rows = sparse(23)
    for _ in range(2):
        answer = post(app, rows).json()
        assert (answer["accepted"], [one["index"] for one in answer["errors"]]) == (20, [20, 21, 22])
    assert post(app, rows[20:]).json()["accepted"] == 3
    assert len(messages(app)) == 23
