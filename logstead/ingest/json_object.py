"""One JSON object: a body's bytes -> its fields.

Stricter than RFC 8259 asks, where a lenient reading would store something else than was meant:
a name given twice, NaN and infinities are refused. A UTF-8 byte order mark is skipped, as section
8.1 allows.
"""

import json
import math
from collections import Counter

from logstead.errors import FieldProblem, MalformedBody


def decode_object(body: bytes) -> dict[str, object]:
    """Return the fields of a body that is one JSON object.

    Raises:
        MalformedBody: it is empty, not UTF-8, not JSON, no object, or says one thing twice.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} breaks it.") from None
    if not text.strip():
        raise MalformedBody("The body is empty; send one JSON object.")
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedBody("The body nests too deep.") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise MalformedBody("The body has a number of too many digits.") from None
    if not isinstance(value, dict):
        raise MalformedBody("The body is JSON, but no object; send one JSON object.")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise MalformedBody(
            "The body gives a name twice in one object.",
            tuple(FieldProblem(name, "is given twice") for name in fields if times[name] > 1),
        )
    return fields


def _refuse_constant(name: str) -> object:
    raise MalformedBody(f"The body is not JSON: {name} is no JSON number.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise MalformedBody(f"The body has a number out of range: {digits[:40]}.")
    return number
