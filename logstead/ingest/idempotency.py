"""The `Idempotency-Key` header: by it a retry is known, whatever its entries carry."""

import re
from collections.abc import Mapping

from logstead import limits
from logstead.errors import FieldProblem, InvalidParameter

_KEY = re.compile(r"[\x21-\x7e]+")


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return the key of a request, or None where it has none.

    Raises:
        InvalidParameter: it is empty, too long, or not of visible ASCII characters.
    """
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if len(key) > limits.IDEMPOTENCY_KEY_CHARACTERS_MAX or not _KEY.fullmatch(key):
        raise InvalidParameter(
            "The Idempotency-Key can't be used.",
            (
                FieldProblem(
                    "Idempotency-Key",
                    f"must have 1 to {limits.IDEMPOTENCY_KEY_CHARACTERS_MAX} visible ASCII characters",
                ),
            ),
        )
    return key
