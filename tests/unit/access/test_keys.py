"""Access keys: made, stored, presented, compared."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.access.keys import (
    AccessKey,
    decode_key,
    encode_key,
    key_hash,
    make_key,
    matching_key,
    presented_key,
)

CREATED = "2026-02-09T21:50:20.846154+00:00"


def basic(text: str) -> str:
    """Return base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def test_a_key_has_256_random_bits_and_is_stored_by_its_hash_alone() -> None:
    """What is stored gives no key back; no two keys are alike."""
    made = [make_key(("write",), "ci", CREATED) for _ in range(50)]
    assert len({key for key, _ in made}) == 50
    for key, stored in made:
        prefix, key_id, secret = key.split("_", 2)
        assert (prefix, key_id) == ("lsk", stored.key_id)
        assert len(base64.urlsafe_b64decode(secret + "=")) == 32
        assert secret not in encode_key(stored)
        assert stored.sha256 == key_hash(key)


def test_a_stored_key_survives_its_text() -> None:
    """Scopes, label and time of making included."""
    _, stored = make_key(("write", "read"), "caf\u00e9", CREATED)
    assert decode_key(stored.key_id, encode_key(stored)) == stored


@pytest.mark.parametrize(
    "text", ("", "x", "[]", "null", "1", "{}", '{"sha256":"x"}', '{"sha256":"x","scopes":5}')
)
def test_a_damaged_stored_key_lets_nobody_in(text: str) -> None:
    """It is no key, and no failure either: the other keys go on working."""
    assert decode_key("0123abcd", text) is None


@given(st.text())
def test_any_stored_text_is_a_key_or_none(text: str) -> None:
    """Whatever stands in the store, reading it raises nothing."""
    assert decode_key("x", text) is None or json.loads(text)


def test_only_the_whole_key_matches() -> None:
    """Not its id, not a part, not its hash, not another case; two live keys work side by side."""
    (one, stored_one), (other, stored_other) = (make_key(("read",), "x", CREATED) for _ in range(2))
    keys = (stored_one, stored_other)
    assert matching_key(keys, one) == stored_one
    assert matching_key(keys, other) == stored_other
    for wrong in (
        "",
        one[:-1],
        one + "x",
        one.upper(),
        stored_one.sha256,
        stored_one.key_id,
        "\ud800",
        one + "\0",
    ):
        assert matching_key(keys, wrong) is None
    assert matching_key((), one) is None


def test_a_stored_hash_that_is_none_matches_nothing() -> None:
    """An empty or foreign hash in the store is no open door."""
    for damaged in ("", "\u00e9", key_hash("")):
        assert matching_key([AccessKey("x", damaged, ("write",), "", "")], "x") is None


@pytest.mark.parametrize(
    ("headers", "key"),
    (
        ({"authorization": "Bearer lsk_1"}, "lsk_1"),
        ({"authorization": "bearer  lsk_1 "}, "lsk_1"),
        ({"authorization": "Basic " + basic("user:lsk_1")}, "lsk_1"),
        ({"authorization": "Basic " + basic(":lsk_1")}, "lsk_1"),
        ({"authorization": "Basic " + basic("user:lsk_1:2")}, "lsk_1:2"),
        ({"authorization": "ApiKey lsk_1"}, "lsk_1"),
        ({"authorization": "ApiKey " + basic("id:lsk_1")}, "lsk_1"),
        ({"x-amz-firehose-access-key": "lsk_1"}, "lsk_1"),
        ({}, None),
        ({"authorization": ""}, None),
        ({"authorization": "lsk_1"}, None),
        ({"authorization": "Bearer"}, None),
        ({"authorization": "Bearer "}, None),
        ({"authorization": "Digest lsk_1"}, None),
        ({"authorization": "Basic lsk_1"}, None),
        ({"authorization": "Basic " + basic("lsk_1")}, None),
        ({"authorization": "Basic " + basic("user:")}, None),
        ({"authorization": "Basic %%%"}, None),
        ({"authorization": "Basic /w=="}, None),
        ({"authorization": "ApiKey " + basic("lsk_1")}, None),
        ({"authorization": "Bearer\u00a0lsk_1"}, None),
        ({"x-api-key": "lsk_1"}, None),
    ),
)
def test_a_key_is_taken_as_the_agents_send_it(headers: dict[str, str], key: str | None) -> None:
    """Bearer, Basic password, ApiKey in both forms, Firehose's header; nothing else."""
    assert presented_key(headers) == key


@given(st.dictionaries(st.sampled_from(["authorization", "x-amz-firehose-access-key"]), st.text()))
def test_any_header_is_a_key_or_none(headers: dict[str, str]) -> None:
    """A forged header raises nothing."""
    found: Any = presented_key(headers)
    assert found is None or found
