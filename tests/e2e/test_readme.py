"""Each curl command of the README, run as it stands against the deployed service."""

import itertools
import json
import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from local.service import Service
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
    """What is not followed by a reply would not be checked."""
    blocks = [block for block in markdown.fences(markdown.read("README.md")) if "curl" in block.text]
    assert [block.text for block in blocks] == [command for command, _ in _commands()]
    assert len(blocks) >= 5


@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of the README need curl")
def test_the_commands_of_the_readme_get_the_replies_that_it_shows(empty_service: Service) -> None:
    """In their order, as each builds on the one before; only what the service makes up may differ."""
    environment = os.environ | {
        "INGEST_URL": empty_service.ingest_url,
        "READ_URL": empty_service.read_url,
        "NO_PROXY": "*",
    }
    sent = "".join(command for command, _ in _commands())
    for command, shown in _commands():
        done = subprocess.run(
            ["bash", "-ec", command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert _comparable(json.loads(done.stdout), sent) == _comparable(json.loads(shown), sent), command


def _comparable(value: Any, sent: str) -> Any:
    """Return a reply without the ids, times and cursors that the service made up."""
    match value:
        case dict():
            made_up = {"nextCursor": "a cursor"} if "nextCursor" in value else {}
            return {name: _comparable(held, sent) for name, held in value.items()} | made_up
        case list():
            return [_comparable(held, sent) for held in value]
        case str() if ID.fullmatch(value) and value not in sent:
            return "an id"
        case str() if DATE_TIME.fullmatch(value):
            return value if value.startswith("2026-02-09T21:50:20.000000") else "a time"
    return value
