"""What Elasticsearch's clients ask under `/es` before they send, or to make an index ready: fixed answers.

`elasticsearch` (Python, JavaScript) and `opensearch-py` ask nothing first, but their `info()` and `ping()`
are common in start-up code; Vector asks `/` and `/_cluster/health`, rsyslog `/_cat/health`, Beats and
Logstash `/` and `/_license`, winston-elasticsearch `/_cluster/health` and its template, pino-elasticsearch
`_refresh`.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from logstead.http import Request, Response
from logstead.ingest.elasticsearch import HEADERS, PREFIX, respond

VERSION: Final = "8.19.0"
"""The version that is told: Vector chooses the 8.x forms by it."""

_CLUSTER: Final = "logstead"
_INFO: Final = {
    "name": _CLUSTER,
    "cluster_name": _CLUSTER,
    "cluster_uuid": "bG9nc3RlYWQtbG9ncw",
    "version": {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    },
    "tagline": "You Know, for Search",
}
_HEALTH: Final = {
    "cluster_name": _CLUSTER,
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "active_primary_shards": 1,
    "active_shards": 1,
    "relocating_shards": 0,
    "initializing_shards": 0,
    "unassigned_shards": 0,
}
_CAT_HEALTH: Final = {"epoch": "0", "timestamp": "00:00:00", "cluster": _CLUSTER, "status": "green"}
_LICENSE: Final = {"license": {"status": "active", "type": "basic", "mode": "basic", "uid": _CLUSTER}}
_NODES: Final = {"_nodes": {"total": 0, "successful": 0, "failed": 0}, "cluster_name": _CLUSTER, "nodes": {}}
_SHARDS: Final = {"_shards": {"total": 1, "successful": 1, "failed": 0}}

READS: Final[Mapping[str, object]] = {
    "/": _INFO,
    "/_cluster/health": _HEALTH,
    "/_cluster/health/{index}": _HEALTH,
    "/_cat/health": _CAT_HEALTH,
    "/_license": _LICENSE,
    "/_nodes/http": _NODES,
    "/_nodes/_all/http": _NODES,
    "/_refresh": _SHARDS,
    "/{index}/_refresh": _SHARDS,
    "/_index_template/{name}": {"index_templates": []},
    "/_template/{name}": {},
}
"""Path below `/es` -> what a GET or HEAD of it answers."""

WRITES: Final[Mapping[str, object]] = {
    "/_refresh": _SHARDS,
    "/{index}/_refresh": _SHARDS,
    "/_index_template/{name}": {"acknowledged": True},
    "/_template/{name}": {"acknowledged": True},
}
"""Path below `/es` -> what a POST or PUT of it answers. Nothing is set up by it: there is no index to."""


def probe(request: Request) -> Response | None:
    """Return the answer to a request under `/es` that is no bulk request, or None where there is none."""
    path = request.path.removeprefix(PREFIX).rstrip("/") or "/"
    answers = (
        READS if request.method in ("GET", "HEAD") else WRITES if request.method in ("POST", "PUT") else {}
    )
    name = next((name for name in answers if _pattern(name).fullmatch(path)), None)
    if name is None:
        return None
    if name == "/_cat/health" and ("format", "json") not in request.query:
        line = " ".join(_CAT_HEALTH.values()) + "\n"
        return Response(HTTPStatus.OK, line.encode(), "text/plain; charset=utf-8", HEADERS)
    return respond([answers[name]] if name == "/_cat/health" else answers[name])


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[a-z]+\}", "[^/]+", name))
