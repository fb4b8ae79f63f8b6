"""Many JSON texts -> rows: fast where they are sound, and strict where one may not be.

msgspec decodes; it reads a name given twice as its last value. What is written back as it was sent has lost
no name. For what was sent with spaces, colons are counted: a name outside of texts is followed by one, so a
decoded row written back has fewer colons than were sent exactly when a name was given twice.
Rows that msgspec refuses (NaN, lone surrogates, numbers out of range, deep nesting) and rows of too few
colons are decoded again by `json_object`, which says what is wrong with them.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from itertools import repeat
from typing import Final, TypeVar, cast

import msgspec

from logstead import limits
from logstead.errors import FieldProblem, MalformedBody
from logstead.ingest.batch import DecodedRow, check_row_count, too_long, undecodable
from logstead.ingest.json_object import decode_object
from logstead.ingest.json_split import DECODE_FAILURES, check_containers, is_crowded

Fields = dict[str, object]
Decoded = TypeVar("Decoded")
Accepts = Callable[[Fields], bool]

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
_encode_lines: Final = msgspec.json.Encoder().encode_lines
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decode_rows(texts: list[bytes], *, mends: Accepts) -> list[DecodedRow]:
    """Return a row for each JSON text, in order; one that is no object, or is broken, costs itself alone.

    `mends` tells of which objects what is broken inside is mended, as agents drop what is refused: U+FFFD
    stands for broken UTF-8 and lone surrogates, text for NaN and numbers out of range, and of a name given
    twice the second becomes `name#2`. In other objects these are problems.
    """
    sizes = list(map(len, texts))
    try:
        values = list(map(_decode, texts)) if max(sizes, default=0) <= limits.BATCH_ENTRY_BYTES_MAX else []
    except DECODE_FAILURES:
        values = []
    if set(map(type, values)) == {dict} and _are_sound(values, texts):
        return list(map(DecodedRow, values, repeat(()), sizes))
    return [_decode_row(text, mends) for text in texts]


def decode_array(body: bytes) -> list[DecodedRow] | None:
    """Return the rows of a sound array of objects, decoded at once; None for anything else.

    A row's size is that of its JSON as written back: it is known at once, and is the same for a retry.

    Raises:
        BodyTooLarge: as `split_array`.
    """
    check_containers(body)
    if not body.startswith(b"[") or is_crowded(body):
        return None
    try:
        values = _decode(body)
        if type(values) is not list or set(map(type, values)) != {dict}:
            return None
        texts = list(map(_encode, values))
    except DECODE_FAILURES:
        return None
    check_row_count(len(values))
    sizes = list(map(len, texts))
    if max(sizes) > limits.BATCH_ENTRY_BYTES_MAX or not _is_whole(b"[%b]" % b",".join(texts), body):
        return None
    return list(map(DecodedRow, values, repeat(()), sizes))


def decode_mending(text: bytes, decode: Callable[[bytes], Decoded]) -> Decoded:
    """Decode an agent's JSON; where that fails, once more with what `decode_rows` mends for agents.

    Raises:
        one of DECODE_FAILURES: it is no such JSON, mended or not.
    """
    try:
        return decode(text)
    except DECODE_FAILURES:
        mended = _mended(text)
        return decode(text if mended is None else _encode(mended))


def _decode_row(text: bytes, mends: Accepts) -> DecodedRow:
    if len(text) > limits.BATCH_ENTRY_BYTES_MAX:
        return too_long(len(text))
    try:
        value = _decode(text)
    except DECODE_FAILURES:
        value = None
    if isinstance(value, dict) and _is_sound(value, text):
        return DecodedRow(value, (), len(text))
    return _decode_strictly(text, mends)


def _are_sound(values: list[Fields], texts: list[bytes]) -> bool:
    """Tell whether no name was given twice in any of the rows."""
    try:
        return _is_whole(_encode_lines(values), b"\n".join([*texts, b""]))
    except RecursionError:
        return False


def _is_sound(value: object, text: bytes) -> bool:
    """Tell whether no name was given twice."""
    try:
        return _is_whole(_encode(value), text)
    except RecursionError:
        return False


def _is_whole(written_back: bytes, text: bytes) -> bool:
    r"""Tell whether all names are still there; an escaped colon (`\u003a`) could hide one, so it tells no."""
    if written_back == text:  # most clients send no spaces; to compare takes a thirtieth of the counting
        return True
    # From the right, as CPython is then led by the backslash, which is rare: twice as fast.
    return text.rfind(b"\\u003") < 0 and written_back.count(b":") == text.count(b":")


def _decode_strictly(text: bytes, mends: Accepts) -> DecodedRow:
    try:
        try:
            fields = decode_object(text)
        except MalformedBody as error:
            mended = _mended(text)
            if not isinstance(mended, dict) or not mends(mended):
                return DecodedRow(None, _problems_of(error), len(text))
            return DecodedRow(mended, (), len(text))
        return DecodedRow(cast("Fields", _mended_texts(fields)) if mends(fields) else fields, (), len(text))
    except RecursionError:
        return undecodable("nests too deep", len(text))


def _mended(text: bytes) -> object:
    """Return a JSON text's value with all that is mended for agents, or None where it is no JSON."""
    try:
        value = json.loads(
            text.decode("utf-8", "surrogateescape"),
            object_pairs_hook=_renamed,
            parse_constant=str,
            parse_float=_float_or_text,
            parse_int=_whole_or_text,
        )
    except ValueError:
        return None
    return _mended_texts(value)


def _mended_texts(value: object) -> object:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended_texts(one) for one in value]
    if isinstance(value, dict):
        return {_LONE_SURROGATE.sub("\ufffd", name): _mended_texts(one) for name, one in value.items()}
    return value


def _renamed(pairs: list[tuple[str, object]]) -> Fields:
    """Keep what is given twice (Fluent Bit's merged logs do) under numbered names: `time`, `time#2`.

    A number is passed over where the sender has a name with it.
    """
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    given, kept, times = fields, Fields(), Counter[str]()
    for name, value in pairs:
        times[name] += 1
        while times[name] > 1 and f"{name}#{times[name]}" in given:
            times[name] += 1
        kept[name if times[name] == 1 else f"{name}#{times[name]}"] = value
    return kept


def _float_or_text(digits: str) -> float | str:
    number = float(digits)
    return digits if math.isinf(number) else number


def _whole_or_text(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # Python reads no integer of more than 4,300 digits
        return digits


def _problems_of(error: MalformedBody) -> tuple[FieldProblem, ...]:
    return error.problems or (FieldProblem("entry", error.detail.removeprefix("The body ").rstrip(".")),)
