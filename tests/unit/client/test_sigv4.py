"""Signed requests: for whom a signature is, by the address alone."""

import re

import botocore.session
import pytest

from logstead.client.sigv4 import signed_request


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> botocore.session.Session:
    """Return a session with made-up credentials."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    made = botocore.session.Session()
    made.set_credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    made.set_config_variable("region", "us-east-1")
    return made


@pytest.mark.parametrize(
    ("url", "signed_for"),
    (
        ("https://abc.lambda-url.us-east-1.on.aws/", "lambda"),
        ("https://abc.lambda-url.us-east-1.on.aws/?q=execute-api", "lambda"),
        ("https://abc.lambda-url.us-east-1.on.aws/?q=https://a.execute-api.us-east-1.aws.com", "lambda"),
        ("https://abc.lambda-url.us-east-1.on.aws/execute-api", "lambda"),
        ("https://execute-api@abc.lambda-url.us-east-1.on.aws/", "lambda"),
        ("https://abc.execute-api.us-east-1.amazonaws.com/live/", "execute-api"),
        ("https://ABC.Execute-API.us-east-1.amazonaws.com/live/?q=lambda-url", "execute-api"),
        ("https://vpce-1.execute-api.us-east-1.vpce.amazonaws.com/live/", "execute-api"),
    ),
)
def test_the_host_tells_which_service_a_signature_is_for(
    url: str, signed_for: str, session: botocore.session.Session
) -> None:
    """What else stands in a URL, such as a searched text, makes no other signature."""
    signed = signed_request("GET", url, session=session)
    header = signed.get_header("Authorization") or ""
    (scope,) = re.findall(r"/us-east-1/([a-z-]+)/aws4_request", header)
    assert scope == signed_for
