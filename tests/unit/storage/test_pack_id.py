import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.storage.pack_id import (
    content_seed,
    derived_id,
    is_pack_id,
    keyed_seed,
    pack_id,
    pack_of,
    random_seed,
)

RECEIVED = "2026-02-09T21:50:20.846154+00:00"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 1_000))
def test_a_pack_id_is_a_uuid_of_version_8_with_room_for_positions(seed: bytes, ordinal: int) -> None:
    """Anything that reads UUIDs takes it, and adding a position changes the low 12 bits alone."""
    pack = pack_id(seed, ordinal)
    parsed = uuid.UUID(pack)
    assert str(parsed) == pack
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert parsed.int % 4_096 == 0
    assert is_pack_id(pack)


@given(st.integers(0, 4_095))
def test_a_derived_id_leads_back_to_its_pack(position: int) -> None:
    """The pack's id plus the position; found again with nothing stored."""
    pack = pack_id(b"seed", 0)
    entry_id = derived_id(pack, position)
    assert uuid.UUID(entry_id).int == uuid.UUID(pack).int + position
    assert pack_of(entry_id) == (pack, position)
    assert is_pack_id(entry_id) == (position == 0)


@pytest.mark.parametrize(
    "text",
    (
        "",
        "PACK#",
        "0e5f8a30-7b1c-4c3e-8d2f-000000000000",  # version 4
        "0e5f8a30-7b1c-8c3e-cd2f-000000000000",  # another variant
        "0E5F8A30-7B1C-8C3E-8D2F-000000000000",  # not as stored
        "0e5f8a30-7b1c-8c3e-8d2f-000000000000\n",
    ),
)
def test_other_texts_lead_to_no_pack(text: str) -> None:
    """Only a lower-case UUID of version 8 can be derived."""
    assert pack_of(text) is None
    assert not is_pack_id(text)


def test_a_batch_keeps_its_ids_for_ever() -> None:
    """Fixed values: a retry may reach newer code, and must find the packs that older code wrote."""
    assert pack_id(keyed_seed("caller", "key", RECEIVED), 0) == "2d986d15-327c-8331-8298-d44eb0000000"
    assert pack_id(keyed_seed("caller", "key", RECEIVED), 1) == "2d986d15-327c-8331-8298-d44eb0001000"
    assert pack_id(content_seed("caller", "/v1/logs", bytes(32)), 0) == "59061f72-2184-88fd-b194-c511b0000000"


def test_the_packs_of_a_batch_ascend() -> None:
    """By their ordinals, as far as a batch may have them; so equal times stand as they were sent."""
    seed = content_seed("caller", "/", bytes(32))
    ids = [pack_id(seed, ordinal) for ordinal in (*range(300), 65_535)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(map(is_pack_id, ids))
    with pytest.raises(ValueError, match="65536"):
        pack_id(seed, 65_536)


def test_what_tells_two_batches_apart_gives_them_other_packs() -> None:
    """Caller, key, its receipt, path, body and ordinal each count, and none runs into its neighbour."""
    seeds = [
        keyed_seed("ab", "c", "1"),
        keyed_seed("a", "bc", "1"),
        keyed_seed("ab", "d", "1"),
        keyed_seed("ab", "c", "2"),
        content_seed("ab", "c", b"d"),
        content_seed("ab", "cd", b""),
        content_seed("ab", "c", b"e"),
        random_seed(),
        random_seed(),
    ]
    packs = {pack_id(seed, ordinal) for seed in seeds for ordinal in range(300)}
    assert len(packs) == len(seeds) * 300


def test_a_key_of_any_characters_has_a_seed() -> None:
    """A header may hold what is no valid Unicode; that is no reason to fail."""
    assert keyed_seed("caller", "\ud800", "1") != keyed_seed("caller", "\ud801", "1")
