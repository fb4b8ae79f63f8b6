import secrets
import subprocess
from pathlib import Path

import pytest

from delivery.secret_scan import find_secrets, main
from logstead.access.keys import make_key

SECRETS = {
    "AWS access key": "key = AKIA" + "Q7" * 8,
    "AWS secret key": "aws_secret_access_key = " + "aB3/" * 10,
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "GitHub token": "token: ghp_" + "a1" * 18,
    "Slack token": "xoxb-" + "1234567890-abc",
    "PyPI or npm token": "npm_" + "aZ" * 18,
    "Logstead access key": make_key(("write",), "", "")[0],
    "JSON web token": "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 20,
}
"""Kind -> a line that has one, put together so that this file has none."""


@pytest.mark.parametrize("kind", SECRETS)
def test_a_credential_is_found_by_its_kind(kind: str) -> None:
    """On its line."""
    assert list(find_secrets(f"first\n{SECRETS[kind]}\n")) == [(2, kind)]


@pytest.mark.parametrize(
    "line",
    (
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sha256:" + "0a" * 32,
        "uses: actions/checkout@" + "a" * 40,
        "lsk_<id>_<secret>",
    ),
)
def test_what_only_looks_like_one_is_let_through(line: str) -> None:
    """AWS's own examples, hashes and placeholders."""
    assert list(find_secrets(line)) == []


def test_the_repository_has_none() -> None:
    """Every file that git tracks."""
    assert main() == 0


def test_a_finding_names_the_place_and_never_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log of a workflow is public."""
    secret = secrets.token_hex(18)
    (tmp_path / "settings.py").write_text(f"TOKEN = 'ghp_{secret}'\n")
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert main() == 1
    printed = capsys.readouterr().out
    assert printed == "settings.py:1: GitHub token\n"
