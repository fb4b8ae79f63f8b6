"""HTTP at the edge: Function URL and API Gateway events -> Request; Response -> the Lambda reply.

Shapes: payload format 2.0 (Function URLs) and 1.0 (API Gateway REST, Lambda proxy), as AWS's developer
guides give them. This module alone knows status codes: `PROBLEMS` is the one table from exception to
answer (RFC 9457).
"""

import base64
import binascii
import gzip
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from logstead import errors, limits

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
PROBLEM_JSON: Final = "application/problem+json"
PROTOBUF: Final = "application/x-protobuf"
PROBLEM_TYPE_PREFIX: Final = "urn:logstead:problem:"

PROBLEMS: Final[Mapping[type[errors.LogsteadError], tuple[HTTPStatus, str]]] = {
    errors.MalformedBody: (HTTPStatus.BAD_REQUEST, "malformed-body"),
    errors.InvalidEntry: (HTTPStatus.BAD_REQUEST, "invalid-entry"),
    errors.InvalidParameter: (HTTPStatus.BAD_REQUEST, "invalid-parameter"),
    errors.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large"),
    errors.UnknownEncoding: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unknown-encoding"),
    errors.NotFound: (HTTPStatus.NOT_FOUND, "not-found"),
    errors.EntryNotFound: (HTTPStatus.NOT_FOUND, "entry-not-found"),
    errors.MethodNotAllowed: (HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed"),
    errors.Unauthorized: (HTTPStatus.UNAUTHORIZED, "unauthorized"),
    errors.Forbidden: (HTTPStatus.FORBIDDEN, "forbidden"),
    errors.Conflict: (HTTPStatus.CONFLICT, "conflict"),
    errors.IdempotencyKeyReused: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    errors.StorageUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "storage-unavailable"),
    errors.KeysUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "keys-unavailable"),
    errors.StorageMisconfigured: (HTTPStatus.INTERNAL_SERVER_ERROR, "storage-misconfigured"),
    errors.PackUnreadable: (HTTPStatus.INTERNAL_SERVER_ERROR, "pack-unreadable"),
    errors.NotConfigured: (HTTPStatus.SERVICE_UNAVAILABLE, "not-configured"),
    errors.LogsteadError: (HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error"),
}
_BINARY: Final = (PROTOBUF,)
SECURITY_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}
CORS_EXPOSED_HEADERS: Final = (
    "allow",
    "logstead-next-cursor",
    "logstead-not-shown",
    "logstead-searched-to",
    "retry-after",
    "www-authenticate",
)
"""What a browser's page of another origin may read, beside what any may."""


def is_lines(content_type: str) -> bool:
    """Tell whether a content type is one of JSON lines: NDJSON, by any of its names."""
    return any(name in content_type.lower() for name in ("ndjson", "jsonl"))


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; `query` keeps repeats and order.

    A byte of the query that is no UTF-8 is a lone surrogate in it (PEP 383), so that a flow can refuse it. In
    payload format 1.0 the query comes decoded, with whatever the edge puts for such a byte.

    `caller` is who sent it, as far as that is known: an IAM principal or an access key's id. `arrived_s`
    is on the monotonic clock: what the deadlines count from.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    caller: str = ""
    arrived_s: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP reply, `body` uncompressed."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Flow = Callable[[Request], Response]
Routes = Callable[[str], Mapping[str, Flow]]
"""A path -> its flows by method; raises NotFound."""


def decode_request(event: Mapping[str, Any]) -> Request:
    """Return the request in a Lambda event of payload format 1.0 or 2.0.

    Raises:
        MalformedBody: the event is neither, or its base64 body is broken.
    """
    context = event.get("requestContext") or {}
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if "http" in context:
        method, path = str(context["http"]["method"]), str(event.get("rawPath") or "/")
        query = parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True, errors="surrogateescape")
    elif "httpMethod" in event:
        method, path = str(event["httpMethod"]), str(event.get("path") or "/")
        if "accept" not in headers:  # by which alone API Gateway tells whether a zipped reply is bytes
            headers.pop("accept-encoding", None)
        repeated = event.get("multiValueQueryStringParameters") or {}
        query = [(name, value) for name, values in repeated.items() for value in values]
    else:
        raise errors.MalformedBody("The event is no HTTP request.")
    return Request(
        method=method.upper(),
        path=path,
        query=tuple(query),
        headers=headers,
        body=_decode_body(event.get("body"), is_base64=bool(event.get("isBase64Encoded"))),
        request_id=str(context.get("requestId") or ""),
        caller=_principal(context),
    )


def respond(request: Request, routes: Routes) -> Response:
    """Return the reply of the flow that the request's path and method choose.

    HEAD is GET without the body; OPTIONS tells the methods.

    Raises:
        LogsteadError: as the routes and the flow do.
        MethodNotAllowed: the path has no flow for the method.
    """
    flows = routes(request.path)
    allow = (*flows, *(("HEAD",) if "GET" in flows else ()), "OPTIONS")
    if request.method == "OPTIONS":
        return Response(HTTPStatus.NO_CONTENT, headers={"allow": ", ".join(allow)})
    flow = flows.get("GET" if request.method == "HEAD" else request.method)
    if flow is None:
        raise errors.MethodNotAllowed(f"{request.path} takes {', '.join(allow)}.", allow)
    return flow(request)


def json_text(value: object) -> str:
    """Return a value's JSON text, compact."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_response(status: HTTPStatus, value: object) -> Response:
    """Return a JSON reply, compact and in UTF-8."""
    return Response(status, json_text(value).encode())


def problem_response(error: errors.LogsteadError) -> Response:
    """Return the RFC 9457 reply of an error, by the nearest class of `PROBLEMS`."""
    status, slug = next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    problem: dict[str, object] = {
        "type": PROBLEM_TYPE_PREFIX + slug,
        "title": slug.replace("-", " ").capitalize(),
        "status": status.value,
        "detail": error.detail,
    }
    if error.problems:
        named = error.problems[: limits.PROBLEMS_MAX]
        problem["errors"] = [{"field": shortened(one.field), "problem": one.problem} for one in named]
        if len(error.problems) > len(named):
            problem["errorsNotNamed"] = len(error.problems) - len(named)
    headers: dict[str, str] = {}
    if isinstance(error, errors.MethodNotAllowed):
        headers["allow"] = ", ".join(error.allow)
    if isinstance(error, errors.Unauthorized):
        headers["www-authenticate"] = 'Bearer realm="logstead", Basic realm="logstead"'
    if isinstance(error, errors.StorageUnavailable | errors.KeysUnavailable):
        headers["retry-after"] = str(limits.RETRY_AFTER_S)
    # Escaped to ASCII: a field's name may hold what UTF-8 can't carry.
    return Response(status, json.dumps(problem, separators=(",", ":")).encode(), PROBLEM_JSON, headers)


def encode_response(
    response: Response, request: Request | None, cors_origins: Collection[str] = ()
) -> dict[str, object]:
    """Return what Lambda wants of a handler; gzipped where the client accepts that and it pays.

    Pages of `cors_origins`, each exact, may read it in a browser.
    """
    headers = {**SECURITY_HEADERS, **response.headers}
    body = response.body
    varies = ["accept-encoding"] if response.status is not HTTPStatus.NO_CONTENT else []
    if varies:
        headers["content-type"] = response.content_type
    if cors_origins:
        varies.append("origin")
        origin = request.headers.get("origin") if request is not None else None
        if origin in cors_origins:
            headers["access-control-allow-origin"] = str(origin)
            headers["access-control-expose-headers"] = ", ".join(CORS_EXPOSED_HEADERS)
    if varies:
        headers["vary"] = ", ".join(varies)
    if request is not None and request.method == "HEAD":
        return {"statusCode": response.status.value, "headers": headers, "body": "", "isBase64Encoded": False}
    if request is not None and len(body) >= limits.COMPRESS_BYTES_MIN and accepts_gzip(request.headers):
        headers["content-encoding"] = "gzip"
        packed = base64.b64encode(gzip.compress(body, compresslevel=5, mtime=0))
        return {
            "statusCode": response.status.value,
            "headers": headers,
            "body": packed.decode(),
            "isBase64Encoded": True,
        }
    is_binary = response.content_type in _BINARY
    return {
        "statusCode": response.status.value,
        "headers": headers,
        "body": base64.b64encode(body).decode() if is_binary else body.decode(),
        "isBase64Encoded": is_binary,
    }


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Tell whether `Accept-Encoding` takes gzip (RFC 9110, section 12.5.3)."""
    wildcard = False
    for part in headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameters = part.partition(";")
        refused = "".join(parameters.split()).rstrip("0").rstrip(".") in ("q=", "q=0")
        if coding.strip() in ("gzip", "x-gzip"):
            return not refused
        wildcard = wildcard or (coding.strip() == "*" and not refused)
    return wildcard


def _principal(context: Mapping[str, Any]) -> str:
    """Return the ARN that signed the request, an assumed role's without its session: that changes."""
    authorizer = context.get("authorizer") or {}
    identity = authorizer.get("iam") or context.get("identity") or {}
    arn = str(identity.get("userArn") or "")
    return arn.rpartition("/")[0] if ":assumed-role/" in arn else arn


def _decode_body(body: object, *, is_base64: bool) -> bytes:
    if not isinstance(body, str):
        return b""
    if not is_base64:
        return body.encode("utf-8", "surrogatepass")  # the decoder then says what is wrong with it
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise errors.MalformedBody("The body is said to be base64, but is not.") from None


def shortened(name: str) -> str:
    """Return as much of a field's name as a reply repeats."""
    return (
        name
        if len(name) <= limits.FIELD_NAME_CHARACTERS_MAX
        else name[: limits.FIELD_NAME_CHARACTERS_MAX] + "…"
    )
