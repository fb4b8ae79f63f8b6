"""What a search finds, against plain Python: in single messages and in those of a pack, joined."""
# ruff: noqa: RUF001  # letters that look alike are the point

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead import limits
from logstead.errors import InvalidParameter
from logstead.read.search import BadSearch, MessageSearch, Regex, Substring, SubstringOfAnyCase

ALPHABET = "abAB \nßẞsSKk\u212aſÿé\u0301ΣςσİiıǰŉﬁⅣ中😀\U0010ffff"
TEXTS = st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=["Cs"]), max_size=8)
MESSAGES = st.lists(TEXTS, min_size=1, max_size=12)
WANTED = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=3)


def joined(messages: list[str]) -> bytes:
    """Return the messages as a pack holds them."""
    return b"\xff".join(message.encode() for message in messages)


def found(search: MessageSearch, messages: list[str]) -> list[int]:
    """Return the rows found in a pack, which are those found one by one."""
    rows = search.rows(joined(messages))
    assert rows == [row for row, message in enumerate(messages) if search.matches(message)]
    return rows


@given(MESSAGES, WANTED)
def test_a_substring_is_found_in_its_own_row_and_in_no_other(messages: list[str], wanted: str) -> None:
    """As `in` finds it, also at the ends, several times in a row, and never across two messages."""
    expected = [row for row, message in enumerate(messages) if wanted in message]
    assert found(Substring(wanted), messages) == expected


@given(MESSAGES, WANTED)
def test_any_case_is_full_case_folding(messages: list[str], wanted: str) -> None:
    """As `in` finds the folded text in the folded message, whichever of both is ASCII."""
    expected = [row for row, message in enumerate(messages) if wanted.casefold() in message.casefold()]
    assert found(SubstringOfAnyCase(wanted), messages) == expected


@pytest.mark.parametrize(
    ("wanted", "message", "is_found"),
    (
        ("error", "ERROR: disk", True),
        ("STRASSE", "Straße", True),
        ("straße", "STRASSE", True),
        ("kelvin", "\u212aELVIN", True),
        ("GRÖSSE", "größe", True),
        ("é", "e\u0301", False),  # one character and two
        ("i", "İ", True),  # which folds to i and a dot above
        ("ı", "I", False),
        ("σ", "ΟΔΟΣ", True),
        ("ς", "ΟΔΟΣ", True),
    ),
)
def test_what_any_case_makes_equal(wanted: str, message: str, is_found: bool) -> None:  # noqa: FBT001
    """The examples that people ask about."""
    assert found(SubstringOfAnyCase(wanted), ["x", message, "y"]) == [1] * is_found


ATOMS = st.sampled_from(
    [
        *(
            "a",
            "b",
            "A",
            "é",
            "中",
            ".",
            "(?s:.)",
            r"\w",
            r"\W",
            r"\s",
            "[^a]",
            "[^\\n]",
            "[ab]",
            r"\pL",
            "ß",
        ),
        *("^", "$", r"\A", r"\z", r"\b", r"\B", "(?m:^)", "(?m:$)", "(?:)", r"\Qa\E", "[$^]", r"\^", r"\[^a"),
    ]
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "*?"])
PATTERNS = st.recursive(
    st.builds(str.__add__, ATOMS, REPEATS),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, REPEATS),
    ),
    max_leaves=5,
)


@given(MESSAGES, PATTERNS, st.booleans())
def test_an_expression_finds_the_same_rows_joined_as_one_by_one(
    messages: list[str],
    pattern: str,
    ignores_case: bool,  # noqa: FBT001
) -> None:
    """Whatever looks at ends, at words' edges, or matches nothing or anything."""
    try:
        search = Regex(pattern, ignores_case=ignores_case)
    except BadSearch:
        return  # such as a repeat of a repeat
    found(search, messages)


@given(MESSAGES, st.sampled_from(["a+b", "[ab]c?", "^a", "a$", "(a|é)b", "a.b", "", "(?i)ab", r"\n"]))
def test_an_expression_finds_what_pythons_own_finds(messages: list[str], pattern: str) -> None:
    """For expressions that both engines mean alike; Python's $ is RE2's only without a last line's end."""
    flags = re.ASCII if "(?i)" in pattern else 0
    pattern_of_python = pattern.replace("$", r"\Z")
    expected = [row for row, text in enumerate(messages) if re.search(pattern_of_python, text, flags)]
    if "(?i)" not in pattern:
        assert found(Regex(pattern), messages) == expected
    else:
        assert set(expected) <= set(found(Regex(pattern), messages))


@pytest.mark.parametrize("share", (0.0, 0.01, 0.5, 1.0))
def test_rare_and_common_words_are_all_found(share: float) -> None:
    """Whether no row holds one, or every row does."""
    rnd = random.Random(1)
    messages = ["word" if rnd.random() < share else "other" for _ in range(300)]
    expected = [row for row, message in enumerate(messages) if message == "word"]
    assert found(Substring("word"), messages) == expected
    assert found(SubstringOfAnyCase("WORD"), messages) == expected


@pytest.mark.parametrize("pattern", ("a", "^a", "b$", r"\bab\b", "(?s).", r"\C", r"(?s)a.*\Cb", r"\Qa\E"))
def test_large_packs_are_searched_to_their_end(pattern: str) -> None:
    """Beyond the bytes that are given to RE2 at a time, whose ends are ends of rows."""
    rnd = random.Random(1)
    messages = ["".join(rnd.choice("ab cé\n") for _ in range(rnd.randrange(200))) for _ in range(2_000)]
    messages[500] = "ab" * 100_000
    found(Regex(pattern), messages)


def test_no_expression_matches_the_separator() -> None:
    """Nor any row without its help."""
    for pattern in (r"a\Cb", r"a(?s:.)b", r"a[^c]b", r"a\x{ff}b", r"a\W?b", "a.?b"):
        assert found(Regex(pattern), ["a", "b", "a\n", "xb"]) == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    (
        ("(", "missing ): ("),
        ("a**", "bad repetition operator: **"),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("(?=a)", "invalid perl operator: (?="),
        ("é(", "missing ): é("),
        ("\ud800", "lone surrogate"),
        ("(?:a{1000})+(?:b{900})", "steps of RE2; 1,500 are taken"),
        (r"\pL{1000}", "pattern too large"),
        ("a{1001}", "invalid repetition size"),
        ("(" * 1000, "nested too deeply|missing"),
    ),
)
def test_a_bad_expression_says_why(pattern: str, reason: str) -> None:
    """In RE2's own words, where they are RE2's."""
    with pytest.raises(BadSearch, match=reason if "|" in reason else re.escape(reason)):
        Regex(pattern)


@pytest.mark.parametrize(
    "pattern", ("(a+)+$", "(a|a)*$", "(a*)*b", "(.*)(.*)(.*)(.*)[^a]$", "(?:a?){300}a{300}b")
)
def test_no_expression_backtracks_for_ever(pattern: str) -> None:
    """What takes other engines longer than the universe has lasted takes a moment."""
    start = time.process_time()
    for message in ("a" * 100_000, "a" * 100_000 + "!"):
        Regex(pattern).matches(message)
    assert time.process_time() - start < 5


def test_a_slow_expression_ends_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cost is bounded by that of one part, and then told as a problem of the parameter."""
    monkeypatch.setattr(limits, "REGEX_S_MAX", 0.2)
    rnd = random.Random(1)
    messages = ["".join(rnd.choice("ab") for _ in range(1_000)) for _ in range(4_000)]
    start = time.process_time()
    with pytest.raises(InvalidParameter) as raised:
        Regex("[ab]*a[ab]{100}c").rows(joined(messages))
    assert [problem.field for problem in raised.value.problems] == ["regex"]
    assert time.process_time() - start < 5


def test_a_search_keeps_no_more_memory_than_its_own_expression() -> None:
    """RE2's module would keep the last 128, of 8 MB each."""
    import re2  # noqa: PLC0415

    for number in range(3):
        Regex(f"a{number}")
    assert re2._Regexp._make.cache_info().currsize <= 1  # noqa: SLF001
