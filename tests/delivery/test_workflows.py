"""The workflows: least rights, pinned actions, no injection, and a comment that is updated."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.diff_comment import MARKER
from infra.stages import STAGES
from tests.docs import markdown

FOLDER = markdown.ROOT / ".github" / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))
PRODUCTION = STAGES["production"].stack_name


def _text(name: str) -> str:
    return (FOLDER / f"{name}.yml").read_text(encoding="utf-8")


def _workflow(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load(_text(name))
    assert isinstance(loaded, dict)
    return loaded


def _jobs() -> list[tuple[str, str, dict[str, Any]]]:
    return [(name, key, job) for name in NAMES for key, job in _workflow(name)["jobs"].items()]


def _steps() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{name}/{key}", step) for name, key, job in _jobs() for step in job.get("steps", [])]


def test_zizmor_finds_nothing() -> None:
    """Its offline audits, those of its strictest persona for everyday use included."""
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent)) or shutil.which("zizmor")
    assert zizmor, "zizmor is one of requirements-dev.txt"
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--persona=pedantic", str(FOLDER.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_by_a_commit_and_says_its_version() -> None:
    """A tag can be moved to other code, a commit can't."""
    for name in NAMES:
        for line in _text(name).splitlines():
            if "uses:" in line and "$/.github/workflows/" not in line:
                assert re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_version_of_an_action_is_used_everywhere() -> None:
    """Two pins of one action would drift apart."""
    pins = {step["uses"] for _, step in _steps() if "uses" in step}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_grants_nothing_and_its_jobs_what_they_say(name: str) -> None:
    """No job has rights by default."""
    assert _workflow(name)["permissions"] == {}
    for job in _workflow(name)["jobs"].values():
        assert "permissions" in job
        assert "uses" in job or "timeout-minutes" in job


def test_only_two_jobs_may_take_a_role_and_neither_may_write_to_github() -> None:
    """The diff's job reads a template and runs no code of the repository; the other one deploys."""
    with_role = {f"{name}/{key}": job for name, key, job in _jobs() if "id-token" in job["permissions"]}
    assert set(with_role) == {"ci/deployed", "deploy/production"}
    assert with_role["ci/deployed"]["permissions"] == {"id-token": "write"}
    assert with_role["deploy/production"]["permissions"] == {"id-token": "write", "contents": "read"}
    assert not any("checkout" in step.get("uses", "") for step in with_role["ci/deployed"]["steps"])


def test_only_the_comment_s_job_may_write_to_github() -> None:
    """And it has no role."""
    writers = {
        f"{name}/{key}": job["permissions"]
        for name, key, job in _jobs()
        if any(right == "write" and what != "id-token" for what, right in job["permissions"].items())
    }
    assert writers == {"ci/comment": {"contents": "read", "pull-requests": "write"}}


def test_the_roles_of_the_diff_and_of_the_deployment_are_two() -> None:
    """By variables, as there is no secret in a role's name; and no key is stored."""
    roles = {
        where: step["with"]["role-to-assume"]
        for where, step in _steps()
        if "configure-aws-credentials" in step.get("uses", "")
    }
    assert roles == {
        "ci/deployed": "${{ vars.AWS_DIFF_ROLE_ARN }}",
        "deploy/production": "${{ vars.AWS_DEPLOY_ROLE_ARN }}",
    }
    for name in NAMES:
        assert "secrets." not in _text(name)
        assert "aws-access-key-id" not in _text(name)


def test_no_expression_stands_in_a_script() -> None:
    """What a pull request can choose would become code there; through the environment it stays data."""
    for where, step in _steps():
        for script in (step.get("run", ""), step.get("with", {}).get("script", "")):
            assert "${{" not in script, where


def test_no_checkout_leaves_its_token_behind() -> None:
    """A later step could read it from the disk."""
    for where, step in _steps():
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False, where


def test_a_pull_request_is_judged_by_main_s_own_code() -> None:
    """The jobs that compare and comment check out the base, never the pull request."""
    jobs = _workflow("ci")["jobs"]
    for key in ("diff", "comment"):
        (checkout,) = (step for step in jobs[key]["steps"] if "checkout" in step.get("uses", ""))
        assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_forks_get_no_role() -> None:
    """Without the deployed template there is no diff, and without a diff no comment."""
    jobs = _workflow("ci")["jobs"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in jobs["deployed"]["if"]
    assert "needs.deployed.result == 'success'" in jobs["diff"]["if"]
    assert jobs["comment"]["needs"] == "diff"
    assert "skipped" not in jobs["comment"]["if"]


def test_every_cdk_command_names_the_production_stage() -> None:
    """A bare one would be the demo stage, with open endpoints."""
    lines = [
        line
        for _, step in _steps()
        for line in step.get("run", "").replace("\\\n", " ").splitlines()
        if re.search(r"\bcdk (synth|diff|deploy|destroy)\b", line)
    ]
    assert len(lines) == 3
    for line in lines:
        assert "-c stage=production" in line or f"cdk diff {PRODUCTION} --app templates" in line
    assert f"--stack-name {PRODUCTION} " in _text("ci")
    assert f"templates/{PRODUCTION}.template.json" in _text("ci")


def test_main_is_deployed_one_at_a_time_after_the_same_checks() -> None:
    """Of a push to main alone, in the environment that may demand a reviewer."""
    workflow = _workflow("deploy")
    triggers: dict[Any, Any] = workflow
    assert triggers[True] == {"push": {"branches": ["main"]}}  # YAML 1.1 reads `on` as true
    job = workflow["jobs"]["production"]
    assert job["needs"] == "checks"
    assert job["environment"] == "production"
    assert job["concurrency"] == {"group": "deploy-production", "cancel-in-progress": False}
    assert workflow["jobs"]["checks"] == _workflow("ci")["jobs"]["checks"]


def test_the_documentation_names_every_job_and_every_variable() -> None:
    """docs/delivery.md is what somebody sets the repository up by."""
    page = markdown.read("docs/delivery.md")
    for name, key, _ in _jobs():
        assert f"`{key}`" in page, f"{name}/{key}"
    for variable in {found for name in NAMES for found in re.findall(r"vars\.(\w+)", _text(name))}:
        assert f"`{variable}`" in page


HARNESS = """
const comments = JSON.parse(process.argv[1]);
const calls = [];
const github = {
  paginate: async () => comments,
  rest: { issues: {
    listComments: null,
    createComment: async (given) => { calls.push(['create', given]); },
    updateComment: async (given) => { calls.push(['update', given]); },
  } },
};
const context = { repo: { owner: 'o', repo: 'r' }, issue: { number: 7 } };
const script = require('fs').readFileSync('script.js', 'utf8');
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
new AsyncFunction('github', 'context', 'require', script)(github, context, require)
  .then(() => console.log(JSON.stringify(calls)));
"""
OURS = {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\n\nold"}
FORGED = {"id": 1, "user": {"login": "somebody"}, "body": f"{MARKER}\n\nforged"}
OTHER = {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"a lint report\n{MARKER}"}
NO_USER = {"id": 4, "user": None, "body": None}


@pytest.mark.parametrize(
    ("standing", "expected"),
    (
        ([], ["create", {"owner": "o", "repo": "r", "issue_number": 7}]),
        ([FORGED, OTHER, NO_USER], ["create", {"owner": "o", "repo": "r", "issue_number": 7}]),
        ([FORGED, OTHER, OURS], ["update", {"owner": "o", "repo": "r", "comment_id": 3}]),
    ),
)
def test_the_comment_is_made_once_and_then_updated(
    tmp_path: Path, standing: list[dict[str, Any]], expected: list[Any]
) -> None:
    """The workflow's own script, run by Node: nobody else's comment is taken for ours."""
    (script,) = (step["with"]["script"] for _, step in _steps() if "script" in step.get("with", {}))
    body = f"{MARKER}\n\nnew `${{x}}` $(id)"
    (tmp_path / "script.js").write_text(script)
    (tmp_path / "comment.md").write_text(body)
    done = subprocess.run(
        ["node", "-e", HARNESS, json.dumps(standing)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    action, where = expected
    assert json.loads(done.stdout) == [[action, {**where, "body": body}]]


@pytest.mark.parametrize(
    ("aws", "expected"),
    (
        ("echo '{\"Resources\": {}}'", {"Resources": {}}),
        ("echo 'Stack with id LogsteadStack-production does not exist' >&2; exit 254", {}),
        ("echo 'AccessDenied: not authorized' >&2; exit 254", None),
    ),
    ids=("deployed", "not yet deployed", "refused"),
)
def test_only_a_missing_stack_counts_as_an_empty_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: str, expected: dict[str, Any] | None
) -> None:
    """The workflow's own step: a refusal must not read as "nothing is deployed, so nothing is destroyed"."""
    (step,) = (step for _, step in _steps() if "get-template" in step.get("run", ""))
    stub = tmp_path / "aws"
    stub.write_text(f"#!/bin/sh\n{aws}\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode == 0) is (expected is not None)
    if expected is not None:
        assert json.loads((tmp_path / "deployed.json").read_text()) == expected
