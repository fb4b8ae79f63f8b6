"""The environment: what each variable may be, and that all that is wrong is named at once."""

import pytest

from logstead import limits
from logstead.config import AccessConfig, IngestConfig, ReadConfig, ReplayConfig, WriteTableConfig
from logstead.errors import NotConfigured

TABLE = {"TABLE_NAME": "LogTable"}
QUEUES = {"RETRY_QUEUE_URL": "https://q", "DEAD_LETTER_QUEUE_URL": "https://d"}


def problems(kind: type, environ: dict[str, str]) -> list[str]:
    """Return the variables that a config refuses."""
    with pytest.raises(NotConfigured) as caught:
        kind.from_environ(environ)  # type: ignore[attr-defined]  # every config has it
    named = [one.field for one in caught.value.problems]
    assert all(name in caught.value.detail and name in caught.value.named() for name in named)
    return named


def test_the_table_name_alone_is_enough() -> None:
    """One shard, no retention, no queue, everybody let in: the specification's own service."""
    assert IngestConfig.from_environ(TABLE) == IngestConfig(WriteTableConfig("LogTable", 1, None), None)
    assert ReadConfig.from_environ(TABLE) == ReadConfig("LogTable", 1)
    assert AccessConfig.from_environ({}) == AccessConfig(None)


def test_each_variable_reaches_its_config() -> None:
    """White space around a value is no part of it."""
    environ = {"TABLE_NAME": " T ", "WRITE_SHARDS": "4", "READ_SHARDS": " 64 ", "RETENTION_DAYS": "36500"}
    table = WriteTableConfig("T", 4, 36_500)
    assert IngestConfig.from_environ(environ | QUEUES) == IngestConfig(table, "https://q")
    assert ReadConfig.from_environ(environ) == ReadConfig("T", 64)
    replay = ReplayConfig.from_environ(environ | QUEUES | {"REPLAY_BACKOFFS_S": "1,20"})
    assert replay == ReplayConfig(table, "https://q", "https://d", (1, 20))
    token = {"AUTH_MODE": "token", "ACCESS_KEYS_PATH": "/keys"}
    assert AccessConfig.from_environ(token) == AccessConfig("/keys")


@pytest.mark.parametrize("kind", (IngestConfig, ReadConfig, ReplayConfig))
@pytest.mark.parametrize("value", (None, "", "  "))
def test_a_table_name_that_is_unset_or_empty_is_named(kind: type, value: str | None) -> None:
    """Absent, empty and blank are one."""
    environ = QUEUES if value is None else QUEUES | {"TABLE_NAME": value}
    assert problems(kind, environ) == ["TABLE_NAME"]


@pytest.mark.parametrize("value", ("0", "65", "-1", "1.5", "one", "1e1", "\u0661", "0x1", "9" * 5_000, "1 2"))
def test_a_number_out_of_range_is_named(value: str) -> None:
    """Shards are 1 to 64; what is no whole number is refused, never guessed."""
    assert problems(IngestConfig, TABLE | {"WRITE_SHARDS": value}) == ["WRITE_SHARDS"]
    assert problems(ReadConfig, TABLE | {"READ_SHARDS": value}) == ["READ_SHARDS"]


@pytest.mark.parametrize("value", ("0", "36501", "7d", "-7"))
def test_a_retention_out_of_range_is_named(value: str) -> None:
    """A retention that can't be read must not keep entries for ever, nor for no time."""
    assert problems(IngestConfig, TABLE | {"RETENTION_DAYS": value}) == ["RETENTION_DAYS"]


@pytest.mark.parametrize(("shards", "days"), (("1", "1"), ("64", "36500")))
def test_the_bounds_themselves_are_taken(shards: str, days: str) -> None:
    """The least and the most of each number."""
    environ = TABLE | QUEUES | {"WRITE_SHARDS": shards, "READ_SHARDS": shards, "RETENTION_DAYS": days}
    for config in (IngestConfig.from_environ(environ), ReplayConfig.from_environ(environ)):
        assert config.table == WriteTableConfig("LogTable", int(shards), int(days))
    assert ReadConfig.from_environ(environ).read_shards == int(shards)


def test_what_the_replay_is_not_told_is_as_for_ingest() -> None:
    """One shard, no retention, the pauses of the limits; an empty queue URL is none for ingest."""
    replay = ReplayConfig(WriteTableConfig("LogTable"), "https://q", "https://d", limits.REPLAY_BACKOFFS_S)
    assert ReplayConfig.from_environ(TABLE | QUEUES) == replay
    assert IngestConfig.from_environ(TABLE | {"RETRY_QUEUE_URL": ""}).retry_queue_url is None


def test_an_empty_number_is_its_default() -> None:
    """CloudFormation passes an unset value as an empty text."""
    environ = TABLE | {"WRITE_SHARDS": "", "RETENTION_DAYS": "", "READ_SHARDS": ""}
    assert IngestConfig.from_environ(environ) == IngestConfig(WriteTableConfig("LogTable", 1, None), None)
    assert ReadConfig.from_environ(environ).read_shards == 1


def test_all_that_is_wrong_is_named_at_once() -> None:
    """One deploy mends everything."""
    environ = {"WRITE_SHARDS": "x", "RETENTION_DAYS": "y"}
    assert problems(IngestConfig, environ) == ["TABLE_NAME", "WRITE_SHARDS", "RETENTION_DAYS"]
    assert "DEAD_LETTER_QUEUE_URL" in problems(ReplayConfig, {"REPLAY_BACKOFFS_S": "soon"})


@pytest.mark.parametrize("mode", ("Token", "open", "iam,token"))
def test_an_unknown_auth_mode_lets_nobody_in(mode: str) -> None:
    """A mistyped mode is a set-up problem, not an open door."""
    assert problems(AccessConfig, {"AUTH_MODE": mode}) == ["AUTH_MODE"]


def test_mode_token_without_a_key_store_lets_nobody_in() -> None:
    """No path, no keys, no service."""
    assert problems(AccessConfig, {"AUTH_MODE": "token"}) == ["ACCESS_KEYS_PATH"]
