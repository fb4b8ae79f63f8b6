"""How the CDK is called: which URLs come out, and which settings of the caller go in."""

from pathlib import Path

import pytest

from local.deploy import cdk_environment, local_url
from local.emulator import Emulator

ENDPOINT = "http://127.0.0.1:4567"


def test_a_function_url_becomes_the_emulator_s_path() -> None:
    """AWS's host name does not lead to this machine."""
    url = "https://uxl4vcs5esy6ulr28ot1lvc7kirlcpuz.lambda-url.us-east-1.on.aws/"
    assert local_url(url, ENDPOINT) == f"{ENDPOINT}/_aws/lambda-url/uxl4vcs5esy6ulr28ot1lvc7kirlcpuz/"


@pytest.mark.parametrize("text", ("LogTable", "https://example.com/", ""))
def test_any_other_output_stays_as_it_is(text: str) -> None:
    """Only function URLs are rewritten."""
    assert local_url(text, ENDPOINT) == text


def test_no_real_account_can_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's profile, keys, files and CDK settings are replaced, whichever they are."""
    names = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_S3", "CDK_OUTDIR")
    for name in (*names, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "of the caller")
    environment = cdk_environment(Emulator(tmp_path))
    assert "of the caller" not in environment.values()
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_settings_that_downloads_need_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app bundles with pip, which may need a proxy; the emulator is reached without one."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environment = cdk_environment(Emulator(tmp_path))
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "127.0.0.1" in environment["NO_PROXY"].split(",")
