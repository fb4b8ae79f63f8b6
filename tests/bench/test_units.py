import pytest

from bench.units import get_units, is_indexed, item_bytes, query_units, stored_bytes, write_units
from logstead.storage.item import Item


def item(size: int, *, indexed: bool = False) -> Item:
    """Return an item of so many bytes."""
    made: Item = {"LogType": {"S": "LOG"}} if indexed else {}
    return made | {"M": {"S": "x" * (size - item_bytes(made) - 1)}}


@pytest.mark.parametrize(
    ("value", "size"),
    (
        ({"S": "abc"}, 3),
        ({"S": "\u00e9"}, 2),
        ({"B": b"abc"}, 3),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1234567"}, 5),
        ({"N": "-12"}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "abc"}, {"S": "d"}]}, 9),
    ),
)
def test_an_item_has_the_size_that_dynamodb_publishes(value: dict[str, object], size: int) -> None:
    """Names count, text counts in UTF-8, two digits take a byte, lists have overhead."""
    assert item_bytes({"Name": value}) == 4 + size


def test_a_value_of_an_unknown_type_is_refused() -> None:
    """No figure is made up."""
    with pytest.raises(ValueError, match="type M"):
        item_bytes({"a": {"M": {}}})


@pytest.mark.parametrize(("size", "units"), ((1_024, 1), (1_025, 2), (30_000, 30)))
def test_a_write_is_billed_by_each_started_kb_and_again_in_the_index(size: int, units: int) -> None:
    """A body is outside of the index."""
    assert write_units(item(size)) == units
    assert write_units(item(size, indexed=True)) == 2 * units
    assert is_indexed(item(size, indexed=True))


def test_storage_has_overhead_for_each_item_and_each_index() -> None:
    """100 bytes."""
    assert stored_bytes(item(1_000)) == 1_100
    assert stored_bytes(item(1_000, indexed=True)) == 2_200


def test_a_query_is_billed_by_its_sum_and_a_get_by_each_item() -> None:
    """Half a unit for 4 KB, as both are eventually consistent."""
    assert query_units([item(100)] * 50) == 1
    assert get_units([item(100), item(4_097)]) == 1.5
