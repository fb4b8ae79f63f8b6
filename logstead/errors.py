"""What can go wrong, as one tree. http.py alone knows the status codes.

LogsteadError
├── BadRequest             the client's request can't be taken as it is
│   ├── MalformedBody      the body is not what the route takes
│   ├── InvalidEntry       a field breaks a rule; names all that is wrong
│   ├── InvalidParameter   a query parameter breaks a rule; names all that is wrong
│   ├── BodyTooLarge       the body passes its limit
│   ├── UnknownEncoding    the body's Content-Encoding is none of ours, or was damaged on the way
│   ├── NotFound           no such path
│   ├── EntryNotFound      no entry has this id
│   ├── MethodNotAllowed   the path has other methods
│   ├── Unauthorized       no key, or none that is live
│   ├── Forbidden          the key has not the scope
│   ├── Conflict           the id is taken by other content
│   └── IdempotencyKeyReused   the key was used for another body
├── StorageUnavailable     DynamoDB can't serve now; a retry can help
├── KeysUnavailable        the access keys can't be read now; a retry can help
├── StorageMisconfigured   DynamoDB refuses for good: no table, no index, no right
├── PackUnreadable         a stored pack can't be decoded; its entries alone are lost to the reader
├── PackTooLarge           a pack would pass what one item may hold
└── NotConfigured          an environment variable is missing or wrong
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong: the field (dotted path, parameter or variable name) and why."""

    field: str
    problem: str


class LogsteadError(Exception):
    """The root of the tree."""

    def __init__(self, detail: str, problems: tuple[FieldProblem, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = problems


class BadRequest(LogsteadError):
    """The client's request can't be taken as it is."""


class MalformedBody(BadRequest):
    """The body is not what the route takes: not UTF-8, not JSON, not an object."""


class InvalidEntry(BadRequest):
    """At least one field breaks a rule; `problems` names all of them."""


class InvalidParameter(BadRequest):
    """At least one query parameter breaks a rule; `problems` names all of them."""


class BodyTooLarge(BadRequest):
    """The body passes its limit."""


class UnknownEncoding(BadRequest):
    """The body's `Content-Encoding` is none that the service reads, or a gateway broke the coded bytes."""


class NotFound(BadRequest):
    """The service has no such path."""


class EntryNotFound(BadRequest):
    """No entry has the id that was asked for."""


class MethodNotAllowed(BadRequest):
    """The path exists for other methods, which `allow` lists."""

    def __init__(self, detail: str, allow: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.allow = allow


class Conflict(BadRequest):
    """The id is taken by an entry with other content, which stands as it was."""


class Unauthorized(BadRequest):
    """The request carries no key, or none that is live."""


class Forbidden(BadRequest):
    """The request's key is live, but its scope is another."""


class KeysUnavailable(LogsteadError):
    """The access keys can't be read now, so nobody can be let in; a retry can help."""


class IdempotencyKeyReused(BadRequest):
    """The idempotency key was used by this caller for another body; nothing of this one is stored."""


class StorageUnavailable(LogsteadError):
    """DynamoDB can't serve now (throttled, 5xx, unreachable, out of time); a retry can help."""


class StorageMisconfigured(LogsteadError):
    """DynamoDB refuses for good (no table, no index, no right); only the stack's owner can mend it."""


class PackUnreadable(LogsteadError):
    """A stored pack can't be decoded: damaged, cut short, or written by newer code. `detail` says which."""


class PackTooLarge(LogsteadError):
    """A pack would pass what one item may hold: its entries were not split by the sizes they have."""


class NotConfigured(LogsteadError):
    """An environment variable is missing or wrong; `problems` names each."""

    def named(self) -> str:
        """Return what is wrong, in one line."""
        return ", ".join(f"{one.field} {one.problem}" for one in self.problems)
