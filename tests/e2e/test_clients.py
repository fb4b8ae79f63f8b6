"""Clients that teams run already, unchanged, against what `cdk deploy` made."""

import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import elasticsearch
import elasticsearch.helpers
import logging_loki  # type: ignore[import-untyped]
import opensearchpy
import opensearchpy.helpers
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from local.deploy import Cdk
from local.emulator import Emulator
from local.service import Service
from logstead.access.keys import encode_key, make_key
from tests.e2e.lossy_proxy import LossyProxy

WINSTON: Final = Path(__file__).with_name("winston_client.js")
WINSTON_TIMEOUT_S: Final = 60
MESSAGES: Final = [f"line {n} of a client" for n in range(60)]
FIRST_NS: Final = 1_770_638_400_000_000_000
"""2026-02-09T12:00:00Z; each message is a millisecond after the one before."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A deployed stage and the keys to it; empty where it asks for none."""

    service: Service
    write_key: str = ""
    read_key: str = ""

    def read_back(self) -> list[dict[str, Any]]:
        """Return all entries, in one page."""
        reply = self.service.get(headers=_bearer(self.read_key), limit=1_000)
        assert reply.status == 200, reply
        page = reply.json()
        assert "nextCursor" not in page
        entries: list[dict[str, Any]] = page["logs"]
        return entries


@pytest.fixture(scope="module", params=("none", "token"))
def stage(request: pytest.FixtureRequest, emulator: Emulator) -> Stage:
    """Return the stage `local`, and the same in mode `token`."""
    if request.param == "none":
        return Stage(request.getfixturevalue("service"))
    service = Cdk(emulator, "local-token").deploy()
    _let_read_keys(service)
    return Stage(service, _made_key(service, "write"), _made_key(service, "read"))


def _let_read_keys(service: Service) -> None:
    """Widen the roles for the emulator, which checks GetParametersByPath against `*`, not the path as AWS."""
    statement = {"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for prefix in ("Ingest", "Read"):
        role = service.function(prefix)["Role"].rpartition("/")[2]
        service.client("iam").put_role_policy(RoleName=role, PolicyName="keys", PolicyDocument=policy)


def _made_key(service: Service, scope: str) -> str:
    """Make a key as `logstead keys create` does."""
    key, stored = make_key((scope,), f"test-{scope}", datetime.now(UTC).isoformat(timespec="seconds"))
    path = service.function("Ingest")["Environment"]["Variables"]["ACCESS_KEYS_PATH"]
    service.client("ssm").put_parameter(
        Name=f"{path}/{stored.key_id}", Value=encode_key(stored), Type="String"
    )
    return key


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


@pytest.fixture(autouse=True)
def _past_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the clients from a proxy that the environment names."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


def opentelemetry(url: str, key: str) -> None:
    """Log by OpenTelemetry's own SDK; its exporter sends protobuf, and retries a 503."""
    exporter = OTLPLogExporter(f"{url}/v1/logs", headers=_bearer(key))
    provider = LoggerProvider(Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("orders")
    for n, message in enumerate(MESSAGES):
        number = SeverityNumber.WARN if n % 2 else SeverityNumber.ERROR
        logger.emit(LogRecord(timestamp=FIRST_NS + n * 1_000_000, severity_number=number, body=message))
    assert provider.force_flush()
    provider.shutdown()


def python_logging_loki(url: str, key: str) -> None:
    """Log by Python's logging; the handler posts each record by itself, and never retries."""
    auth = ("logstead", key) if key else None
    handler = logging_loki.LokiHandler(
        f"{url}/loki/api/v1/push", tags={"app": "shop"}, auth=auth, version="1"
    )
    logger = logging.getLogger("python-logging-loki")
    logger.propagate = False
    logger.addHandler(handler)
    for n, message in enumerate(MESSAGES):
        logger.log(logging.WARNING if n % 2 else logging.ERROR, message)
    logger.removeHandler(handler)
    handler.close()
    handler.emitter.close()


def _documents() -> Iterator[dict[str, Any]]:
    for n, message in enumerate(MESSAGES):
        time_ms = FIRST_NS // 1_000_000 + n
        level = "warning" if n % 2 else "error"
        yield {"_index": "shop", "@timestamp": time_ms, "level": level, "message": message}


def elasticsearch_bulk(url: str, key: str) -> None:
    """Use Elasticsearch's bulk helper; its transport sends a chunk again after a 503."""
    with elasticsearch.Elasticsearch(f"{url}/es", api_key=key or None) as client:
        assert client.info()["version"]["number"]
        assert elasticsearch.helpers.bulk(client, _documents(), chunk_size=40) == (len(MESSAGES), [])


def opensearch_bulk(url: str, key: str) -> None:
    """Use OpenSearch's bulk helper; its transport sends a chunk again after a 503."""
    auth = ("logstead", key) if key else None
    client = opensearchpy.OpenSearch([f"{url}/es"], http_auth=auth)
    assert client.ping()
    assert opensearchpy.helpers.bulk(client, _documents(), chunk_size=40) == (len(MESSAGES), [])
    client.close()


def winston_loki(url: str, key: str, encoding: str) -> None:
    """Log by winston on Node.js; the transport keeps a batch that failed and sends it again."""
    command = ["node", str(WINSTON), url, encoding, *([f"logstead:{key}"] if key else [])]
    done = subprocess.run(
        command,
        input=json.dumps(MESSAGES),
        capture_output=True,
        text=True,
        timeout=WINSTON_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and how many of its first writes lose their reply: none where it does not retry."""

    log: Callable[[str, str], None]
    loses: int = 1


CLIENTS: Final = {
    "OpenTelemetry": Client(opentelemetry),
    "python-logging-loki": Client(python_logging_loki, loses=0),
    "elasticsearch": Client(elasticsearch_bulk),
    "opensearch-py": Client(opensearch_bulk),
    "winston-loki, JSON": Client(partial(winston_loki, encoding="json")),
    "winston-loki, protobuf": Client(partial(winston_loki, encoding="protobuf")),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_all_that_a_client_sent_is_read_back_once_though_it_was_sent_again(stage: Stage, name: str) -> None:
    """The client meets a reply lost after the write, and the network delivers all of it a second time."""
    stage.service.empty_table()
    client = CLIENTS[name]
    with LossyProxy(stage.service.ingest_url, client.loses) as proxy:
        client.log(proxy.url, stage.write_key)
        bodies = [sent.body for sent in proxy.sent]
        assert len(bodies) - len(set(bodies)) == client.loses, "the client sent the same bytes again"
        repeated = proxy.repeat()
    assert {reply.status for reply in repeated} <= {200, 204}, repeated[0]
    entries = stage.read_back()
    assert sorted(entry["message"] for entry in entries) == sorted(MESSAGES)
    assert {(entry["source"], entry["severity"]) for entry in entries} == {
        ("shop", "warning"),
        ("shop", "error"),
    }


def test_mode_token_lets_nobody_in_without_a_key(stage: Stage) -> None:
    """So that the clients above came in by their keys."""
    asks = bool(stage.write_key)
    for path in ("v1/logs", "loki/api/v1/push", "es/_bulk"):
        assert (stage.service.post(b"", path).status == 401) is asks, path
    assert (stage.service.get().status == 401) is asks
