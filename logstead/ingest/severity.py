"""A sender's level -> `info`, `warning` or `error`. docs/protocols.md lists these tables; a test compares.

The level as sent is kept as an attribute by the caller; one that no table knows counts as info.
"""

from collections.abc import Mapping
from typing import Final

DEFAULT: Final = "info"

BY_NAME: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("trace", "verbose", "finest", "finer", "fine", "debug", "config", "info", "information", "notice"),
        "info",
    ),
    **dict.fromkeys(("informational", "success", "log", "t", "d", "v", "i", "n"), "info"),
    **dict.fromkeys(("warning", "warn", "w"), "warning"),
    **dict.fromkeys(("error", "err", "eror", "severe", "critical", "crit", "fatal", "panic"), "error"),
    **dict.fromkeys(("dpanic", "alert", "emergency", "emerg", "e", "f", "c"), "error"),
}
"""Names of levels in lower case: syslog, Python, Java, .NET, Go (zap, zerolog, slog, glog) and npm's."""

OTLP_NUMBERS: Final = (
    (1, 4, "TRACE", "info"),
    (5, 8, "DEBUG", "info"),
    (9, 12, "INFO", "info"),
    (13, 16, "WARN", "warning"),
    (17, 20, "ERROR", "error"),
    (21, 24, "FATAL", "error"),
)
"""OTLP's `severityNumber`: first, last, its name there, ours (OpenTelemetry's logs data model)."""

OTLP_NUMBER_NAMES: Final[Mapping[str, int]] = {
    f"SEVERITY_NUMBER_{name}{number - first + 1 if number > first else ''}": number
    for first, last, name, _ in OTLP_NUMBERS
    for number in range(first, last + 1)
}
"""The names of OTLP's numbers, such as SEVERITY_NUMBER_ERROR and SEVERITY_NUMBER_ERROR2."""

SYSLOG_NUMBERS: Final = ((0, 3, "error"), (4, 4, "warning"), (5, 7, "info"))
"""Levels from 0 to 7 (RFC 5424, section 6.2.1; GELF and journald use them)."""

PINO_NUMBERS: Final = ((10, 39, "info"), (40, 49, "warning"), (50, 69, "error"))
"""Levels from 10 to 69: pino's and bunyan's, with what lies between."""


def of_name(name: str) -> str | None:
    """Return the severity of a level's name (case and white space don't matter), or None."""
    return BY_NAME.get(name.strip().lower())


def of_otlp_number(number: int) -> str | None:
    """Return the severity of OTLP's `severityNumber`, or None for 0 (unspecified) and unknown ones."""
    return next((ours for first, last, _, ours in OTLP_NUMBERS if first <= number <= last), None)


def of_level(level: object) -> str | None:
    """Return the severity of a level as agents send it, a name or a number (as text too), or None."""
    if isinstance(level, str):
        known = of_name(level)
        if known is not None or not level.strip().isdecimal():
            return known
        level = int(level.strip()[:10])
    if isinstance(level, bool) or not isinstance(level, int | float):
        return None
    numbers = SYSLOG_NUMBERS + PINO_NUMBERS
    return next((ours for first, last, ours in numbers if first <= level <= last), None)
