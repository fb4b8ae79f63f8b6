"""The DynamoDB client: explicit retries and timeouts, a deadline, and one reading of its failures."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

from logstead import limits
from logstead.errors import StorageMisconfigured, StorageUnavailable

_MISCONFIGURED: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "MissingAuthenticationTokenException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)
_UNAVAILABLE: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
CONDITION_FAILED: Final = "ConditionalCheckFailedException"


class DynamoDBClient(Protocol):
    """The calls of botocore's DynamoDB client that the service makes."""

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        """Put one item."""

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get one item."""

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        """Get up to 100 items."""

    def query(self, **arguments: Any) -> dict[str, Any]:
        """Query one page."""


class DeadlinePassed(Exception):
    """The time for this request's calls is used up."""


class Deadline:
    """The point in time after which no further attempt is sent.

    One per client: a Lambda environment serves one request at a time. Attempts already sent end by
    their own timeouts, so `start` is told how long one may take.
    """

    def __init__(self) -> None:
        self._last_start_s = float("inf")

    def start(self, ends_s: float, attempt_s: float) -> None:
        """Let attempts, each taking `attempt_s`, be sent if they end by `ends_s` (monotonic clock)."""
        self._last_start_s = ends_s - attempt_s

    def check(self, **_: Any) -> None:
        """Refuse a further attempt once it could end too late (botocore's `before-send` hook).

        Raises:
            DeadlinePassed: the time is used up.
        """
        if self._has_passed():
            raise DeadlinePassed

    def spare_pause(self, response: Any, caught_exception: Exception | None, **_: Any) -> bool | None:
        """Refuse the pause before an attempt that `check` would refuse (botocore's `needs-retry` hook).

        Otherwise backoff could use up the time that is kept for parking. Replies that are no failure
        of DynamoDB are left to botocore, of which older versions would take the answer for "at once".
        """
        if caught_exception is None and (response is None or response[0].status_code < _CLIENT_ERROR):
            return None
        code = "" if response is None else response[1].get("Error", {}).get("Code")
        return False if self._has_passed() and code != CONDITION_FAILED else None

    def _has_passed(self) -> bool:
        return time.monotonic() > self._last_start_s


def make_dynamodb_client(deadline: Deadline, *, read_timeout_s: float, connections: int) -> DynamoDBClient:
    """Return DynamoDB's client, bound to a deadline."""
    client: DynamoDBClient = make_client(
        "dynamodb",
        deadline,
        connect_timeout_s=limits.CONNECT_TIMEOUT_S,
        read_timeout_s=read_timeout_s,
        connections=connections,
    )
    return client


def make_client(
    service: str, deadline: Deadline, *, connect_timeout_s: float, read_timeout_s: float, connections: int
) -> Any:
    """Return a low-level client (boto3's resource API adds 80 ms of cold start) bound to a deadline."""
    import botocore.session  # noqa: PLC0415  # so that an unconfigured function and the tests need none
    from botocore.config import Config  # noqa: PLC0415

    from logstead.storage.loader import LeanLoader  # noqa: PLC0415

    session = botocore.session.get_session()
    session.register_component("data_loader", LeanLoader())
    client = session.create_client(
        service,
        config=Config(
            connect_timeout=connect_timeout_s,
            read_timeout=read_timeout_s,
            max_pool_connections=connections,
            retries={"mode": "standard", "total_max_attempts": limits.ATTEMPTS_MAX},
            tcp_keepalive=True,
        ),
    )
    client.meta.events.register(f"before-send.{service}", deadline.check)
    client.meta.events.register_first(f"needs-retry.{service}", deadline.spare_pause)
    client.meta.events.register(f"before-parse.{service}", refuse_cut_reply)
    return client


def refuse_cut_reply(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse a reply that is shorter than it says (botocore's `before-parse` hook).

    From 1.44 on, botocore takes one for whole, and what its JSON lacks for absent: an entry that is not
    found, a page without items.

    Raises:
        IncompleteReadError: it was cut on its way.
    """
    from botocore.exceptions import IncompleteReadError  # noqa: PLC0415  # as in make_client

    said, body = response_dict["headers"].get("content-length"), response_dict["body"]
    if said is not None and len(body) < int(said):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(said))


@contextmanager
def storage_failures() -> Iterator[None]:
    """Turn botocore's failures into the two that the service knows.

    Raises:
        StorageUnavailable: throttled, 5xx, unreachable or out of time; a retry can help.
        StorageMisconfigured: no table, no index, no right; a retry can't.
    """
    from botocore import exceptions  # noqa: PLC0415  # as in make_dynamodb_client
    from botocore.parsers import ResponseParserError  # noqa: PLC0415  # as in make_dynamodb_client

    try:
        yield
    except DeadlinePassed as error:
        raise StorageUnavailable("The storage did not answer in time; send it again.") from error
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
    ) as error:
        raise StorageMisconfigured("The service has no right to its storage.") from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError) as error:
        raise StorageUnavailable("The storage can't be reached; send it again.") from error
    except ResponseParserError as error:
        raise StorageUnavailable("The storage's reply can't be read; send it again.") from error
    except exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _MISCONFIGURED or _is_missing_index(error):
            raise StorageMisconfigured("The service's storage is not set up as it must be.") from error
        if code in _UNAVAILABLE or status >= _SERVER_ERROR or _is_backfilling(error):
            raise StorageUnavailable("The storage is too busy; send it again.") from error
        raise


def _is_missing_index(error: Any) -> bool:
    return "does not have the specified index" in str(error)


def _is_backfilling(error: Any) -> bool:
    return "backfilling" in str(error)
