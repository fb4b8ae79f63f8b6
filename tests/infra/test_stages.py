"""The stages and how they are chosen."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from aws_cdk import App

from infra import app, stages
from infra.stages import STAGES, WRITE_UNITS_MIN, Auth, Stage
from logstead import limits

PLAIN = Stage(name="plain", auth=Auth.IAM, durable=True)


def test_no_two_stages_share_a_stack_name() -> None:
    """Otherwise deploying one would turn another into it."""
    names = [stage.stack_name for stage in STAGES.values()]
    assert len(set(names)) == len(names)


def test_the_bare_commands_mean_the_demo_stage() -> None:
    """A bare `cdk deploy` makes the stack that the specification names."""
    assert app.build(App()).stack_name == "LogsteadStack"
    assert stages.find("demo").stack_name == "LogsteadStack"
    assert stages.find("production").stack_name == "LogsteadStack-production"


@pytest.mark.parametrize("name", ("prod", "", "Production", "demo "))
def test_an_unknown_stage_is_an_error_that_lists_the_known_ones(name: str) -> None:
    """A misspelt stage must not deploy another."""
    with pytest.raises(ValueError, match="the stages are demo, production, local"):
        app.build(App(context={"stage": name}))


def test_a_stage_is_frozen() -> None:
    """Settings are decided in one place."""
    with pytest.raises(FrozenInstanceError):
        PLAIN.write_shards = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("write_shards", "read_shards"),
    ((0, 1), (2, 1), (1, limits.WRITE_SHARDS_MAX + 1)),
)
def test_shards_that_reads_would_miss_are_refused(write_shards: int, read_shards: int) -> None:
    """Entries in a shard that no read asks would be lost to their readers."""
    with pytest.raises(ValueError, match="write_shards"):
        replace(PLAIN, write_shards=write_shards, read_shards=read_shards)


@pytest.mark.parametrize("setting", ("retention_days", "max_read_units", "reserved_concurrency"))
def test_a_limit_is_at_least_one_or_none(setting: str) -> None:
    """Zero would stop the service, or expire entries at once, and None is how to have no limit."""
    for value in (0, -1):
        wrong: dict[str, Any] = {setting: value}
        with pytest.raises(ValueError, match=setting):
            replace(PLAIN, **wrong)
    least: dict[str, Any] = {setting: 1}
    assert getattr(replace(PLAIN, **least), setting) == 1
    assert getattr(PLAIN, setting) is None


def test_a_cap_lets_the_largest_item_in() -> None:
    """A body of a pack may be as large as DynamoDB takes, and one write unit is a KB."""
    assert limits.PACK_BODY_BYTES_MAX / 1024 < WRITE_UNITS_MIN
    for value in (0, WRITE_UNITS_MIN - 1):
        with pytest.raises(ValueError, match="max_write_units"):
            replace(PLAIN, max_write_units=value)
    assert replace(PLAIN, max_write_units=WRITE_UNITS_MIN).max_write_units == WRITE_UNITS_MIN


def test_retention_has_a_longest() -> None:
    """The function would refuse a longer one, at its first request."""
    with pytest.raises(ValueError, match="retention_days"):
        replace(PLAIN, retention_days=limits.RETENTION_DAYS_MAX + 1)


def test_a_delay_that_sqs_would_refuse_is_refused() -> None:
    """At synth, and not in the middle of a deploy."""
    for value in (-1, 901):
        with pytest.raises(ValueError, match="retry_delay_s"):
            replace(PLAIN, retry_delay_s=value)


@pytest.mark.parametrize("log_groups", (("/a", "/b", "/a"), ("",)))
def test_a_log_group_is_named_once(log_groups: tuple[str, ...]) -> None:
    """Each name is a subscription of its own, which delivers each line of the group."""
    with pytest.raises(ValueError, match="log_groups"):
        replace(PLAIN, log_groups=log_groups)
    assert replace(PLAIN, log_groups=("/a", "/b")).log_groups == ("/a", "/b")


def test_open_endpoints_are_for_trying_the_service_only() -> None:
    """Every stage that keeps its data asks who is calling."""
    open_stages = {stage.name for stage in STAGES.values() if stage.auth is Auth.NONE}
    assert open_stages == {"demo", "local"}
    assert not any(STAGES[name].durable for name in open_stages)


def test_a_demo_can_only_spend_so_much() -> None:
    """Anybody may call it, so what the table may be billed for is capped."""
    demo = STAGES["demo"]
    assert demo.max_read_units is not None
    assert demo.max_write_units is not None
