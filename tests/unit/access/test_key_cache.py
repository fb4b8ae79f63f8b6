"""How long keys are believed: freshness, revocation, an outage of the store, a flood of wrong keys."""

from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.parsers import ResponseParserError

from logstead import limits
from logstead.access.key_store import KeyCache, make_key_fetcher
from logstead.access.keys import AccessKey, encode_key, make_key
from logstead.errors import KeysUnavailable
from logstead.storage.client import Deadline, DeadlinePassed
from tests.unit.access.fake_ssm import FakeSSM
from tests.unit.fakes import client_error

KEY, STORED = make_key(("write",), "x", "now")
OTHER, STORED_OTHER = make_key(("write",), "y", "now")


class Store:
    """A key store with a clock: `keys` is what it holds, `is_up` whether it answers."""

    def __init__(self, *keys: AccessKey) -> None:
        self.keys = keys
        self.is_up = True
        self.fetches = 0
        self.now_s = 1_000.0
        self.cache = KeyCache(self.fetch, lambda: self.now_s)

    def fetch(self) -> tuple[AccessKey, ...]:
        """Return the keys, or fail."""
        self.fetches += 1
        if not self.is_up:
            raise KeysUnavailable("down")
        return self.keys

    def after(self, seconds: float) -> KeyCache:
        """Let time pass."""
        self.now_s += seconds
        return self.cache


def test_keys_are_fetched_once_while_they_are_fresh() -> None:
    """A call of the store costs money and time: not one a request."""
    store = Store(STORED)
    for _ in range(100):
        assert store.after(0.01).find(KEY) == STORED
    assert store.fetches == 1
    store.after(limits.KEYS_FRESH_S).find(KEY)
    assert store.fetches == 2


def test_a_revoked_key_stops_working_within_a_minute() -> None:
    """Once the keys are no longer fresh they are fetched, and the revoked one is gone."""
    store = Store(STORED)
    store.cache.find(KEY)
    store.keys = ()
    store.after(limits.KEYS_FRESH_S)
    assert store.cache.find(KEY) is None
    assert limits.KEYS_FRESH_S + limits.KEYS_DEADLINE_S < 60


def test_a_revoked_key_stops_working_within_a_minute_though_the_store_is_down() -> None:
    """What is known is believed for so long and no longer: then nobody is let in."""
    store = Store(STORED)
    store.cache.find(KEY)
    store.is_up = False
    assert store.after(limits.KEYS_FRESH_S).find(KEY) == STORED
    for _ in range(20):
        store.now_s += limits.KEYS_RECHECK_S
        if store.now_s - 1_000 > limits.KEYS_STALE_MAX_S:
            with pytest.raises(KeysUnavailable):
                store.cache.find(KEY)
        else:
            assert store.cache.find(KEY) == STORED
    assert limits.KEYS_STALE_MAX_S + limits.KEYS_DEADLINE_S < 60
    store.is_up = True
    assert store.after(limits.KEYS_RECHECK_S).find(KEY) == STORED


def test_a_new_key_works_at_once() -> None:
    """An unknown key has the keys fetched again, if the last fetch is not just past."""
    store = Store(STORED)
    store.cache.find(KEY)
    store.keys = (STORED, STORED_OTHER)
    assert store.after(1).find(OTHER) is None
    assert store.after(limits.KEYS_RECHECK_S).find(OTHER) == STORED_OTHER


def test_a_flood_of_wrong_keys_is_no_flood_of_calls() -> None:
    """10,000 wrong keys in three minutes cost hardly more calls than freshness does, and then it is over."""
    store = Store(STORED)
    for _ in range(10_000):
        assert store.after(180 / 10_000).find("lsk_wrong") is None
    assert 180 / limits.KEYS_FRESH_S <= store.fetches <= 180 / limits.KEYS_FRESH_S + 4
    store.after(limits.KEYS_FRESH_S).find(KEY)
    store.keys = (STORED, STORED_OTHER)
    assert store.after(limits.KEYS_RECHECK_S).find(OTHER) == STORED_OTHER


def test_a_store_that_is_down_is_not_asked_at_every_request() -> None:
    """Neither before the first fetch nor after it; every request is refused meanwhile."""
    store = Store(STORED)
    store.is_up = False
    for _ in range(1_000):
        with pytest.raises(KeysUnavailable):
            store.after(0.05).find(KEY)
    assert store.fetches <= 50 / limits.KEYS_RECHECK_S + 1


def fetcher(ssm: FakeSSM) -> Callable[[], tuple[AccessKey, ...]]:
    """Return what fetches all keys of a fake store."""
    return make_key_fetcher(ssm, Deadline(), "/keys")


def in_store(*keys: AccessKey) -> dict[str, str]:
    """Return the parameters of keys."""
    return {f"/keys/{key.key_id}": encode_key(key) for key in keys}


def test_all_pages_of_keys_are_read_up_to_the_limit_and_damaged_ones_left_out() -> None:
    """A key's id is its parameter's name."""
    keys = dict(make_key(("read",), "x", "now") for _ in range(25))
    ssm = FakeSSM(in_store(*keys.values()) | {"/keys/zz": "damaged"})
    assert set(fetcher(ssm)()) == set(keys.values())
    assert ssm.calls == 3
    many = FakeSSM({f"/keys/{number:03d}": encode_key(STORED) for number in range(200)})
    assert len(fetcher(many)()) == limits.KEYS_MAX
    assert many.calls == limits.KEYS_MAX / 10


@pytest.mark.parametrize("sizes", ((0, 0, 3, 0, 10, 1, 0, 7), (1,) * 25, (9,) * 6, (0,) * 20), ids=repr)
def test_keys_on_short_pages_are_read_too(sizes: tuple[int, ...]) -> None:
    """AWS: a page may hold fewer than were asked for, even none, while more follow."""
    keys = dict(make_key(("read",), "x", "now") for _ in range(25))
    ssm = FakeSSM(in_store(*keys.values()), sizes)
    assert set(fetcher(ssm)()) == set(keys.values())


def test_short_pages_bring_no_more_than_the_most_keys() -> None:
    """Wherever the limit falls in a page."""
    ssm = FakeSSM({f"/keys/{number:03d}": encode_key(STORED) for number in range(200)}, repeat(7))
    assert len(fetcher(ssm)()) == limits.KEYS_MAX


def test_pages_without_end_are_a_failure_of_the_store() -> None:
    """Some of the keys would do for all of them, and the others be refused."""
    ssm = FakeSSM(in_store(STORED), repeat(0))
    with pytest.raises(KeysUnavailable):
        fetcher(ssm)()
    assert ssm.calls == limits.KEYS_PAGES_MAX


@pytest.mark.parametrize(
    "error",
    (
        client_error("ThrottlingException", "x"),
        client_error("AccessDeniedException", "x"),
        EndpointConnectionError(endpoint_url="x"),
        DeadlinePassed(),
        # How botocore's parsers fail at a reply that is garbled: by their own error, or by Python's.
        ResponseParserError("x"),
        AttributeError("'list' object has no attribute 'get'"),
        TypeError("'int' object is not iterable"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ),
    ids=repr,
)
def test_a_store_that_can_not_be_read_lets_nobody_in(error: Exception) -> None:
    """Whatever the reason."""
    ssm = FakeSSM({})
    ssm.error = error
    with pytest.raises(KeysUnavailable):
        fetcher(ssm)()


@pytest.mark.parametrize(
    "reply",
    ({}, {"Parameters": [None]}, {"Parameters": [{}]}, {"Parameters": [{"Name": 5, "Value": 6}]}),
    ids=repr,
)
def test_a_garbled_reply_takes_the_place_of_no_keys(reply: dict[str, Any]) -> None:
    """Keys that are fresh enough go on working through it; with none known, it is a failure of the store."""
    ssm = FakeSSM(in_store(STORED))
    now_s = 1_000.0
    cache = KeyCache(fetcher(ssm), lambda: now_s)
    assert cache.find(KEY) == STORED
    ssm.reply = reply
    now_s += limits.KEYS_FRESH_S
    assert cache.find(KEY) == STORED
    with pytest.raises(KeysUnavailable):
        fetcher(ssm)()
