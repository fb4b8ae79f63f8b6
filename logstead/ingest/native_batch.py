"""Batches of the native route: a JSON array, NDJSON, or objects that follow one another (Fluent Bit's).

An object with `dateTime`, or with no time at all, is an entry by the API's own rules. One whose time has an
agent's name (`date`, `timestamp`, `@timestamp` …) is an agent's, and read as `agent_record` says.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from logstead import limits
from logstead.entry import Receipt
from logstead.errors import BodyTooLarge, FieldProblem, InvalidEntry, LogsteadError
from logstead.http import JSON, Request, Response, is_lines, problem_response, shortened
from logstead.ingest.agent_record import is_agent_shaped, read_record
from logstead.ingest.batch import DecodedBatch, DecodedRow, Outcome, Refusal, checked
from logstead.ingest.json_rows import Accepts, decode_array, decode_rows
from logstead.ingest.json_split import DECODE_FAILURES, split_array, split_lines, split_values

PATHS: Final = ("/",)
LINES_TYPES: Final = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
CONTENT_TYPES: Final = (JSON, *LINES_TYPES)
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_SPACE: Final = b" \t\r\n"


def is_batch(body: bytes, content_type: str) -> bool:
    """Tell whether a body (inflated) is a batch: by its type, its bracket, or its second object.

    An agent's object is one too, though it may be alone: agents send what there is, by the same settings.
    """
    if is_lines(content_type) or _start(body).startswith(b"["):
        return True
    body = _start(body)
    try:
        if len(body) > limits.BATCH_ENTRY_BYTES_MAX:  # one so long would be refused, so it is not taken apart
            msgspec.json.decode(body, type=msgspec.Raw)
            return False
        return is_agent_shaped(msgspec.json.decode(body, type=dict[str, msgspec.Raw]))
    except DECODE_FAILURES:
        try:
            return len(split_values(body)) > 1
        except BodyTooLarge:
            return True
        except LogsteadError:
            return len(body) > limits.ENTRY_BODY_BYTES_MAX and _begins_with_a_line(body)


def _begins_with_a_line(body: bytes) -> bool:
    try:
        msgspec.json.decode(body.partition(b"\n")[0], type=dict[str, msgspec.Raw])
    except DECODE_FAILURES:
        return False
    return True


def decode(request: Request, receipt: Receipt) -> DecodedBatch:
    """Return a row for each element, line or object.

    Raises:
        BadRequest: the body as a whole can't be taken.
    """
    body = _start(request.body)
    rows = decode_array(body)
    if rows is None:
        rows = decode_rows(_split(body, request.headers.get("content-type", "")), mends=is_agent_shaped)
    return DecodedBatch(checked(_read(rows, receipt)))


def read_rows(texts: list[bytes], receipt: Receipt, *, is_agents: Accepts) -> list[DecodedRow]:
    """Return a row for each JSON text, by the API's own rules or, where it is an agent's, by theirs."""
    return _read(decode_rows(texts, mends=is_agents), receipt, is_agents)


def _read(rows: list[DecodedRow], receipt: Receipt, is_agents: Accepts = is_agent_shaped) -> list[DecodedRow]:
    return [
        _read_agents(row.fields, row.size_bytes, receipt)
        if row.fields is not None and is_agents(row.fields)
        else row
        for row in rows
    ]


def _read_agents(record: Mapping[str, object], size_bytes: int, receipt: Receipt) -> DecodedRow:
    fields, sent_time = read_record(record, receipt)
    return DecodedRow(fields, (), size_bytes, sent_time)


def reply(request: Request, batch: DecodedBatch, outcome: Outcome, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return the counts, and the index and fields of each refused entry; 400 where none was accepted.

    200, or 202 where some are parked; never 207, which Fluent Bit takes for a failure.
    """
    problems = tuple(
        FieldProblem(f"[{one.index}].{problem.field}", problem.problem)
        for one in outcome.refused
        for problem in one.problems
    )
    if outcome.refused and not outcome.accepted:
        return problem_response(InvalidEntry("No entry of the batch keeps the rules.", problems))
    named = outcome.refused[: limits.PROBLEMS_MAX]
    shown: dict[str, object] = {
        "accepted": outcome.accepted,
        "refused": len(outcome.refused),
        "errors": [{"index": one.index, "errors": _problems(one)} for one in named],
    }
    status = HTTPStatus.ACCEPTED if outcome.is_queued else HTTPStatus.OK
    # Escaped to ASCII: a field's name may hold what UTF-8 can't carry.
    return Response(status, json.dumps(shown, separators=(",", ":")).encode())


def error_reply(request: Request, error: LogsteadError, receipt: Receipt) -> Response:  # noqa: ARG001
    """Return an error as the API does (RFC 9457)."""
    return problem_response(error)


def _problems(refusal: Refusal) -> list[dict[str, str]]:
    named = refusal.problems[: limits.PROBLEMS_MAX]
    return [{"field": shortened(one.field), "problem": one.problem} for one in named]


def _split(body: bytes, content_type: str) -> list[bytes]:
    if body.startswith(b"["):
        return split_array(body)
    if is_lines(content_type):
        return split_lines(body)
    first_line = body.partition(b"\n")[0]
    try:
        msgspec.json.decode(first_line, type=msgspec.Raw)
    except DECODE_FAILURES:
        return split_values(body)
    return split_lines(body)


def _start(body: bytes) -> bytes:
    return body.removeprefix(BYTE_ORDER_MARK).strip(_SPACE)
