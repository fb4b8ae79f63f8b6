r"""Search in messages: a substring (`q`) or a regular expression (`regex`), in one entry or a whole pack.

A pack's messages are searched where they lie, in UTF-8 and joined by the byte FF, so that only the rows
that match are ever decoded. Each hit stands in one row: a substring can't hold FF, and RE2 matches no
FF in UTF-8, but for `\C`. What looks at the ends of a message (`^`, `$`) is matched row by row.

docs/adr/0014-search-engine.md says why RE2.
"""

import re
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, Final, Protocol

from logstead import limits
from logstead.errors import FieldProblem, InvalidParameter
from logstead.storage.pack_layout import SEPARATOR

_LOOKED_AT_BYTES: Final = 64 * 1024
"""How much RE2 is given at a time: between such parts, the clock is looked at."""

_ESCAPE: Final = re.compile(r"\\.?", re.DOTALL)
_OF_A_ROW: Final = re.compile(r"\\[AzCQ]|(?<!\[)\^|\$")
"""What may tell the ends of a message from those of all messages joined, or match their separator."""


class MessageSearch(Protocol):
    """Finds messages; the same ones whether they stand alone or in a pack."""

    def matches(self, message: str) -> bool:
        """Tell whether a message is found."""

    def rows(self, messages: bytes) -> list[int]:
        """Return which of the messages of a pack, joined as they are, are found; ascending."""


class BadSearch(Exception):
    """What is searched for can't be; says why, in words meant for the client."""


class Substring:
    """Finds messages that contain a text, character by character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._utf_8 = _utf_8(text)

    def matches(self, message: str) -> bool:
        """Tell whether the message contains the text."""
        return self._text in message

    def rows(self, messages: bytes) -> list[int]:
        """Return the rows that contain the text."""
        return _rows(messages, self._utf_8)


class SubstringOfAnyCase:
    """Finds messages that contain a text after both went through Unicode's full case folding.

    So `STRASSE` finds `Straße`. Nothing else is made equal: `é` as one character and as two differ.
    """

    def __init__(self, text: str) -> None:
        self._folded = text.casefold()
        self._utf_8 = _utf_8(self._folded)

    def matches(self, message: str) -> bool:
        """Tell whether the folded message contains the folded text."""
        return self._folded in message.casefold()

    def rows(self, messages: bytes) -> list[int]:
        """Return the rows that contain the text.

        ASCII is folded all at once. Each message with other characters is folded by itself: few have any.
        """
        found = _rows(messages.lower(), self._utf_8) if self._utf_8.isascii() else []
        if messages.replace(SEPARATOR, b" ").isascii():
            return found
        others = [
            row
            for row, message in enumerate(messages.split(SEPARATOR))
            if not message.isascii() and self.matches(message.decode(errors="replace"))
        ]
        return sorted({*found, *others})


class Regex:
    """Finds messages that a regular expression of RE2 matches anywhere.

    Time grows with the size of the expression times that of the messages, and no faster; both are bounded,
    and so is the sum of all that one request spends.
    """

    def __init__(self, pattern: str, *, ignores_case: bool = False) -> None:
        """Compile a pattern.

        Raises:
            BadSearch: RE2 does not take it, or it is too large.
        """
        self._search = _compile(_utf_8(pattern), ignores_case=ignores_case)
        self._is_of_rows = _OF_A_ROW.search(_ESCAPE.sub(_plain_escape, pattern)) is not None
        self._ends_s = time.monotonic() + limits.REGEX_S_MAX

    def matches(self, message: str) -> bool:
        """Tell whether the expression matches somewhere in the message."""
        self._check_time()
        return self._search(message.encode()) is not None

    def rows(self, messages: bytes) -> list[int]:
        """Return the rows in which the expression matches."""
        if self._is_of_rows:
            return [row for row, message in enumerate(messages.split(SEPARATOR)) if self._is_in(message)]
        return list(self._joined_rows(messages))

    def _is_in(self, message: bytes) -> bool:
        self._check_time()
        return self._search(message) is not None

    def _joined_rows(self, messages: bytes) -> Iterator[int]:
        row = start = 0
        while start <= len(messages):
            self._check_time()
            end = _row_end(messages, start + _LOOKED_AT_BYTES)
            while (match := self._search(messages, start, end)) is not None:
                at = match.start()
                row += messages.count(SEPARATOR, start, at)
                yield row
                row += 1
                start = _row_end(messages, at) + 1
                if start > end:
                    break
            else:
                row += messages.count(SEPARATOR, start, end) + 1
                start = end + 1

    def _check_time(self) -> None:
        if time.monotonic() >= self._ends_s:
            problem = FieldProblem("regex", "takes too long on these messages; make it simpler")
            raise InvalidParameter("The expression takes too long.", (problem,))


def parse_search(name: str, text: str, *, ignores_case: bool) -> MessageSearch:
    """Return the search that the parameter `q` or `regex` asks for.

    Raises:
        BadSearch: it asks for nothing, for too much, or for what RE2 does not know.
    """
    if not text:
        raise BadSearch("must not be empty")
    if len(text) > limits.SEARCH_CHARACTERS_MAX:
        raise BadSearch(f"is longer than {limits.SEARCH_CHARACTERS_MAX:,} characters")
    if name == "regex":
        return Regex(text, ignores_case=ignores_case)
    return SubstringOfAnyCase(text) if ignores_case else Substring(text)


def _rows(messages: bytes, wanted: bytes) -> list[int]:
    """Return the rows of joined messages that contain some bytes without a separator."""
    between = messages.split(wanted)
    return list(dict.fromkeys(accumulate(part.count(SEPARATOR) for part in between[:-1])))


def _row_end(messages: bytes, at: int) -> int:
    """Return where the row that holds this place ends."""
    end = messages.find(SEPARATOR, at)
    return len(messages) if end < 0 else end


def _utf_8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadSearch("has a lone surrogate, which is no Unicode character") from None


def _plain_escape(escape: re.Match[str]) -> str:
    """Return an escape as it is where it is one to look for, else something harmless of no meaning."""
    return escape[0] if _OF_A_ROW.fullmatch(escape[0]) else "_"


def _compile(pattern: bytes, *, ignores_case: bool) -> Callable[..., Any]:
    import re2  # noqa: PLC0415  # who searches without it never pays for its import

    options = re2.Options()
    options.log_errors = False  # to stderr
    options.never_capture = True  # only where a match starts is asked for, and that is faster
    options.case_sensitive = not ignores_case
    options.max_mem = limits.REGEX_BYTES_MAX
    re2.purge()  # its cache would keep the memory of the last 128 patterns
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0]
        text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        raise BadSearch(f"is no regular expression of RE2: {text}") from None
    if compiled.programsize > limits.REGEX_STEPS_MAX:
        raise BadSearch(f"makes {compiled.programsize:,} steps of RE2; {limits.REGEX_STEPS_MAX:,} are taken")
    search: Callable[..., Any] = compiled.search
    return search
