"""Times as agents send them -> `dateTime` text, with the nanoseconds that it has no room for.

Digits past microseconds are cut, never rounded, so that a time never moves into the next second; the last
three of nanoseconds are kept as the attribute `nanoseconds`. What can't be `dateTime` (no time at all,
outside of the years 1 to 9999, or further ahead of the clock than an entry may be) is left to the service's
own clock, and stays as an attribute. A retry of a batch with a time too far ahead is known by that time.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from logstead.entry import Receipt, minute_of, parse_date_time

NS_PER_S: Final = 1_000_000_000

EPOCH_UNITS: Final = (
    (10**11, "seconds", 1),
    (10**14, "milliseconds", 10**3),
    (10**17, "microseconds", 10**6),
)
"""A number below the bound is in that unit, a larger one in nanoseconds; each holds until the year 5138."""

NANOSECONDS: Final = "nanoseconds"
"""The attribute of what `dateTime` has no digits for: 1 to 999."""

Read = tuple[str | None, int]
"""`dateTime` text (None: there is no such time), and the nanoseconds past it."""

_NUMBER_MAX: Final = 10**30
_NOTHING: Final[Read] = (None, 0)
_NANOSECONDS: Final = re.compile(r"[.,][0-9]{6}([0-9]{1,3})")
_LOOSE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9})[0-9]*)? ?"
    r"(?:([Zz]|UTC)|([+-][0-9]{2}):?([0-9]{2})?)?"
)
_NUMBER: Final = re.compile(r"-?[0-9]{1,25}(\.[0-9]{1,25})?")


def read_ns(ns: int) -> Read:
    """Return the time of nanoseconds since 1970."""
    seconds, rest = divmod(ns, NS_PER_S)
    try:
        return f"{_second(seconds)}.{rest // 1000:06d}+00:00", rest % 1000
    except (ValueError, OverflowError, OSError):
        return _NOTHING


def read_time(value: object) -> Read:
    """Return a time as an agent writes it.

    Texts are RFC 3339, or near it: no offset means UTC, `+0100` and a comma before the fraction are taken.
    Numbers, as text too, are counted from 1970 in the unit that their size tells (`EPOCH_UNITS`).
    """
    if isinstance(value, str):
        return _read_text(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -_NUMBER_MAX < value < _NUMBER_MAX
    ):
        return _NOTHING
    # The shortest decimal of a double is what was sent; one written with an exponent has no fraction to lose.
    text = repr(value)
    return _read_decimal(str(int(value)) if "e" in text else text)


def place_time(
    fields: dict[str, object],
    attributes: dict[str, object],
    read: Read,
    sent: tuple[str, object],
    receipt: Receipt,
) -> str | None:
    """Put a time that was read into `dateTime`; where it can't be, keep it as sent, by name.

    Return the time, also where it lies too far ahead. Whole minutes do or don't, as the packs of a batch are
    cut by them: the last one that `Receipt.latest` is in does, since a part of it is not over.
    """
    text, nanoseconds = read
    if text is None:
        attributes.setdefault(*sent)
        return None
    if minute_of(text) >= minute_of(receipt.latest):
        attributes.setdefault(*sent)
        return text
    fields["dateTime"] = text
    if nanoseconds:
        attributes.setdefault(NANOSECONDS, nanoseconds)
    return text


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


@lru_cache(maxsize=1024)
def _is_second(text: str) -> bool:
    """Tell whether a text is a second that exists, such as `2026-02-09T21:50:20`."""
    try:
        return text[10] == "T" and datetime.fromisoformat(text).replace(tzinfo=None).isoformat() == text
    except ValueError:
        return False


def _read_text(text: str) -> Read:
    # The usual form, by slices: a quarter of the time that the general way takes.
    second, point, fraction = text[:19], text[19:20], text[20:-1]
    if (
        point == "."
        and text[-1] == "Z"
        and fraction.isdecimal()
        and fraction.isascii()
        and _is_second(second)
    ):
        return f"{second}.{fraction[:6]:0<6}+00:00", int(f"{fraction[6:9]:0<3}")
    past = _NANOSECONDS.search(text)
    nanoseconds = int(f"{past[1]:0<3}") if past else 0
    try:
        return parse_date_time(text), nanoseconds
    except ValueError:
        pass
    if _NUMBER.fullmatch(text):
        return _read_decimal(text)
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        return _NOTHING
    day, time, fraction, utc, hours, minutes = match.groups()
    offset = "Z" if utc or hours is None else f"{hours}:{minutes or '00'}"
    try:
        return parse_date_time(f"{day}T{time}.{fraction or '0'}{offset}"), nanoseconds
    except ValueError:
        return _NOTHING


def _read_decimal(text: str) -> Read:
    """Read a decimal number of the unit that its size tells; exact, by whole numbers."""
    whole, _, fraction = text.partition(".")
    per_second = next((per for bound, _, per in EPOCH_UNITS if abs(int(whole)) < bound), NS_PER_S)
    return read_ns(int(whole + fraction) * (NS_PER_S // per_second) // 10 ** len(fraction))
