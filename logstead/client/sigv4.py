"""Signed requests for a stage with auth mode `iam`, by botocore's own signer."""

import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

_TIMEOUT_S: Final = 30


def signed_request(
    method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None, *, session: Any = None
) -> urllib.request.Request:
    """Return a request to a stage, signed with the session's credentials for its region.

    `url` is one of the stack's outputs, with path and query as wanted. The service name in the
    signature follows from the host: `lambda` for Function URLs, `execute-api` behind API Gateway.

    Raises:
        ValueError: the session has no credentials or no region.
    """
    session = session or botocore.session.get_session()
    credentials, region = session.get_credentials(), session.get_config_variable("region")
    if credentials is None or region is None:
        raise ValueError("set up AWS credentials and a region first")
    host = urlsplit(url).hostname or ""
    service = "execute-api" if "execute-api" in host.split(".") else "lambda"
    request = AWSRequest(method, url, data=body, headers=headers or {})
    SigV4Auth(credentials.get_frozen_credentials(), service, region).add_auth(request)
    return urllib.request.Request(  # noqa: S310  # the caller's own URL
        url, data=body or None, headers=dict(request.headers.items()), method=method
    )


def send(request: urllib.request.Request) -> bytes:
    """Send a signed request and return the reply's body.

    Raises:
        urllib.error.HTTPError: the status is an error; its body is the problem.
    """
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310  # as signed_request
        return bytes(reply.read())
