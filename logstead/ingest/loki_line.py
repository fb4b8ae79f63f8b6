"""What both encodings of Loki's push are read into, and the text form of a stream's labels."""

import re
from typing import Final, NamedTuple


class Stream(NamedTuple):
    """What the lines of one stream have in common, and the bytes it took."""

    labels: dict[str, object]
    size_bytes: int


class Line(NamedTuple):
    """One line, its time in nanoseconds since 1970, and its structured metadata."""

    time_ns: int
    text: str
    metadata: dict[str, object]


_LABEL: Final = re.compile(
    r'\s*([a-zA-Z_:][\w:.]*)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|`([^`]*)`)\s*(?:,|$)', re.DOTALL | re.ASCII
)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_NAMED: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CODE_POINT_MAX: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


def read_labels(text: str) -> dict[str, object]:
    r"""Return the labels in a text such as `{app="orders", level="info"}`, values quoted as in Go.

    A text that is no such set is kept whole, as the label `labels`.
    """
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        return {"labels": text} if inner else {}
    labels: dict[str, object] = {}
    inner, position = inner[1:-1].rstrip(), 0
    while position < len(inner):
        match = _LABEL.match(inner, position)
        if match is None:
            return {"labels": text}
        name, quoted, raw = match.groups()
        labels[name] = raw if quoted is None else _ESCAPE.sub(_unescape, quoted)
        position = match.end()
    return labels


def _unescape(match: re.Match[str]) -> str:
    byte, short, long, octal, single = match.groups()
    if single is not None:
        return _NAMED.get(single, single)
    number = int(octal, 8) if octal is not None else int(byte or short or long, 16)
    return chr(number) if number <= _CODE_POINT_MAX and number not in _SURROGATES else "\ufffd"
