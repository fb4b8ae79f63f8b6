import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstead import limits
from logstead.errors import BodyTooLarge, MalformedBody
from logstead.ingest.json_object import decode_object
from logstead.ingest.json_rows import decode_rows
from logstead.ingest.json_split import split_array, split_lines, split_values

BROKEN: dict[str, tuple[bytes, str]] = {
    "a name twice": (b'{"a":1,"a":2}', "is given twice"),
    "a name twice inside": (b'{"a":{"b":{"c":1,"c":":"}}}', "is given twice"),
    "a name twice behind an escaped colon": (b'{"a":1,"a":2,"b":"\\u003a"}', "is given twice"),
    "not a number": (b'{"a":NaN}', "NaN is no JSON number"),
    "infinity": (b'{"a":[-Infinity]}', "no JSON number"),
    "a float out of range": (b'{"a":1e999}', "out of range"),
    "too many digits": (b'{"a":' + b"1" * 5_000 + b"}", "too many digits"),
    "deep nesting": (b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "too deep"),
    "broken UTF-8": (b'{"a":"\xff"}', "not UTF-8"),
    "a control character": (b'{"a":"\x01"}', "not JSON"),
    "broken syntax": (b'{"a":tru}', "not JSON"),
    "an array": (b"[1]", "no object"),
    "a number": (b"5", "no object"),
    "a text": (b'"{"', "no object"),
    "null": (b"null", "no object"),
}
GOOD = b'{"time":"21:50:20","nested":{"url":"http://x/:{}[]\\"","n":[1,{"b":2.5}]}}'
BIG = b'{"a":"' + b"x" * limits.BATCH_ENTRY_BYTES_MAX + b'"}'

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(st.text(max_size=3), json_values, max_size=4)


def never(_: object) -> bool:
    """Mend nothing."""
    return False


def always(_: object) -> bool:
    """Mend everything."""
    return True


def test_a_sound_row_is_what_the_strict_decoder_reads() -> None:
    """Colons, braces and quotes in texts are no reason for another answer; the size is that of the text."""
    (row,) = decode_rows([GOOD], mends=never)
    assert (row.fields, row.problems, row.size_bytes) == (decode_object(GOOD), (), len(GOOD))


@settings(max_examples=50)
@given(st.lists(json_objects, max_size=5), st.booleans())
def test_any_rows_are_what_the_strict_decoder_reads(values: list[Any], ascii_only: bool) -> None:  # noqa: FBT001
    """The fast way and the strict way give the same fields."""
    texts = [json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "replace") for value in values]
    rows = decode_rows(texts, mends=never)
    assert [row.fields for row in rows] == [decode_object(text) for text in texts]


@given(json_objects, st.text(max_size=3), json_values)
def test_a_name_given_twice_is_always_seen(value: dict[str, Any], name: str, other: object) -> None:
    """Wherever it is, and whatever the values are."""
    inner = json.dumps({**value, name: other})[:-1] + f",{json.dumps(name)}:1}}"
    for text in (inner, f'{{"x":[0,{inner}]}}'):
        (row,) = decode_rows([text.encode()], mends=never)
        assert row.fields is None
        assert all(problem.problem == "is given twice" for problem in row.problems)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_row_costs_itself_alone(kind: str) -> None:
    """In an array, in lines and one behind the other, its neighbours are read and its index is known."""
    text, problem = BROKEN[kind]
    bodies = [split_array(b"[" + b" , ".join((GOOD, text, GOOD)) + b"]\n")]
    bodies.append(split_lines(b"\r\n".join((GOOD, text, b"", GOOD))))
    if text.startswith(b"{"):
        bodies.append(split_values(GOOD + text + b" \n" + GOOD))
    for texts in bodies:
        rows = decode_rows(texts, mends=never)
        assert [row.fields is None for row in rows] == [False, True, False]
        assert problem in rows[1].problems[0].problem
        assert rows[1].size_bytes == len(texts[1])


def test_a_row_that_is_too_long_is_refused_unread() -> None:
    """The limit of an entry in a batch is by its text."""
    row, after = decode_rows([BIG, GOOD], mends=always)
    assert row.fields is None
    assert str(limits.BATCH_ENTRY_BYTES_MAX) in row.problems[0].problem
    assert after.fields is not None


MENDED: dict[str, tuple[bytes, dict[str, object]]] = {
    "a lone surrogate": (b'{"a":"x\\ud800y","\\udfff":1}', {"a": "x\ufffdy", "\ufffd": 1}),
    "a pair": (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    "broken UTF-8": (b'{"a":"x\xffy"}', {"a": "x\ufffdy"}),
    "no number": (b'{"a":[NaN,-Infinity,1e999]}', {"a": ["NaN", "-Infinity", "1e999"]}),
    "too many digits": (b'{"a":-' + b"1" * 5_000 + b',"b":1e3}', {"a": "-" + "1" * 5_000, "b": 1e3}),
    "all digits that Python reads": (b'{"a":[' + b"1" * 4_300 + b",NaN]}", {"a": [int("1" * 4_300), "NaN"]}),
    "a numbered name beside": (
        b'{"a":1,"a":2,"a#2":3,"a#2":4,"a":5,"a#4":6}',
        {"a": 1, "a#3": 2, "a#2": 3, "a#2#2": 4, "a#5": 5, "a#4": 6},
    ),
    "a name three times": (b'{"a":1,"a":2,"a":3}', {"a": 1, "a#2": 2, "a#3": 3}),
}


@pytest.mark.parametrize("kind", MENDED)
def test_an_agents_row_is_mended_where_nothing_is_lost(kind: str) -> None:
    """An agent would drop the row: its sound parts are worth more than its broken one."""
    text, fields = MENDED[kind]
    (row,) = decode_rows([text], mends=always)
    assert (row.fields, row.size_bytes) == (fields, len(text))


@pytest.mark.parametrize(
    "body",
    (
        b"[",
        b"[{}",
        b'[{"a":1}',
        b"[{},]",
        b"[{}{}]",
        b"[{}]{}",
        b"[{}] x",
        b"{}",
        b"",
        b"[NaN",
        b"[NaN,",
        b"[}]",
    ),
)
def test_an_array_that_breaks_off_is_refused_as_a_whole(body: bytes) -> None:
    """Its retry must not store its first part twice under other ids."""
    with pytest.raises(MalformedBody):
        split_array(body)


@pytest.mark.parametrize("body", (b"{", b"{}x", b'{"a":1}{"b"', b"{},{}", b"]"))
def test_objects_with_anything_between_are_refused_as_a_whole(body: bytes) -> None:
    """Where one ends can't be told."""
    with pytest.raises(MalformedBody):
        split_values(body)


def test_blank_lines_are_no_entries() -> None:
    """Not in their number either."""
    lines = [b'{"n":%d}' % number for number in range(30_000)]
    assert split_lines(b"\n\n".join(lines)) == split_lines(b"\n \t\r\n".join([*lines, b""])) == lines
    assert split_lines(b"\n" * 100_000) == []


@pytest.mark.parametrize("end", (b"", b"\n", b"\r\n\n"))
def test_as_many_lines_are_taken_as_a_batch_may_have(end: bytes) -> None:
    """And not one more, with a line break at the end or without."""
    most = [b"{}"] * limits.BATCH_ENTRIES_MAX
    assert len(split_lines(b"\n".join(most) + end)) == limits.BATCH_ENTRIES_MAX
    with pytest.raises(BodyTooLarge):
        split_lines(b"\n".join([*most, b"{}"]) + end)


@pytest.mark.parametrize(
    ("split", "body"),
    (
        (split_array, b"[" + b"{}," * limits.BATCH_ENTRIES_MAX + b"{}]"),
        (split_array, b"[" + b"1," * 9_000_000 + b"1]"),
        (split_array, b"[" + b"NaN," * 60_000 + b"1]"),
        (split_array, b'[{"a":[' + b"{}," * 6_000_000 + b"1]}]"),
        (split_lines, b"{}\n" * 60_000),
        (split_lines, b"{}\n \n" * 60_000),
        (split_values, b"{}" * 60_000),
        (split_values, b"{" * 9_000_000),
    ),
    ids=[
        "rows",
        "numbers",
        "broken rows",
        "containers",
        "lines",
        "lines between blank ones",
        "values",
        "braces",
    ],
)
def test_a_crowded_body_is_refused_before_it_takes_the_memory(split: Any, body: bytes) -> None:
    """Two bytes sent can take sixty decoded, so counts have limits of their own."""
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(BodyTooLarge):
        split(body)
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < 3
    assert peak < 8 * limits.INFLATED_BYTES_MAX


def test_many_broken_rows_take_time_in_proportion_to_the_body() -> None:
    """An error that counts the lines before it, once a row, would take the square of it."""
    row = b'{"a":1,b:2,"p":"' + b"x" * 400 + b'"}'
    for split, body in ((split_array, b"[" + b",".join([row] * 10_000) + b"]"), (split_values, row * 10_000)):
        began_s = time.process_time()
        assert split(body) == [row] * 10_000
        assert time.process_time() - began_s < 1.5


def test_a_number_of_any_length_has_an_end() -> None:
    """Beside a broken row it is one more, and doesn't cost the sound ones."""
    broken = b'{"a":tru}'
    for number in (b"1" * 5_000, b"-1.5e999"):
        assert split_array(b"[" + b",".join((broken, number, GOOD)) + b"]") == [broken, number, GOOD]


def test_a_text_that_is_never_closed_is_looked_through_once() -> None:
    """A body of escaped quotes takes time in proportion to its length, not to its square."""
    began_s = time.process_time()
    for opening in (b'{"a":"', b'[{"a":"'):
        with pytest.raises(MalformedBody):
            (split_array if opening.startswith(b"[") else split_values)(opening + b'\\"' * 500_000)
    assert time.process_time() - began_s < 5
