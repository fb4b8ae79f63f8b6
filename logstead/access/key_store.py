"""The key store: SSM parameters under one path, one a key, read at most once per `KEYS_FRESH_S`.

docs/adr/0009-key-store.md says why SSM. The cache is what bounds both the cost of a call and how long
a revoked key lives on.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from logstead import limits
from logstead.access.keys import AccessKey, decode_key, matching_key
from logstead.errors import KeysUnavailable
from logstead.storage.client import Deadline, DeadlinePassed, make_client

_PAGE_KEYS: Final = 10  # GetParametersByPath's own limit
_UNREADABLE: Final = "The access keys can't be read; send it again."


class SSMClient(Protocol):
    """The call of botocore's SSM client that the gate makes."""

    def get_parameters_by_path(self, **arguments: Any) -> dict[str, Any]:
        """Get one page of parameters."""


class KeyCache:
    """The live keys, fetched when they are asked for and not fresh.

    A presented key that is not among them is looked for again once `KEYS_RECHECK_S` have passed, so that
    a new key works at once. While unknown ones keep coming that pause doubles, up to `KEYS_FRESH_S`: a flood
    of wrong keys over many environments would else use up the store's rate.
    """

    def __init__(
        self, fetch: Callable[[], tuple[AccessKey, ...]], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock_s = clock_s
        self._keys: tuple[AccessKey, ...] = ()
        self._fetched_s = float("-inf")
        self._tried_s = float("-inf")
        self._unknown_s = float("-inf")
        self._recheck_s: float = limits.KEYS_RECHECK_S

    def find(self, presented: str) -> AccessKey | None:
        """Return the live key that the presented one is, or None.

        Raises:
            KeysUnavailable: the store can't be read and what is known is older than `KEYS_STALE_MAX_S`.
        """
        if self._age_s() >= limits.KEYS_FRESH_S:
            self._refresh()
        found = matching_key(self._keys, presented)
        return self._find_new(presented) if found is None else found

    def _find_new(self, presented: str) -> AccessKey | None:
        now_s = self._clock_s()
        if now_s - self._unknown_s >= limits.KEYS_FRESH_S:
            self._recheck_s = limits.KEYS_RECHECK_S
        self._unknown_s = now_s
        if self._age_s() < self._recheck_s:
            return None
        self._recheck_s = min(2 * self._recheck_s, limits.KEYS_FRESH_S)
        self._refresh()
        return matching_key(self._keys, presented)

    def _age_s(self) -> float:
        return self._clock_s() - self._fetched_s

    def _refresh(self) -> None:
        began_s = self._clock_s()
        may_try = began_s - self._tried_s >= limits.KEYS_RECHECK_S
        try:
            if may_try:
                self._tried_s = began_s
                self._keys = self._fetch()
                self._fetched_s = began_s
        except KeysUnavailable:
            if self._age_s() > limits.KEYS_STALE_MAX_S:
                raise
        if self._age_s() > limits.KEYS_STALE_MAX_S:
            raise KeysUnavailable(_UNREADABLE)


def make_key_fetcher(client: SSMClient, deadline: Deadline, path: str) -> Callable[[], tuple[AccessKey, ...]]:
    """Return what fetches all keys under a path.

    Its function raises:
        KeysUnavailable: the store can't be read, for whatever reason: nobody is let in then.
    """

    def fetch() -> tuple[AccessKey, ...]:
        from botocore import exceptions  # noqa: PLC0415  # see storage.client
        from botocore.parsers import ResponseParserError  # noqa: PLC0415  # see storage.client

        deadline.start(
            time.monotonic() + limits.KEYS_DEADLINE_S, limits.CONNECT_TIMEOUT_S + limits.WRITE_TIMEOUT_S
        )
        try:
            return tuple(list_keys(client, path))
        except (
            exceptions.BotoCoreError,
            exceptions.ClientError,
            ResponseParserError,
            DeadlinePassed,
            # What JSON of another shape raises in botocore's parser, and in what reads its reply.
            *(AttributeError, LookupError, TypeError, ValueError),
        ) as error:
            raise KeysUnavailable(_UNREADABLE) from error

    return fetch


def list_keys(client: SSMClient, path: str) -> list[AccessKey]:
    """Return the keys under a path, up to `KEYS_MAX`, damaged ones left out.

    Raises:
        KeysUnavailable: a reply is none, or the pages don't end. Taken for all keys, what was read would
            lock out who holds another.
    """
    keys: list[AccessKey] = []
    arguments: dict[str, Any] = {"Path": path, "MaxResults": _PAGE_KEYS}
    for _ in range(limits.KEYS_PAGES_MAX):
        page = client.get_parameters_by_path(**arguments)
        if "Parameters" not in page:
            break
        for parameter in page["Parameters"]:
            key = decode_key(parameter["Name"].rpartition("/")[2], parameter["Value"])
            if key is not None:
                keys.append(key)
        # A page may be short, or empty, and others follow: only the token tells.
        if not page.get("NextToken") or len(keys) >= limits.KEYS_MAX:
            return keys[: limits.KEYS_MAX]
        arguments["NextToken"] = page["NextToken"]
    raise KeysUnavailable(_UNREADABLE)


def make_key_cache(path: str) -> KeyCache:
    """Return the cache of the keys under an SSM path, with a client of its own."""
    deadline = Deadline()
    client: SSMClient = make_client(
        "ssm",
        deadline,
        connect_timeout_s=limits.CONNECT_TIMEOUT_S,
        read_timeout_s=limits.WRITE_TIMEOUT_S,
        connections=1,
    )
    return KeyCache(make_key_fetcher(client, deadline, path))
