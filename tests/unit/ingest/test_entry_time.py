from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstead.entry import Receipt, date_time_text, parse_date_time, parse_entry
from logstead.errors import InvalidEntry

AWARE = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001  # as above
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@pytest.mark.parametrize(
    ("given_text", "stored"),
    (
        ("2026-02-09T21:50:20.846154+00:00", "2026-02-09T21:50:20.846154+00:00"),
        ("2026-02-09T21:50:20Z", "2026-02-09T21:50:20.000000+00:00"),
        ("2026-02-09t21:50:20z", "2026-02-09T21:50:20.000000+00:00"),
        ("2026-02-09 21:50:20Z", "2026-02-09T21:50:20.000000+00:00"),
        ("2026-02-09T21:50:20-00:00", "2026-02-09T21:50:20.000000+00:00"),
        ("2026-02-10T00:50:20.5+03:00", "2026-02-09T21:50:20.500000+00:00"),
        ("2026-02-09T21:50:20.1234569Z", "2026-02-09T21:50:20.123456+00:00"),
        ("2026-02-09T21:50:20.9999999Z", "2026-02-09T21:50:20.999999+00:00"),
        ("2026-02-09T21:50:20." + "1" * 1_000 + "Z", "2026-02-09T21:50:20.111111+00:00"),
        ("2024-02-29T23:59:59-23:59", "2024-03-01T23:58:59.000000+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000+00:00"),
        ("1969-07-20T20:17:40Z", "1969-07-20T20:17:40.000000+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000+00:00"),
        ("2016-12-31T18:59:60.25-05:00", "2017-01-01T00:00:00.250000+00:00"),
    ),
)
def test_an_rfc_3339_time_is_stored_as_utc_of_fixed_width(given_text: str, stored: str) -> None:
    """Offsets are applied, digits past microseconds cut; a leap second is the second after it."""
    assert parse_date_time(given_text) == stored


@pytest.mark.parametrize(
    ("text", "says"),
    (
        ("2026-02-09T21:50:20", "offset"),
        ("2026-02-09T21:50:20.846154", "offset"),
        ("", "RFC 3339"),
        ("now", "RFC 3339"),
        ("1770673820", "RFC 3339"),
        ("2026-02-09", "RFC 3339"),
        ("2026-02-09T21:50Z", "RFC 3339"),
        ("20260209T215020Z", "RFC 3339"),
        ("2026-W07-1T21:50:20Z", "RFC 3339"),
        ("2026-040T21:50:20Z", "RFC 3339"),
        ("26-02-09T21:50:20Z", "RFC 3339"),
        ("+2026-02-09T21:50:20Z", "RFC 3339"),
        ("2026-02-09T21:50:20,5Z", "RFC 3339"),
        ("2026-02-09T21:50:20.Z", "RFC 3339"),
        ("2026-02-09T21:50:20+01", "RFC 3339"),
        ("2026-02-09T21:50:20+0100", "RFC 3339"),
        ("2026-02-09T21:50:20+24:00", "RFC 3339"),
        ("2026-02-09T21:50:20+01:60", "RFC 3339"),
        ("2026-02-09T21:50:20 UTC", "RFC 3339"),
        ("2026-02-09T21:50:20Z ", "RFC 3339"),
        ("2026-02-09T21:50:20Z\n", "RFC 3339"),
        ("2026-02-09_21:50:20Z", "RFC 3339"),
        ("2026-02-09T24:00:00Z", "RFC 3339"),
        ("2026-02-09T21:60:00Z", "RFC 3339"),
        ("2026-02-09T21:50:61Z", "RFC 3339"),
        ("\u0662026-02-09T21:50:20Z", "RFC 3339"),
        ("2026-02-30T21:50:20Z", "calendar"),
        ("2026-13-01T21:50:20Z", "calendar"),
        ("2025-02-29T21:50:20Z", "calendar"),
        ("0000-01-01T00:00:00Z", "calendar"),
        ("0001-01-01T00:00:00+00:01", "years"),
        ("9999-12-31T23:59:59-00:01", "years"),
        ("9999-12-31T23:59:60Z", "years"),
        ("2026-02-09T21:50:60Z", "leap"),
        ("2016-12-31T23:59:60+01:00", "leap"),
    ),
)
def test_what_is_no_rfc_3339_time_with_an_offset_is_told_why(text: str, says: str) -> None:
    """Each kind of bad time has its own words."""
    with pytest.raises(ValueError, match=says):
        parse_date_time(text)


@pytest.mark.parametrize(
    ("ahead_s", "is_taken"), ((0, True), (899.999999, True), (900, True), (900.000001, False))
)
def test_a_time_may_lie_15_minutes_ahead_and_no_more(ahead_s: float, *, is_taken: bool) -> None:
    """The limit itself is allowed; one microsecond more is a problem of `dateTime`."""
    now = datetime(2026, 2, 9, 21, 50, 20, 846154, UTC)
    moment = (now + timedelta(seconds=ahead_s)).isoformat()
    fields: dict[str, object] = {"severity": "info", "message": "m", "dateTime": moment}
    if is_taken:
        assert parse_entry(fields, Receipt.at(now), str).date_time == date_time_text(
            datetime.fromisoformat(moment)
        )
        return
    with pytest.raises(InvalidEntry) as caught:
        parse_entry(fields, Receipt.at(now), str)
    assert [one.field for one in caught.value.problems] == ["dateTime"]


@given(AWARE, AWARE)
def test_the_order_of_the_text_is_the_order_of_time(one: datetime, other: datetime) -> None:
    """Stored texts compare as the moments that they are, whatever offsets they came with."""
    texts = [parse_date_time(moment.isoformat()) for moment in (one, other)]
    assert (texts[0] < texts[1]) is (one < other)
    assert (texts[0] == texts[1]) is (one == other)


@given(AWARE)
def test_the_stored_text_is_32_characters_and_reads_as_itself(moment: datetime) -> None:
    """Fixed width, UTC, microseconds; parsing it again changes nothing, and no moment is lost."""
    text = parse_date_time(moment.isoformat())
    assert len(text) == 32
    assert text.endswith("+00:00")
    assert parse_date_time(text) == text
    assert datetime.fromisoformat(text) == moment


@given(st.text(alphabet="0123456789-+:.TtZz \u0661", max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    """No text makes parsing fail in another way."""
    try:
        assert len(parse_date_time(text)) == 32
    except ValueError as error:
        assert str(error)  # noqa: PT017  # both outcomes are right
