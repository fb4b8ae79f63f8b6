import gzip
import json
from collections.abc import Collection, Mapping
from typing import Any

import elasticsearch.helpers
import opensearchpy
import opensearchpy.helpers
import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders, NodeConfig
from elastic_transport._models import DefaultType
from elastic_transport._models import HttpHeaders as Headers
from elastic_transport._node._base import NodeApiResponse

from logstead import limits
from logstead.errors import BodyTooLarge, FieldProblem, MalformedBody, StorageUnavailable, Unauthorized
from logstead.http import Response
from logstead.ingest import elasticsearch as es
from logstead.ingest import elasticsearch_probes as probes
from logstead.ingest.batch import Outcome, Refusal
from tests.unit.ingest.agent_service import RECEIPT, AgentService, entries_of, entry_of, request, settle
from tests.unit.service import Service, make_event

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
DOCUMENT = {
    "@timestamp": "2026-02-09T12:00:00.123Z",
    "message": "disk is full",
    "level": "error",
    "host": "a",
}


def bulk(*lines: object) -> bytes:
    """Return a bulk body of action and document lines."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def decode(body: bytes, path: str = "/es/_bulk", **headers: str) -> es.BulkBatch:
    """Decode a bulk request."""
    return es.decode(request(path, body, headers=headers), RECEIPT)


def test_a_bulk_path_takes_no_other_method() -> None:
    """As every path of another protocol says."""
    reply = Service().post_event(make_event("GET", "/es/shop/_bulk"))
    assert (reply.status, reply.headers["allow"]) == (405, "POST, PUT")


def test_a_document_is_one_entry_however_often_its_id_is_sent() -> None:
    """An `_id` that is no UUID makes the entry's, with its index: clients set it so that retries are safe."""
    app = Service()
    changed = {**DOCUMENT, "state": "paid"}
    items = [({"_index": index, "_id": "order-1"}, DOCUMENT) for index in ("shop", "shop", "bank")]
    items.append(({"_index": "shop", "_id": "order-1"}, changed))
    for group in (items[:1], items[1:], items):
        body = bulk(*(part for action, document in group for part in ({"create": action}, document)))
        reply = app.post(body, path="/es/_bulk", headers={"content-type": "application/x-ndjson"})
        assert reply.json()["errors"] is False
    shown = app.get("/").json()["logs"]
    assert sorted(entry["attributes"]["_index"] for entry in shown) == ["bank", "shop", "shop"]
    assert [entry["attributes"].get("state") for entry in shown].count("paid") == 1
    assert {entry["attributes"]["_id"] for entry in shown} == {"order-1"}


def test_a_number_as_the_id_is_its_text() -> None:
    """Elasticsearch takes `7` and `"7"` for one document; `true` it refuses, so that is none."""
    sent = ({"_id": given} for given in (7, "7", True))
    batch = decode(bulk(*(part for given in sent for part in ({"index": given}, DOCUMENT))))
    assert [operation.document_id for operation in batch.operations] == ["7", "7", None]
    number, text, none = entries_of(batch)
    assert number == text
    assert '"_id":"7"' in str(number.attributes)
    assert "_id" not in str(none.attributes)


def test_a_document_becomes_an_entry() -> None:
    """Its index is the source, without the date that indices are made anew by."""
    (entry,) = entries_of(decode(bulk({"create": {"_index": "shop-2026.02.09"}}, DOCUMENT)))
    assert (entry.date_time, entry.severity) == ("2026-02-09T12:00:00.123000+00:00", "error")
    assert (entry.message, entry.source) == ("disk is full", "shop")
    assert entry.attributes == '{"_index":"shop-2026.02.09","host":"a","level":"error"}'


@pytest.mark.parametrize(
    ("path", "index"),
    (
        ("/es/_bulk", None),
        ("/es/shop/_bulk", "shop"),
        ("/es/shop/_doc/_bulk/", "shop"),
    ),
)
def test_the_path_names_the_index_of_actions_that_name_none(path: str, index: str | None) -> None:
    """An action's own comes first."""
    batch = decode(bulk({"index": {}}, DOCUMENT, {"index": {"_index": "own"}}, DOCUMENT), path)
    assert [operation.index_name for operation in batch.operations] == [index, "own"]
    assert [entry.source for entry in entries_of(batch)] == [index, "own"]


def test_an_id_that_is_a_uuid_is_the_entrys() -> None:
    """So a document sent twice is stored once; any other id is an attribute."""
    uuid, other = decode(
        bulk({"create": {"_id": ID.upper()}}, DOCUMENT, {"create": {"_id": "AX1"}}, DOCUMENT)
    ).rows
    assert entry_of(uuid).id == ID
    assert '"_id":"AX1"' in str(entry_of(other).attributes)


def test_entries_cant_be_changed() -> None:
    """`update` and `delete` are refused by item; the others are stored."""
    body = bulk({"delete": {"_id": "1"}}, {"update": {"_id": "1"}}, {"doc": {}}, {"create": {}}, DOCUMENT)
    batch = decode(body)
    taken, outcome = settle(batch)
    assert (len(taken), [one.index for one in outcome.refused]) == (1, [0, 1])
    items = json.loads(es.reply(request("/es/_bulk"), batch, outcome, RECEIPT).body)["items"]
    assert [(*item, next(iter(item.values()))["status"]) for item in items] == [
        ("delete", 400),
        ("update", 400),
        ("create", 201),
    ]


def test_a_broken_document_costs_itself_alone() -> None:
    """Also one that is too long, and one that is no object."""
    long = b'{"message":"' + b"x" * limits.BATCH_ENTRY_BYTES_MAX + b'"}\n'
    create = b'{"create":{}}\n'
    body = create + b'{"a":}\n' + create + long + create + b"5\n" + create + b'{"message":"\\ud800"}'
    taken, outcome = settle(decode(body))
    assert [one.index for one in outcome.refused] == [0, 1, 2]
    assert [entry.message for entry in taken] == ["\ufffd"]


@pytest.mark.parametrize(
    "body",
    (
        b"x\n{}\n",
        b'{"create":{}}\n',
        b'{"create":{}}\n{}\n{}\n',
        b'{"a":{},"index":{}}\n{}',
        b'{"index":5}\n{}',
        b'{"make":{}}\n{}',
        b"[]\n{}",
    ),
)
def test_an_action_line_that_is_none_refuses_the_whole(body: bytes) -> None:
    """What follows can't be told apart; Elasticsearch does so too."""
    with pytest.raises(MalformedBody):
        decode(body)


def test_an_action_line_may_have_more_than_its_action() -> None:
    """winston-elasticsearch counts its attempts there."""
    batch = decode(bulk({"index": {"_index": "shop"}, "attempts": 0}, DOCUMENT))
    assert [operation.index_name for operation in batch.operations] == ["shop"]


def test_too_many_items_are_refused() -> None:
    """Before their documents are read."""
    with pytest.raises(BodyTooLarge):
        decode(bulk({"create": {}}, {}) * (limits.BATCH_ENTRIES_MAX + 1))


def test_the_reply_has_no_white_space_and_says_errors_before_items() -> None:
    """Vector looks for `"errors":true`, Fluent Bit in a long reply for `"errors":false,"items":[`."""
    batch = decode(bulk({"create": {"_id": "1"}}, DOCUMENT) * 2)
    response = es.reply(request("/es/_bulk"), batch, Outcome(2), RECEIPT)
    assert response.status == 200
    assert response.body == (
        b'{"took":0,"errors":false,"items":[{"create":{"_id":"1","result":"created","status":201}},'
        b'{"create":{"_id":"1","result":"created","status":201}}]}'
    )
    refused = (Refusal(1, (FieldProblem("message", "has a lone surrogate \ud800"),)),)
    shown = es.reply(request("/es/_bulk"), batch, Outcome(1, refused), RECEIPT).body
    assert b'"errors":true,"items":[{"create":{"_id":"1","result":"created","status":201}},{"create"' in shown
    assert json.loads(shown)["items"][1]["create"]["error"]["type"] == "document_parsing_exception"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    (
        (StorageUnavailable("busy"), 503, "unavailable_shards_exception"),
        (BodyTooLarge("long"), 413, "content_too_long_exception"),
        (Unauthorized("who?"), 401, "security_exception"),
        (MalformedBody("bad"), 400, "illegal_argument_exception"),
    ),
)
def test_an_error_has_elasticsearchs_form(error: Any, status: int, kind: str) -> None:
    """A passing one is a 503, which every client and agent retries."""
    response = es.error_reply(request("/es/_bulk"), error, RECEIPT)
    shown = json.loads(response.body)
    assert (response.status, shown["status"], shown["error"]["type"]) == (status, status, kind)
    assert shown["error"]["reason"] == error.detail
    assert response.headers["x-elastic-product"] == "Elasticsearch"


@pytest.mark.parametrize(
    ("method", "path"),
    (
        *[("GET", "/es" + path.format(index="shop", name="t")) for path in probes.READS],
        *[("HEAD", "/es" + path.format(index="shop", name="t")) for path in probes.READS],
        *[("POST", "/es" + path.format(index="shop", name="t")) for path in probes.WRITES],
        *[("PUT", "/es" + path.format(index="shop", name="t")) for path in probes.WRITES],
        ("GET", "/es"),
        ("GET", "/es/_cat/health?format=json&v"),
    ),
)
def test_every_probe_is_answered_with_the_products_header(method: str, path: str) -> None:
    """The clients verify the server by it."""
    response = probes.probe(request(path, method=method))
    assert response is not None
    assert response.status == 200
    assert response.headers["x-elastic-product"] == "Elasticsearch"


@pytest.mark.parametrize(
    ("method", "path"), (("GET", "/es/shop/_search"), ("DELETE", "/es/shop"), ("PATCH", "/es/"))
)
def test_what_is_no_probe_has_no_answer(method: str, path: str) -> None:
    """The route then says that there is no such path."""
    assert probes.probe(request(path, method=method)) is None


class ServiceNode(BaseNode):
    """Takes the place of the network under `elasticsearch`'s transport."""

    service: AgentService

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = None,  # noqa: ARG002
    ) -> NodeApiResponse:
        """Ask the service."""
        sent = {**self._headers, **(headers or {})}
        path = f"{self.config.path_prefix}{target}"
        replied = self.service.answer(request(path, body or b"", method=method, headers=sent))
        return NodeApiResponse(_meta(replied, self.config), replied.body)

    def close(self) -> None:
        """Nothing is held open."""


def _meta(replied: Response, node: NodeConfig) -> ApiResponseMeta:
    return ApiResponseMeta(
        status=replied.status.value,
        headers=Headers({"content-type": replied.content_type, **replied.headers}),
        http_version="1.1",
        duration=0.0,
        node=node,
    )


class ServiceConnection(opensearchpy.Connection):
    """Takes the place of the network under `opensearch-py`'s transport."""

    service: AgentService

    def perform_request(  # noqa: PLR0913, PLR0917  # the base class's signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,  # noqa: ARG002
        body: Any = None,
        timeout: float | None = None,  # noqa: ARG002
        ignore: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask the service."""
        sent = {**self.headers, **(headers or {})}
        raw = body.encode() if isinstance(body, str) else body or b""
        if self.http_compress and raw:
            raw, sent = gzip.compress(raw), {**sent, "content-encoding": "gzip"}
        replied = self.service.answer(request(self.url_prefix + url, raw, method=method, headers=sent))
        if not 200 <= replied.status < 300 and replied.status not in ignore:
            self._raise_error(replied.status.value, replied.body.decode(), replied.content_type)
        return replied.status.value, {"content-type": replied.content_type}, replied.body.decode()


def elasticsearch_client(service: AgentService, **options: Any) -> elasticsearch.Elasticsearch:
    """Return the official client over the service."""
    node = type("Node", (ServiceNode,), {"service": service})
    client = elasticsearch.Elasticsearch("http://logs:80/es", node_class=node, **options)
    client.transport.retry_on_status = (429, 502, 503, 504)
    return client


def opensearch_client(service: AgentService, **options: Any) -> opensearchpy.OpenSearch:
    """Return OpenSearch's official client over the service."""
    connection = type("Connection", (ServiceConnection,), {"service": service})
    return opensearchpy.OpenSearch(["http://logs:80/es"], connection_class=connection, **options)


CLIENTS: dict[str, tuple[Any, Any]] = {
    "elasticsearch": (elasticsearch_client, elasticsearch.helpers.bulk),
    "opensearch": (opensearch_client, opensearchpy.helpers.bulk),
}


@pytest.mark.parametrize("http_compress", (False, True))
@pytest.mark.parametrize("name", CLIENTS)
def test_the_official_bulk_helpers_run_unchanged(name: str, http_compress: bool) -> None:  # noqa: FBT001
    """The client's transport retries a passing fault, and all that was sent is there once."""
    make, helper = CLIENTS[name]
    service = AgentService()
    client = make(service, http_compress=http_compress)
    assert client.ping()
    assert client.info()["version"]["number"] == probes.VERSION
    assert client.cluster.health()["status"] == "green"
    service.fail_once()
    actions = [
        {"_index": "shop", "_op_type": "create" if n % 2 else "index", **DOCUMENT, "message": f"line {n}"}
        for n in range(250)
    ]
    assert helper(client, actions, chunk_size=100) == (250, [])
    assert [entry.message for entry in service.entries] == [f"line {n}" for n in range(250)]
    assert {(entry.source, entry.severity) for entry in service.entries} == {("shop", "error")}


@pytest.mark.parametrize("name", CLIENTS)
def test_the_official_helpers_learn_what_was_refused(name: str) -> None:
    """By item; the others are stored."""
    make, helper = CLIENTS[name]
    service = AgentService()
    actions = [{"_index": "shop", "message": "good"}, {"_index": "shop", "message": "x" * 300_000}]
    stored, errors = helper(make(service), actions, raise_on_error=False)
    assert (stored, [error["index"]["status"] for error in errors]) == (1, [400])
    assert [entry.message for entry in service.entries] == ["good"]
