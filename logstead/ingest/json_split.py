"""A JSON body -> the texts of its values: the elements of an array, lines, or values in a row.

Sound bodies are split by msgspec; broken ones by a scan that finds where each value ends, so that what is
broken costs itself alone. Each way stops at the limits of entries and of objects and arrays.
"""

import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Final

import msgspec

from logstead import limits
from logstead.errors import BodyTooLarge, MalformedBody
from logstead.ingest.batch import check_row_count

DECODE_FAILURES: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding JSON by msgspec may raise."""
_split_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_raw_decode: Final = JSONDecoder(parse_int=str, parse_float=str).raw_decode
"""Of what is no object or array: only its end is asked for, so a number of any length has one."""
_SPACE: Final = re.compile(r"[ \t\r\n]*")
# Up to the next bracket outside of texts, or to the end. Each part takes all it can and gives nothing back,
# and a closing quote may be missing: so no character is looked at twice, whatever is broken.
_TO_BRACKET: Final = re.compile(
    r'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?+[^"\[\]{}]*+)*+([\[\]{}]|\Z)', re.DOTALL
)
_BLANK_LINES: Final = re.compile(rb"\n\s+")
_COMMAS_MAX: Final = 1_000_000


def split_array(body: bytes) -> list[bytes]:
    """Return the texts of the elements of a JSON array.

    Raises:
        MalformedBody: it is no array, or ends inside of one.
        BodyTooLarge: it has too many elements, or objects and arrays.
    """
    check_containers(body)
    try:
        texts = [] if is_crowded(body) else list(map(bytes, _split_array(body)))
    except DECODE_FAILURES:
        texts = []
    texts = texts or list(_scan_array(body))
    check_row_count(len(texts))
    return texts


def split_lines(body: bytes) -> list[bytes]:
    """Return the lines of NDJSON, blank ones left out.

    Raises:
        BodyTooLarge: as `split_array`.
    """
    check_containers(body)
    if body.count(b"\n") >= limits.BATCH_ENTRIES_MAX:
        body = _BLANK_LINES.sub(b"\n", body).strip()
        check_row_count(body.count(b"\n") + bool(body))
    return [line for line in body.split(b"\n") if line and not line.isspace()]


def split_values(body: bytes) -> list[bytes]:
    """Return the texts of JSON objects that follow one another, with or without white space between.

    Raises:
        MalformedBody: there is something else between them, or the body ends inside of one.
        BodyTooLarge: as `split_array`.
    """
    check_containers(body)
    text = _text(body)
    texts: list[bytes] = []
    position = _skip_space(text, 0)
    while position < len(text):
        end = _end_of_value(text, position)
        texts.append(_bytes(text[position:end]))
        check_row_count(len(texts))
        position = _skip_space(text, end)
    return texts


def check_containers(body: bytes) -> None:
    """Refuse a JSON body of more objects and arrays than memory is meant for.

    Raises:
        BodyTooLarge: naming the limit.
    """
    most = len(body) // 2  # the shortest is `{}`: a usual body need not be counted
    if most > limits.BATCH_CONTAINERS_MAX < body.count(b"{") + body.count(b"["):
        raise BodyTooLarge(f"The body has more than {limits.BATCH_CONTAINERS_MAX} objects and arrays.")


def is_crowded(body: bytes) -> bool:
    """Tell whether an array may have so many elements that a scan which stops at the limit is called for."""
    return len(body) > _COMMAS_MAX < body.count(b",")


def _scan_array(body: bytes) -> Iterator[bytes]:
    """Yield the elements of an array that msgspec refuses, broken ones with their brackets' extent."""
    text = _text(body)
    position = _skip_space(text, 0)
    if not text.startswith("[", position):
        raise MalformedBody("The body is no JSON array.")
    position = _skip_space(text, position + 1)
    is_done = text.startswith("]", position)
    count = 0
    while not is_done:
        end = _end_of_value(text, position)
        yield _bytes(text[position:end])
        count += 1
        check_row_count(count)
        position = _skip_space(text, end)
        is_done = text.startswith("]", position)
        if not is_done and not text.startswith(",", position):
            raise MalformedBody(f"The body is no JSON array: after its element {count} it breaks off.")
        position = _skip_space(text, position + 1)
    if position + (count == 0) < len(text) and text[position:].strip("] \t\r\n"):
        raise MalformedBody("The body goes on after its JSON array.")


def _end_of_value(text: str, start: int) -> int:
    """Return where the JSON value at `start` ends, sound or not.

    Objects and arrays are not decoded: an error counts the lines before it, so that many broken ones would
    take time in proportion to the square of the body. Any other value that is broken ends the scan.

    Raises:
        MalformedBody: it can't be told.
    """
    if text.startswith(("{", "["), start):
        depth = 0
        for match in _TO_BRACKET.finditer(text, start):
            bracket = match[1]
            depth += (bracket in ("{", "[")) - (bracket in ("}", "]"))
            if depth == 0:
                return match.end()
            if not bracket:
                break
    else:
        try:
            return _raw_decode(text, start)[1]
        except ValueError:
            pass
    raise MalformedBody(f"The body is not JSON at character {start}.")


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _text(body: bytes) -> str:
    # Broken UTF-8 passes, so that it costs the row alone that has it.
    return body.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
