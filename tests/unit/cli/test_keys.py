"""`keys`: made for a stage that is there and takes them, listed and revoked for any."""

import pytest

from logstead import limits
from logstead.access.key_store import list_keys
from logstead.access.keys import encode_key, make_key, matching_key
from tests.unit.access.fake_ssm import FakeSSM
from tests.unit.cli.fake_stage import REGION, run

PATH = "/logstead/shop/keys"
OUTPUTS = {"shop": {"AccessKeysPath": PATH}, "open": {"IngestFunctionUrl": "https://x"}, "bare": {}}


def with_keys(count: int) -> FakeSSM:
    """Return a store that holds keys of the stage `shop`."""
    made = [make_key(("write",), f"label {number}", f"2026-02-{number:02d}")[1] for number in range(count)]
    return FakeSSM({f"{PATH}/{key.key_id}": encode_key(key) for key in made})


def test_a_key_is_made_and_shown_once() -> None:
    """It is the last line, and what is stored lets it in with its scopes."""
    ssm = FakeSSM({})
    done = run("keys", "create", "--stage", "shop", "--scope", "read", outputs=OUTPUTS, ssm=ssm)
    assert done.exit_code == 0, done.output
    found = matching_key(list_keys(ssm, PATH), done.stdout.strip())
    assert found is not None
    assert found.scopes == ("read",)


@pytest.mark.parametrize(
    ("stage", "says"),
    (
        ("shpo", f"Error: There is no stage shpo: no stack LogsteadStack-shpo in {REGION}.\n"),
        ("open", "takes no access keys"),
        ("bare", "takes no access keys"),
    ),
)
@pytest.mark.parametrize("command", (("create", "--scope", "write"), ("list",)), ids=lambda one: one[0])
def test_a_stage_that_takes_no_keys_is_told(stage: str, says: str, command: tuple[str, ...]) -> None:
    """A key of a mistyped stage would let nobody in, and nobody would know why."""
    ssm = FakeSSM({})
    done = run("keys", *command, "--stage", stage, outputs=OUTPUTS, ssm=ssm)
    assert done.exit_code == 1
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert ssm.parameters == {}


def test_no_more_keys_are_made_than_the_gate_reads() -> None:
    """It says so, and what to do."""
    ssm = with_keys(limits.KEYS_MAX)
    done = run("keys", "create", "--stage", "shop", "--scope", "write", outputs=OUTPUTS, ssm=ssm)
    assert done.exit_code == 1
    assert "revoke one first" in done.stderr
    assert len(ssm.parameters) == limits.KEYS_MAX


@pytest.mark.parametrize("outputs", (OUTPUTS, {}), ids=("there", "destroyed"))
def test_keys_are_listed_in_order_and_revoked_also_when_their_stack_is_gone(
    outputs: dict[str, dict[str, str]],
) -> None:
    """They outlive it, and would let in again where the stage is deployed anew."""
    ssm = with_keys(3)
    listed = run("keys", "list", "--stage", "shop", outputs=outputs, ssm=ssm)
    assert listed.exit_code == 0
    lines = listed.stdout.splitlines()
    assert [line[-7:] for line in lines] == ["label 0", "label 1", "label 2"]
    key_id = lines[1].split()[0]
    assert run("keys", "revoke", key_id, "--stage", "shop", outputs=outputs, ssm=ssm).exit_code == 0
    assert len(ssm.parameters) == 2
    again = run("keys", "revoke", key_id, "--stage", "shop", outputs=outputs, ssm=ssm)
    assert again.exit_code == 1
    assert again.stderr == f"Error: The stage shop has no key {key_id}.\n"


def test_a_stage_without_keys_says_so() -> None:
    """An empty list is told from one that failed."""
    done = run("keys", "list", "--stage", "shop", outputs=OUTPUTS, ssm=FakeSSM({}))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "The stage shop has no keys.\n"
