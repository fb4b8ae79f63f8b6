from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import Receipt, parse_date_time
from logstead.ingest.timestamp import EPOCH_UNITS, place_time, read_ns, read_time
from tests.unit.ingest.agent_service import RECEIPT

NOON = "2026-02-09T12:00:00.000000+00:00"
NOON_S = 1_770_638_400

FORMS: dict[object, tuple[str | None, int]] = {
    "2026-02-09T12:00:00Z": (NOON, 0),
    "2026-02-09T12:00:00.123456789Z": ("2026-02-09T12:00:00.123456+00:00", 789),
    "2026-02-09T12:00:00.1234567Z": ("2026-02-09T12:00:00.123456+00:00", 700),
    "2026-02-09T13:00:00.5+01:00": ("2026-02-09T12:00:00.500000+00:00", 0),
    "2026-02-09T13:00:00.5+0100": ("2026-02-09T12:00:00.500000+00:00", 0),
    "2026-02-09T13:00:00+01": (NOON, 0),
    "2026-02-09 12:00:00,250": ("2026-02-09T12:00:00.250000+00:00", 0),
    "2026-02-09T12:00:00": (NOON, 0),
    "2026-02-09 12:00:00 UTC": (NOON, 0),
    "2026-02-09 12:00:00 -0730": ("2026-02-09T19:30:00.000000+00:00", 0),
    NOON_S: (NOON, 0),
    NOON_S * 10**3: (NOON, 0),
    NOON_S * 10**6: (NOON, 0),
    NOON_S * 10**9 + 7: (NOON, 7),
    f"{NOON_S}": (NOON, 0),
    f"{NOON_S}.25": ("2026-02-09T12:00:00.250000+00:00", 0),
    f"{NOON_S}000.5": ("2026-02-09T12:00:00.000500+00:00", 0),
    NOON_S + 0.123456: ("2026-02-09T12:00:00.123456+00:00", 0),
    NOON_S + 0.1234567: ("2026-02-09T12:00:00.123456+00:00", 700),
    NOON_S * 1e9: (NOON, 0),
    -1.5: ("1969-12-31T23:59:58.500000+00:00", 0),
    0: ("1970-01-01T00:00:00.000000+00:00", 0),
    "2026-02-30T12:00:00Z": (None, 0),
    "2026-02-09T24:00:00Z": (None, 0),
    "2026-02-09": (None, 0),
    "yesterday": (None, 0),
    "": (None, 0),
    True: (None, 0),
    None: (None, 0),
    1e300: (None, 0),
    10**4_000: (None, 0),
    "9" * 5_000: (None, 0),
    "9" * 25: (None, 0),
}


@pytest.mark.parametrize("sent", FORMS, ids=lambda sent: str(sent)[:40] if not isinstance(sent, int) else "")
def test_a_time_is_read_in_every_form_that_agents_write(sent: object) -> None:
    """Near RFC 3339, or a number in the unit that its size tells; anything else is no time."""
    assert read_time(sent) == FORMS[sent]


@given(st.datetimes(datetime(1971, 1, 1), datetime(2286, 1, 1)), st.integers(0, 999))  # noqa: DTZ001
def test_every_form_of_one_time_is_the_same(moment: datetime, past: int) -> None:
    """Text and nanoseconds agree to the last digit, and what is not in `dateTime` is told."""
    ns = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    ) * 1_000 + past
    read = (moment.isoformat(timespec="microseconds") + "+00:00", past)
    text = f"{moment.isoformat(timespec='microseconds')}{past:03d}"
    assert read_ns(ns) == read
    assert read_time(text + "Z") == read_time(text + "+00:00") == read_time(text) == read
    if ns >= EPOCH_UNITS[-1][0]:
        assert read_time(ns) == read_time(str(ns)) == read


@given(
    st.text(max_size=30) | st.integers() | st.floats() | st.from_regex(r"[0-9T:Z.+-]{19,30}", fullmatch=True)
)
def test_no_value_breaks_the_reading_of_times(sent: object) -> None:
    """What is read is a time that an entry may have; what is not, is None."""
    text, nanoseconds = read_time(sent)
    assert text is None or parse_date_time(text) == text
    assert 0 <= nanoseconds < 1_000


@pytest.mark.parametrize("text", (None, "2026-02-09T22:05:20.846155+00:00"), ids=["none", "too far ahead"])
def test_a_time_that_cant_be_used_stays_as_it_was_sent(text: str | None) -> None:
    """The line is worth more than its clock: the service's own time takes its place."""
    fields: dict[str, object] = {}
    attributes: dict[str, object] = {}
    assert place_time(fields, attributes, (text, 5), ("ts", 77), RECEIPT) == text
    assert (fields, attributes) == ({}, {"ts": 77})


def test_a_time_that_can_be_used_leaves_its_nanoseconds() -> None:
    """So the original can be put together again; an attribute of that name is not overwritten."""
    receipt = Receipt(NOON, NOON.replace("12:00", "12:01"))
    fields: dict[str, object] = {}
    attributes: dict[str, object] = {}
    place_time(fields, attributes, (NOON, 5), ("ts", 77), receipt)
    assert (fields, attributes) == ({"dateTime": NOON}, {"nanoseconds": 5})
