"""The frame around every HTTP function: event in, reply out, whatever happens between."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from logstead import errors
from logstead.access.gate import Gate
from logstead.failure_log import failure_fields
from logstead.http import (
    Request,
    Routes,
    decode_request,
    encode_response,
    problem_response,
    respond,
)

Handler = Callable[[dict[str, Any], Any], dict[str, object]]


def make_http_handler(
    routes: Routes, gate: Gate, logger: logging.Logger, cors_origins: Collection[str] = ()
) -> Handler:
    """Return a Lambda handler that serves `routes` to whom `gate` lets in.

    It prints nothing on success and on a client's mistake; every failure of the service (5xx) is one
    log line. No exception leaves it, as one would end the Lambda worker.
    """

    def handler(event: dict[str, Any], context: Any) -> dict[str, object]:
        request: Request | None = None
        try:
            request = decode_request(event)
            request = replace(request, caller=gate(request))
            return encode_response(respond(request, routes), request, cors_origins)
        except errors.LogsteadError as error:
            response = problem_response(error)
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                logger.exception(error.detail, extra=_fields(event, context))
        except Exception:  # the last resort: the client gets a 500, the log the trace
            logger.exception("Unexpected failure", extra=_fields(event, context))
            response = problem_response(errors.LogsteadError("The service failed."))
        return encode_response(response, request, cors_origins)

    return handler


def make_unconfigured_handler(error: errors.NotConfigured, logger: logging.Logger) -> Handler:
    """Return a handler that answers every request with the 503 that names what is not set up.

    It logs one line when it is made, not one a request.
    """
    logger.error("Not configured: %s", error.named())

    def handler(event: dict[str, Any], _context: Any) -> dict[str, object]:
        try:
            request: Request | None = decode_request(event)
        except errors.BadRequest:
            request = None
        return encode_response(problem_response(error), request)

    return handler


def _fields(event: Mapping[str, Any], context: Any) -> dict[str, object]:
    return {"fields": failure_fields(event, str(getattr(context, "aws_request_id", "")))}
