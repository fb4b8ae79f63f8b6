"""The gate before every route: lets a request in, or says why not."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from logstead.access import KEY_PREFIX
from logstead.config import AccessConfig
from logstead.errors import Forbidden, Unauthorized
from logstead.http import Request

if TYPE_CHECKING:  # what keys need is imported only where there are keys
    from logstead.access.key_store import KeyCache

Gate = Callable[[Request], str]
"""A request let in -> who sent it; raises for one that is not."""

_KEY_PARAMETERS: Final = frozenset({"access_key", "access_token", "api_key", "apikey", "key", "token"})


def open_gate(request: Request) -> str:
    """Let everybody in: auth modes `none`, and `iam`, which the edge enforces before the function runs."""
    return request.caller


def make_gate(config: AccessConfig, scope: str) -> Gate:
    """Return the gate of a function whose routes need `scope` (`write` or `read`)."""
    if config.keys_path is None:
        return open_gate
    from logstead.access.key_store import make_key_cache  # noqa: PLC0415

    return make_token_gate(make_key_cache(config.keys_path), scope)


def make_token_gate(keys: "KeyCache", scope: str) -> Gate:
    """Return the gate that lets in who presents a live key of `scope`."""
    from logstead.access.keys import presented_key  # noqa: PLC0415

    def gate(request: Request) -> str:
        if request.method == "OPTIONS":  # a browser's preflight carries no key, and learns only the methods
            return ""
        if any(name.lower() in _KEY_PARAMETERS or KEY_PREFIX in value for name, value in request.query):
            raise Unauthorized(
                "A key in the query string is refused: addresses end up in logs. Use a header."
            )
        presented = presented_key(request.headers)
        if presented is None:
            raise Unauthorized("Send an access key: Authorization: Bearer KEY.")
        key = keys.find(presented)
        if key is None:
            raise Unauthorized("The access key is not known, or is revoked.")
        if scope not in key.scopes:
            raise Forbidden(f"The access key {key.key_id} may not {scope}.")
        return key.key_id

    return gate
