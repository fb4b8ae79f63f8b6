"""The functions and what they are told, in each stage."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aws_cdk.assertions import Annotations, Match

from infra.stages import STAGES, Auth, Edge
from logstead import limits
from logstead.deployment import keys_path
from tests.infra.synthesis import INGEST, READ, REPLAY, Synthesis, synthesis_of

Synthesize = Callable[[str], Synthesis]


def test_all_functions_run_the_same_code_on_the_same_runtime(any_stage: Synthesis) -> None:
    """One asset: what is tested together is deployed together."""
    functions = [function["Properties"] for function in any_stage.resources("AWS::Lambda::Function").values()]
    assert {function["Handler"] for function in functions} == {INGEST, READ, REPLAY}
    assert all(function["Runtime"] == "python3.13" for function in functions)
    assert all(function["Architectures"] == ["arm64"] for function in functions)
    assert all(function["Code"] == functions[0]["Code"] for function in functions)


def test_the_environment_is_what_the_functions_read(any_stage: Synthesis) -> None:
    """Nothing that a function doesn't read, and the table by reference."""
    stage = any_stage.stage
    table = {"TABLE_NAME": {"Ref": "LogTable"}}
    writes = {"WRITE_SHARDS": str(stage.write_shards), "RETRY_QUEUE_URL": {"Ref": "RetryQueue"}}
    callers = {"AUTH_MODE": str(stage.auth)}
    if stage.auth is Auth.TOKEN:
        callers["ACCESS_KEYS_PATH"] = keys_path(stage.name)
    if stage.cors_origins and stage.edge is Edge.API_GATEWAY:
        callers["CORS_ORIGINS"] = ",".join(stage.cors_origins)
    assert _environment(any_stage, INGEST) == {**table, **writes, **callers}
    assert _environment(any_stage, READ) == {**table, "READ_SHARDS": str(stage.read_shards), **callers}
    assert _environment(any_stage, REPLAY) == {
        **table,
        **writes,
        "DEAD_LETTER_QUEUE_URL": {"Ref": "DeadLetterQueue"},
        "REPLAY_BACKOFFS_S": ",".join(map(str, stage.replay_backoffs_s)),
    }


def test_retention_reaches_the_functions_that_write(tmp_path: Path) -> None:
    """Absent means for ever, so a stage that sets it must hand it on."""
    synthesis = synthesis_of(replace(STAGES["production"], retention_days=30), tmp_path)
    assert _environment(synthesis, INGEST)["RETENTION_DAYS"] == "30"
    assert _environment(synthesis, REPLAY)["RETENTION_DAYS"] == "30"
    assert "RETENTION_DAYS" not in _environment(synthesis, READ)


def test_reserved_concurrency_is_off_unless_a_stage_sets_it(any_stage: Synthesis) -> None:
    """A new account has too little to reserve: its first deploy would fail."""
    for function in any_stage.resources("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function["Properties"]


def test_reserved_concurrency_caps_what_callers_can_start(tmp_path: Path) -> None:
    """Both functions that people call; the replay's cap is its mapping's."""
    synthesis = synthesis_of(replace(STAGES["production"], reserved_concurrency=5), tmp_path)
    for handler in (INGEST, READ):
        assert synthesis.properties(synthesis.function(handler))["ReservedConcurrentExecutions"] == 5
    assert "ReservedConcurrentExecutions" not in synthesis.properties(synthesis.function(REPLAY))


def test_a_function_outlasts_its_own_deadlines(any_stage: Synthesis) -> None:
    """Lambda's timeout gives the caller a bare 502; ours gives a problem that says what to do."""
    assert any_stage.properties(any_stage.function(INGEST))["Timeout"] == 10 > limits.WRITE_DEADLINE_S
    assert any_stage.properties(any_stage.function(READ))["Timeout"] == 30 > limits.READ_DEADLINE_S


def test_each_function_logs_into_its_own_group_which_forgets(any_stage: Synthesis) -> None:
    """Lambda would make a group of its own otherwise, which keeps for ever."""
    for handler, group in ((INGEST, "IngestLogs"), (READ, "ReadLogs"), (REPLAY, "ReplayLogs")):
        function = any_stage.properties(any_stage.function(handler))
        assert function["LoggingConfig"] == {"LogGroup": {"Ref": group}}
        assert any_stage.properties(group)["RetentionInDays"] in {30, 90}


def test_readers_know_a_new_shard_before_anything_is_written_to_it(any_stage: Synthesis) -> None:
    """Raising the shards of a live stage must never hide an entry, not even while it deploys."""
    for handler in (INGEST, REPLAY):
        writer = any_stage.template["Resources"][any_stage.function(handler)]
        assert any_stage.function(READ) in writer["DependsOn"]


def test_the_outputs_are_the_specifications(any_stage: Synthesis) -> None:
    """Scripts read these names."""
    outputs = any_stage.template["Outputs"]
    names = {
        "IngestFunctionUrl",
        "ReadRecentFunctionUrl",
        "DynamoDBTableName",
        "RetryQueueUrl",
        "DeadLetterQueueUrl",
    }
    if any_stage.stage.auth is Auth.IAM:
        names |= {"WriterPolicyArn", "ReaderPolicyArn"}
    if any_stage.stage.auth is Auth.TOKEN:
        names |= {"AccessKeysPath"}  # by which the command line tells that the stage takes keys
    assert set(outputs) == names
    assert outputs["DynamoDBTableName"]["Value"] == {"Ref": "LogTable"}
    assert outputs["RetryQueueUrl"]["Value"] == {"Ref": "RetryQueue"}
    assert outputs["DeadLetterQueueUrl"]["Value"] == {"Ref": "DeadLetterQueue"}


def test_a_stage_open_to_the_internet_says_so_at_each_deploy(synthesize: Synthesize) -> None:
    """Nobody should learn it from a bill; the emulator's stage listens on loopback only."""
    warning = Match.string_like_regexp("anybody who knows the URLs")
    for name, warnings in (("demo", 1), ("production", 0), ("local", 0), ("token", 0)):
        found = Annotations.from_stack(synthesize(name).stack).find_warning("*", warning)
        assert len(found) == warnings, name


def test_no_stage_asks_aws_anything_to_synthesize(any_stage: Synthesis) -> None:
    """`cdk synth` works without credentials, in any account and Region."""
    assert any_stage.stack.environment == "aws://unknown-account/unknown-region"
    assert "AWS::AccountId" not in any_stage.stack.account


def _environment(synthesis: Synthesis, handler: str) -> dict[str, object]:
    function = synthesis.properties(synthesis.function(handler))
    environment: dict[str, object] = function["Environment"]["Variables"]
    return environment
