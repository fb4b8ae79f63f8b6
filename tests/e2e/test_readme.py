"""Each curl command of the README, run as it stands against the deployed service."""

import itertools
import json
import os
import re
import shutil
import subprocess
from http import HTTPStatus
from typing import Any

import pytest

from local.run import SAMPLES
from local.service import Service
from logstead.http import json_text
from tests.docs import markdown

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def _commands() -> list[tuple[str, str]]:
    """Return each command with the reply that the README shows after it."""
    blocks = markdown.fences(markdown.read("README.md"))
    return [
        (command.text, reply.text)
        for command, reply in itertools.pairwise(blocks)
        if command.language == "sh" and reply.language == "json"
    ]


def test_every_curl_command_of_the_readme_is_followed_by_its_reply() -> None:
    """What is not followed by a reply would not be checked; the signed call alone needs a real account."""
    fences = markdown.fences(markdown.read("README.md"))
    blocks = [block for block in fences if "curl" in block.text and "--aws-sigv4" not in block.text]
    assert [block.text for block in blocks] == [command for command, _ in _commands()]
    assert len(blocks) >= 5


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of the README need curl")
def test_the_commands_of_the_readme_get_the_replies_that_it_shows(empty_service: Service) -> None:
    """In their order, as each builds on the one before, after `make run`; what is made up may differ."""
    for sample in SAMPLES:
        assert empty_service.post(sample).status == HTTPStatus.CREATED
    environment = os.environ | {
        "INGEST_URL": empty_service.ingest_url,
        "READ_URL": empty_service.read_url,
        "NO_PROXY": "*",
    }
    sent = "".join(command for command, _ in _commands())
    for command, shown in _commands():
        done = subprocess.run(
            ["sh", "-ec", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert _matches(json.loads(shown), json.loads(done.stdout), sent), f"{command}\n{done.stdout}"
        for text in (shown, done.stdout):
            assert text.strip() == json_text(json.loads(text)), "a reply has no white space"


def _matches(shown: Any, got: Any, sent: str) -> bool:
    """Tell whether a reply is the one shown; "…" stands for any text, and what was not sent may differ."""
    match shown:
        case dict():
            return (
                isinstance(got, dict)
                and shown.keys() == got.keys()
                and all(_matches(value, got[name], sent) for name, value in shown.items())
            )
        case list():
            return (
                isinstance(got, list)
                and len(shown) == len(got)
                and all(_matches(one, other, sent) for one, other in zip(shown, got, strict=True))
            )
        case "…":
            return isinstance(got, str) and got != ""
        case str() if ID.fullmatch(shown) and shown not in sent:
            return isinstance(got, str) and ID.fullmatch(got) is not None
        case str() if DATE_TIME.fullmatch(shown) and not shown.endswith(".000000+00:00"):
            return isinstance(got, str) and DATE_TIME.fullmatch(got) is not None
    return bool(shown == got)
