"""The specification's own examples, sent to what `cdk deploy` made."""

from local.service import Service


def test_a_posted_entry_is_created_and_read_back(empty_service: Service) -> None:
    """POST answers with the entry as stored, and GET shows the same."""
    posted = empty_service.post({"severity": "info", "message": "Application started"})
    assert posted.status == 201, posted.body
    stored = posted.json()
    assert stored["severity"] == "info"
    assert stored["message"] == "Application started"

    read = empty_service.get()
    assert read.status == 200, read.body
    assert read.json() == {"count": 1, "logs": [stored]}


def test_an_entry_posted_with_id_and_time_keeps_them(empty_service: Service) -> None:
    """All four fields of the specification are taken as sent."""
    entry = {
        "id": "9f2c1c8e-6f6b-4b1e-9f39-3f8f5e0f4a11",
        "dateTime": "2026-02-09T21:50:20.846154+00:00",
        "severity": "error",
        "message": "Database connection failed",
    }
    assert empty_service.post(entry).json() == entry
    assert empty_service.get(entry["id"]).json() == entry


def test_curl_s_default_content_type_is_taken(empty_service: Service) -> None:
    """`curl -d` calls JSON a form; the specification's curl lines must work verbatim."""
    reply = empty_service.post(
        '{"severity": "warning", "message": "Disk is filling up"}',
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.status == 201, reply.body


def test_the_newest_hundred_are_returned_newest_first(empty_service: Service) -> None:
    """101 entries with rising times: the oldest is not among the newest 100."""
    times = [f"2026-02-09T21:{minute // 60:02}:{minute % 60:02}.000000+00:00" for minute in range(101)]
    for time in times:
        reply = empty_service.post({"dateTime": time, "severity": "info", "message": "tick"})
        assert reply.status == 201, reply.body

    page = empty_service.get().json()
    assert page["count"] == 100
    assert [entry["dateTime"] for entry in page["logs"]] == times[:0:-1]
