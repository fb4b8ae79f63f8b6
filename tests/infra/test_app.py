"""What a person sees who starts the app with a wrong setting, and without credentials."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local.setup import QUIET_JSII
from tests.infra.synthesis import CONTEXT, ROOT


def test_a_wrong_stage_is_one_line(tmp_path: Path) -> None:
    """It says what would be right, without a stack trace, and makes no template."""
    done = _run({"stage": "prod"}, tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "there is no stage 'prod'; the stages are demo, production, local, local-token, "
        "local-iam, local-api-none, local-api-iam, local-api-token\n"
    )
    assert not list(tmp_path.glob("*.template.json"))


def test_synthesis_needs_no_credentials(tmp_path: Path) -> None:
    """Nor a Region, nor an account: nothing is looked up."""
    done = _run({"stage": "production"}, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "missing" not in json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert [path.name for path in tmp_path.glob("*.template.json")] == [
        "LogsteadStack-production.template.json"
    ]


def _run(context: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the app as the CDK command line does, with no trace of AWS in the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return subprocess.run(
        [sys.executable, "-m", "infra.app"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **environment,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps({**CONTEXT, **context}),
            **QUIET_JSII,
        },
    )
