import json
from typing import Any

import pytest

from logstead import limits
from logstead.entry import LogEntry, parse_entry
from logstead.ingest import severity
from logstead.ingest.agent_record import (
    LEVEL_NAMES,
    MESSAGE_NAMES,
    SOURCE_NAMES,
    TIME_NAMES,
    merge,
    read_record,
)
from tests.unit.ingest.agent_service import MADE_ID, RECEIPT

TIME = "2026-02-09T12:00:00Z"
STORED_TIME = "2026-02-09T12:00:00.000000+00:00"


def read(record: dict[str, Any], source: str | None = None) -> LogEntry:
    """Return the entry that a record becomes."""
    return parse_entry(read_record(record, RECEIPT, source)[0], RECEIPT, lambda: MADE_ID)


@pytest.mark.parametrize("name", TIME_NAMES)
def test_each_name_of_a_time_is_read(name: str) -> None:
    """The time is no attribute any more."""
    entry = read({name: TIME, "message": "m"})
    assert (entry.date_time, entry.attributes) == (STORED_TIME, None)


@pytest.mark.parametrize("name", MESSAGE_NAMES)
def test_each_name_of_a_message_is_read(name: str) -> None:
    """The message is no attribute any more."""
    entry = read({name: "it works"})
    assert (entry.message, entry.attributes) == ("it works", None)


@pytest.mark.parametrize("name", SOURCE_NAMES)
def test_each_name_of_a_source_is_read(name: str) -> None:
    """The source is no attribute any more; it comes before the default."""
    entry = read({name: "orders", "message": "m"}, "default")
    assert (entry.source, entry.attributes) == ("orders", None)
    assert read({"message": "m"}, "default").source == "default"


@pytest.mark.parametrize("name", LEVEL_NAMES)
def test_each_name_of_a_level_is_read_and_kept(name: str) -> None:
    """A filter on the level as the agent knows it still works."""
    entry = read({name: "WARN", "message": "m"})
    assert (entry.severity, entry.attributes) == ("warning", f'{{"{name}":"WARN"}}')


def test_a_severity_that_is_ours_to_the_letter_is_no_attribute() -> None:
    """It would say the same twice."""
    assert read({"severity": "error", "message": "m"}).attributes is None


def test_nested_names_of_the_elastic_common_schema_are_read() -> None:
    """`log.level` and `service.name` are objects there."""
    entry = read({"message": "m", "log": {"level": "error"}, "service": {"name": "orders"}})
    assert (entry.severity, entry.source) == ("error", "orders")
    assert entry.attributes == '{"log":{"level":"error"},"service":{"name":"orders"}}'


@pytest.mark.parametrize(
    ("level", "ours"),
    (
        (30, "info"),
        (40, "warning"),
        (50, "error"),
        (3, "error"),
        ("4", "warning"),
        ("6", "info"),
        (" Err ", "error"),
        (" " * 12 + "3", "error"),
    ),
)
def test_a_level_may_be_a_number_or_text_of_any_case(level: object, ours: str) -> None:
    """0 to 7 are syslog's, 10 to 69 pino's."""
    assert severity.of_level(level) == ours


@pytest.mark.parametrize("level", ("loud", "", 8, 100, -1, True, None, [], {}, "9" * 5_000, "\u0663"))
def test_a_level_that_nobody_knows_is_info_and_kept(level: object) -> None:
    """No line is refused for its level."""
    assert severity.of_level(level) is None or level == "\u0663"
    entry = read({"level": level, "message": "m"})
    assert entry.severity in {"info", "error"}
    assert entry.attributes is not None


@pytest.mark.parametrize("record", ({}, {"message": ""}, {"log": " \n"}), ids=str)
def test_a_record_without_a_message_says_so(record: dict[str, Any]) -> None:
    """A blank message would be refused, and the agent would drop the line."""
    assert read(record).message == "(empty)"


def test_a_message_that_is_no_text_is_shown_as_json_and_kept() -> None:
    """So it can be searched as text, and filtered by path."""
    entry = read({"message": {"event": "login", "n": 1}})
    assert entry.message == '{"event":"login","n":1}'
    assert entry.attributes == '{"message":{"event":"login","n":1}}'


def test_a_record_that_names_no_message_is_shown_whole() -> None:
    """Metrics in the shape of logs (Fluent Bit's cpu, mem) are an example."""
    entry = read({"date": TIME, "cpu_p": 1.5})
    assert (entry.message, entry.attributes) == ('{"cpu_p":1.5}', '{"cpu_p":1.5}')


def test_an_id_of_the_application_is_no_id_of_the_entry() -> None:
    """Two lines about one user would be taken for one entry sent twice."""
    entry = read({"id": "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11", "message": "m"})
    assert entry.id == MADE_ID
    assert entry.attributes == '{"id":"0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"}'


def test_attributes_are_merged_unless_a_name_is_in_both() -> None:
    """Nothing an agent sent is dropped, and nothing is a problem."""
    assert read({"message": "m", "attributes": {"a": 1}, "b": 2}).attributes == '{"a":1,"b":2}'
    both = read({"message": "m", "attributes": {"a": 1}, "a": 2})
    assert both.attributes == '{"a":2,"attributes":{"a":1}}'
    assert read({"message": "m", "attributes": "x"}).attributes == '{"attributes":"x"}'


def test_a_time_that_is_there_twice_is_no_attribute() -> None:
    """pino-elasticsearch sends it as `time` and as `@timestamp`; another time stays."""
    record = {"message": "m", "@timestamp": TIME, "time": TIME, "ts": "2026-02-09T12:00:01Z"}
    assert read(record).attributes == '{"ts":"2026-02-09T12:00:01Z"}'


def test_a_source_that_is_too_long_is_cut_and_kept() -> None:
    """A refusal would lose the line."""
    long = "s" * (limits.SOURCE_CHARACTERS_MAX + 1)
    entry = read({"message": "m", "app": long})
    assert entry.source == long[:-1]
    assert entry.attributes == f'{{"app":"{long}"}}'


def test_names_are_tried_in_their_order_and_the_others_kept() -> None:
    """Of two times, messages and sources the first usable one counts."""
    entry = read({"ts": TIME, "time": "?", "msg": "second", "message": "first", "app": "b", "service": "a"})
    assert (entry.date_time, entry.message, entry.source) == (STORED_TIME, "first", "a")
    assert entry.attributes == '{"app":"b","msg":"second","time":"?"}'


@pytest.mark.parametrize("name", ("timestamp", "time", "nanoseconds"))
def test_a_time_that_stays_an_attribute_is_kept_beside_attributes_of_its_name(name: str) -> None:
    """An object `attributes` that has the name too is kept whole then."""
    ahead = "2026-02-09T23:00:00Z"
    sent = {"timestamp": "2026-02-09T11:00:00.000000123Z"} if name == "nanoseconds" else {name: ahead}
    entry = read({**sent, "message": "m", "attributes": {name: "x", "k": 1}})
    assert json.loads(entry.attributes or "") == {
        name: 123 if name == "nanoseconds" else ahead,
        "attributes": {name: "x", "k": 1},
    }


def test_what_is_merged_overwrites_nothing() -> None:
    """Neither by a name in common, nor by the name that the group is kept under then."""
    attributes: dict[str, object] = {"env": "a", "others": "mine", "others#2": "mine too"}
    merge(attributes, {"env": "b"}, "others")
    assert attributes == {
        "env": "a",
        "others": "mine",
        "others#2": "mine too",
        "others#2#2": {"env": "b"},
    }
