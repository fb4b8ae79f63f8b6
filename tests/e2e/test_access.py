"""Who gets in, in each auth mode and behind both edges; nothing reaches the table without the right to."""

import base64
import gzip
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner

from local.deploy import Cdk
from local.emulator import REGION, Emulator, client_environment
from local.service import Reply, Service, request
from logstead import limits
from logstead.cli.main import main
from logstead.client.sigv4 import signed_request
from tests.e2e.waiting import wait_for

APP = "python3 -m tests.e2e.variants_app"
ZIPPED = {"accept": "application/json", "accept-encoding": "gzip"}
ORIGIN = "https://logs.example.com"
ENTRY = {"severity": "info", "message": "m"}
REVOKED_WITHIN_S = 60
EDGES = {"function-url": "local", "api-gateway": "local-api"}
"""Edge -> how its local stages' names begin."""

Services = Mapping[str, Service]


@dataclass(frozen=True, slots=True)
class Keys:
    """The access keys of one stage, as the command line made them; `revoked` since `revoked_at_s`."""

    writer: str
    reader: str
    revoked: str
    revoked_at_s: float


@dataclass(frozen=True, slots=True)
class Users:
    """Sessions of made users of one stage."""

    nobody: Any
    writer: Any
    reader: Any


@pytest.fixture(scope="session")
def services(emulator: Emulator, service: Service) -> Services:
    """Return every local stage by its name, each deployed by the real `cdk deploy`."""
    cdk = Cdk(emulator, "variants", app=APP)
    deployed = {"local": service}
    for stack_name, one in cdk.deploy_stages().items():
        deployed[stack_name.partition("-")[2]] = one
    return deployed


@pytest.fixture(scope="session")
def all_keys(services: Services) -> Mapping[str, Keys]:
    """Return each edge's keys; a third one is used and then revoked, so that its time runs meanwhile."""
    keys = {}
    for edge, prefix in EDGES.items():
        stage = f"{prefix}-token"
        revoked = _cli(services[stage], "keys", "create", "--scope", "write")
        assert _post(services[stage], _bearer(revoked)).status == 201
        _cli(services[stage], "keys", "revoke", revoked.split("_")[1])
        keys[edge] = Keys(
            writer=_cli(services[stage], "keys", "create", "--scope", "write", "--label", "agents"),
            reader=_cli(services[stage], "keys", "create", "--scope", "read"),
            revoked=revoked,
            revoked_at_s=time.monotonic(),
        )
    for edge, prefix in EDGES.items():
        _wait_until_known(services[f"{prefix}-token"], keys[edge])
        services[f"{prefix}-token"].empty_table()
    return keys


@pytest.fixture(scope="session")
def all_users(services: Services) -> Iterator[Mapping[str, Users]]:
    """Return each edge's users: without a right, with the stack's writer policy, and with its reader's."""
    iam = services["local"].client("iam")
    made: list[tuple[str, str | None]] = []

    def make(policy_arn: str | None) -> Any:
        name = f"caller-{uuid.uuid4()}"
        iam.create_user(UserName=name)
        if policy_arn is not None:
            iam.attach_user_policy(UserName=name, PolicyArn=policy_arn)
        made.append((name, policy_arn))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return _session(key["AccessKeyId"], key["SecretAccessKey"])

    users = {}
    for edge, prefix in EDGES.items():
        outputs = services[f"{prefix}-iam"].outputs
        users[edge] = Users(make(None), make(outputs["WriterPolicyArn"]), make(outputs["ReaderPolicyArn"]))
    yield users
    for name, policy_arn in made:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        if policy_arn is not None:
            iam.detach_user_policy(UserName=name, PolicyArn=policy_arn)
        iam.delete_user(UserName=name)


@pytest.mark.parametrize("stage", ("local", "local-api-none"))
def test_the_same_requests_get_the_same_answers_behind_both_edges(services: Services, stage: str) -> None:
    """One entry, a zipped batch, an agent's protocol, reads by page and id, a zipped reply, refusals."""
    service = services[stage]
    service.empty_table()
    posted = service.post(ENTRY)
    assert posted.status == 201, posted
    lines = b"".join(json.dumps({**ENTRY, "message": f"line {n} " * 20}).encode() + b"\n" for n in range(30))
    zipped = {"content-type": "application/x-ndjson", "content-encoding": "gzip"}
    assert service.post(gzip.compress(lines), headers=zipped).status in {200, 201}
    otlp = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "from an agent"}}]}]}]}
    assert service.post(otlp, "v1/logs").status == 200
    page = wait_for(lambda: service.get(headers=ZIPPED), _has(32), 10)
    assert (page.status, page.headers["content-encoding"]) == (200, "gzip")
    assert page.json()["count"] == 32
    assert service.get(posted.json()["id"]).json() == posted.json()
    head = request("HEAD", service.read_url)
    assert (head.status, head.body) == (200, b"")
    assert service.get("nothing-here").status == 404
    assert service.post(b"{").status == 400
    assert request("GET", service.ingest_url + "ready").status == 200
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("edge", EDGES)
def test_without_a_key_that_may_nothing_is_written_or_read(
    services: Services, all_keys: Mapping[str, Keys], edge: str
) -> None:
    """No key, a wrong one and one in the query string are 401, and say how; a wrong scope is 403."""
    service, keys = services[f"{EDGES[edge]}-token"], all_keys[edge]
    service.empty_table()
    wrong = "lsk_00000000_" + "A" * 43
    for headers in ({}, _bearer(wrong), _bearer(keys.writer + "x"), _basic(""), {"authorization": "Bearer"}):
        for reply in (_post(service, headers), service.get(headers=headers)):
            assert reply.status == 401, (headers, reply)
            assert "Bearer" in reply.headers["www-authenticate"]
            assert reply.json()["type"] == "urn:logstead:problem:unauthorized"
    for refused in (service.post(ENTRY, f"?key={keys.writer}"), service.get(token=keys.reader)):
        assert refused.status == 401
    for reply in (_post(service, _bearer(keys.reader)), service.get(headers=_bearer(keys.writer))):
        assert (reply.status, reply.json()["type"]) == (403, "urn:logstead:problem:forbidden")
    assert service.items() == []


@pytest.mark.parametrize("edge", EDGES)
def test_the_right_key_is_taken_in_every_form_that_agents_send(
    services: Services, all_keys: Mapping[str, Keys], edge: str
) -> None:
    """Bearer, Basic's password, ApiKey plain and Elasticsearch's, and Firehose's header."""
    service, keys = services[f"{EDGES[edge]}-token"], all_keys[edge]
    service.empty_table()
    forms = (
        _bearer(keys.writer),
        _basic(keys.writer),
        {"authorization": f"ApiKey {keys.writer}"},
        {"authorization": "ApiKey " + base64.b64encode(f"id:{keys.writer}".encode()).decode()},
        {"x-amz-firehose-access-key": keys.writer},
    )
    for headers in forms:
        assert _post(service, headers).status == 201, headers
    read = wait_for(lambda: service.get(headers=_bearer(keys.reader)), _has(len(forms)), 10)
    assert read.json()["count"] == len(forms)


@pytest.mark.parametrize("edge", EDGES)
def test_without_a_signature_that_may_nothing_is_written_or_read(
    services: Services, all_users: Mapping[str, Users], edge: str
) -> None:
    """Unsigned, by a key that nobody has, by a user without a right, and by one with the other right."""
    service, users = services[f"{EDGES[edge]}-iam"], all_users[edge]
    service.empty_table()
    unknown = _session("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert _post(service, {}).status == 403
    assert service.get().status == 403
    for session in (unknown, users.nobody, users.reader):
        assert _signed(session, "POST", service.ingest_url).status == 403
    for session in (unknown, users.nobody, users.writer):
        assert _signed(session, "GET", service.read_url).status == 403
    assert service.items() == []


@pytest.mark.parametrize("stage", ("local-token", "local-api-token", "local-iam", "local-api-iam"))
def test_a_browser_s_preflight_needs_no_key_and_reaches_no_function(services: Services, stage: str) -> None:
    """A browser sends it without one; what follows is refused without a key all the same."""
    asks = {"origin": ORIGIN, "access-control-request-method": "POST"}
    reply = request("OPTIONS", services[stage].ingest_url, headers=asks)
    assert reply.status in {200, 204}, reply
    assert _post(services[stage], {"origin": ORIGIN}).status in {401, 403}


@pytest.mark.parametrize("edge", EDGES)
def test_a_page_may_read_replies_if_its_origin_is_named(
    services: Services, all_keys: Mapping[str, Keys], edge: str
) -> None:
    """By its exact name; a refusal too, so that the page can tell what is wrong."""
    service, key = services[f"{EDGES[edge]}-token"], all_keys[edge].reader
    for headers in (_bearer(key), {}):
        named = service.get(headers={**headers, "origin": ORIGIN})
        assert named.headers["access-control-allow-origin"] == ORIGIN
        other = service.get(headers={**headers, "origin": "https://logs.example.com.evil"})
        assert "access-control-allow-origin" not in other.headers
        assert "access-control-allow-credentials" not in named.headers


@pytest.mark.parametrize("edge", EDGES)
def test_a_user_with_the_stack_s_policy_may_do_what_it_says(
    services: Services, all_users: Mapping[str, Users], edge: str
) -> None:
    """Attached to a user, as it would be to a role."""
    service, users = services[f"{EDGES[edge]}-iam"], all_users[edge]
    service.empty_table()
    posted = _signed(users.writer, "POST", service.ingest_url)
    assert posted.status == 201, posted
    assert _signed(users.writer, "POST", service.ingest_url + "v1/logs", b"{}").status == 200
    read = wait_for(lambda: _signed(users.reader, "GET", service.read_url), _has(1), 10)
    assert read.json()["logs"] == [posted.json()]
    assert _signed(users.reader, "GET", service.read_url + posted.json()["id"]).status == 200


@pytest.mark.parametrize("edge", EDGES)
def test_a_revoked_key_stops_working_within_a_minute(
    services: Services, all_keys: Mapping[str, Keys], edge: str
) -> None:
    """Without a deploy, and though the function has seen it at work."""
    service, keys = services[f"{EDGES[edge]}-token"], all_keys[edge]
    left_s = keys.revoked_at_s + REVOKED_WITHIN_S - time.monotonic()
    reply = wait_for(lambda: _post(service, _bearer(keys.revoked)), lambda one: one.status == 401, left_s)
    assert reply.status == 401
    service.empty_table()
    assert _post(service, _bearer(keys.revoked)).status == 401
    assert service.items() == []


@pytest.mark.parametrize("stage", ("local", "local-iam", "local-tokens"))
def test_no_key_is_made_for_a_stage_that_takes_none(services: Services, stage: str) -> None:
    """Of another mode, or mistyped; the stack tells."""
    service = services["local"]
    arguments = ["keys", "create", "--scope", "write", "--stage", stage]
    done = CliRunner().invoke(main, arguments, env=client_environment(service.endpoint_url))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    path = {"Path": "/logstead", "Recursive": True}
    stored = service.client("ssm").get_paginator("get_parameters_by_path").paginate(**path)
    assert not [one["Name"] for page in stored for one in page["Parameters"] if f"/{stage}/" in one["Name"]]


def _wait_until_known(service: Service, keys: Keys) -> None:
    """Let each function learn of the new keys, which it looks for again after some seconds at the most."""
    for look in (
        lambda: _post(service, _bearer(keys.reader)).status,
        lambda: service.get(headers=_bearer(keys.writer)).status,
    ):
        assert wait_for(look, lambda status: status == 403, 2 * limits.KEYS_FRESH_S) == 403


def _post(service: Service, headers: Mapping[str, str]) -> Reply:
    return service.post(ENTRY, headers=headers)


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"agent:{password}".encode()).decode()}


def _has(count: int) -> Callable[[Reply], bool]:
    return lambda reply: reply.status != 200 or reply.json()["count"] >= count


def _session(key_id: str, secret: str) -> Any:
    session = botocore.session.Session(
        session_vars={"config_file": (None, None, os.devnull, None), "profile": (None, None, None, None)}
    )
    session.set_credentials(key_id, secret)
    session.set_config_variable("region", REGION)
    return session


def _signed(session: Any, method: str, url: str, body: bytes | None = None) -> Reply:
    if body is None:
        body = json.dumps(ENTRY).encode() if method == "POST" else b""
    headers = {"content-type": "application/json"} if method == "POST" else {}
    signed = signed_request(method, url, body, headers, session=session)
    return request(method, url, body=body or None, headers=dict(signed.header_items()))


def _cli(service: Service, *arguments: str) -> str:
    """Run a command of the stage's owner and return the last line that it printed."""
    stage = service.stack_name.partition("-")[2]
    environment = client_environment(service.endpoint_url)
    done = CliRunner().invoke(main, [*arguments, "--stage", stage], env=environment)
    assert done.exit_code == 0, done.output
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
