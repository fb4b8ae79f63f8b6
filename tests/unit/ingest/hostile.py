"""Hostile bodies and the answer that each one gets."""

import json
from dataclasses import dataclass, field

from logstead import limits

ID = "0b5c2f4e-9f0a-4c57-8a55-3a2f3d0b9c11"
GOOD = b'{"severity":"info","message":"m"}'


@dataclass(frozen=True)
class Hostile:
    """A body, the problem that it is (None: it is stored), and the fields that the problem names."""

    name: str
    body: bytes
    problem: str | None = "malformed-body"
    fields: list[str] = field(default_factory=list)


def stored(name: str, body: bytes) -> Hostile:
    """Return a body that looks hostile but keeps the rules."""
    return Hostile(name, body, None)


def invalid(name: str, body: bytes, *fields: str) -> Hostile:
    """Return a body that is an object, of which fields break rules."""
    return Hostile(name, body, "invalid-entry", list(fields))


def with_field(text: str) -> bytes:
    """Return a good body with one field more."""
    return GOOD[:-1] + b"," + text.encode("utf-8", "surrogatepass") + b"}"


def with_message(text: str) -> bytes:
    """Return a good body whose message is a JSON text of its own."""
    return b'{"severity":"info","message":' + text.encode("utf-8", "surrogatepass") + b"}"


def of_size(size_bytes: int) -> bytes:
    """Return a good body of a size."""
    return GOOD[:-3] + b"m" * (size_bytes - len(GOOD) + 1) + b'"}'


LARGEST = limits.ENTRY_BODY_BYTES_MAX

NO_OBJECT = (
    Hostile("empty", b""),
    Hostile("white space", b" \r\n\t "),
    Hostile("a BOM alone", b"\xef\xbb\xbf"),
    Hostile("null", b"null"),
    Hostile("true", b"true"),
    Hostile("a number", b"42"),
    Hostile("a string", b'"info"'),
    Hostile("a string of an object", json.dumps(GOOD.decode()).encode()),
    Hostile("form data", b"severity=info&message=m"),
    Hostile("XML", b"<entry><severity>info</severity></entry>"),
    Hostile("cut short", GOOD[:-1]),
    Hostile("one and a half objects in a line", GOOD + GOOD[:9] + b"\xff"),
    Hostile("a trailing comma", GOOD[:-1] + b",}"),
    Hostile("a trailing brace", GOOD + b"}"),
    Hostile("single quotes", GOOD.replace(b'"', b"'")),
    Hostile("a comment", b"/* x */" + GOOD),
    Hostile("names without quotes", b"{severity:1}"),
    Hostile("a NUL behind it", GOOD + b"\0"),
    Hostile("NULs alone", b"\0" * 100),
    Hostile("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\0"),
    Hostile("protobuf", b"\x0a\x03foo\x10\x96\x01"),
)
ENCODINGS = (
    stored("a UTF-8 BOM before it", b"\xef\xbb\xbf" + GOOD),
    Hostile("two BOMs before it", b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD),
    Hostile("UTF-16 with a BOM", GOOD.decode().encode("utf-16")),
    Hostile("UTF-16 without one", GOOD.decode().encode("utf-16-le")),
    Hostile("UTF-32", GOOD.decode().encode("utf-32")),
    Hostile("Latin-1", with_message('"caf\u00e9"').decode().encode("latin-1")),
    Hostile("a byte that is never UTF-8", GOOD.replace(b"m", b"\xff")),
    Hostile("an overlong form", GOOD.replace(b'"m"', b'"\xc0\xaf"')),
    Hostile("a raw surrogate", GOOD.replace(b'"m"', b'"\xed\xa0\x80"')),
    Hostile("a cut character", GOOD.replace(b'"m"', b'"\xe2\x82"')),
    Hostile("beyond Unicode", GOOD.replace(b'"m"', b'"\xf4\x90\x80\x80"')),
)
CHARACTERS = (
    stored("an escaped NUL in the message", with_message('"a\\u0000b"')),
    stored("nothing but a NUL", with_message('"\\u0000"')),
    Hostile("a raw NUL in the message", with_message('"a\0b"')),
    Hostile("a raw line end in the message", with_message('"a\nb"')),
    Hostile("a raw control character", with_message('"a\x1bb"')),
    stored("DEL and C1 controls", with_message('"\x7f\u0085\u009f"')),
    stored("escaped controls", with_message('"\\u001b[31m\\b\\f\\t"')),
    stored("non-characters", with_message('"\ufffe\uffff\U0010ffff"')),
    stored("direction overrides", with_message('"\u202e\u2066"')),
    stored("a surrogate pair by escapes", with_message('"\\ud83d\\ude00"')),
    invalid("a lone high surrogate", with_message('"\\ud83d"'), "message"),
    invalid("a lone low surrogate", with_message('"x\\udc00"'), "message"),
    invalid("surrogates the wrong way round", with_message('"\\ude00\\ud83d"'), "message"),
    invalid("a surrogate in a value", with_field('"a":["\\ud800"]'), "a"),
    invalid("a surrogate in a name", with_field('"\\ud800":1'), "\ud800"),
    invalid("a surrogate in a name deep down", with_field('"a":{"b":{"\\udfff":1}}'), "a"),
    invalid("a surrogate in attributes", with_field('"attributes":{"a":"\\ud800"}'), "attributes.a"),
    invalid("a surrogate as severity", b'{"severity":"\\ud800","message":"m"}', "severity"),
    invalid("a surrogate as source", with_field('"source":"\\ud800"'), "source"),
    invalid("a surrogate as id", with_field('"id":"\\ud800"'), "id"),
    invalid("a surrogate as time", with_field('"dateTime":"\\ud800"'), "dateTime"),
    Hostile("half an escape", with_message('"\\u12"')),
    Hostile("no such escape", with_message('"\\x41"')),
)
NUMBERS = (
    Hostile("NaN", with_field('"a":NaN')),
    Hostile("Infinity", with_field('"a":Infinity')),
    Hostile("-Infinity deep down", with_field('"a":[{"b":-Infinity}]')),
    Hostile("1e400", with_field('"a":1e400')),
    Hostile("-1e400", with_field('"a":-1e400')),
    Hostile("an exponent of 4,000 digits", with_field('"a":1e' + "9" * 4_000)),
    stored("1e-400, which is 0", with_field('"a":1e-400')),
    stored("an integer of 4,300 digits", with_field('"a":' + "9" * 4_300)),
    Hostile("an integer of 4,301 digits", with_field('"a":' + "9" * 4_301)),
    Hostile("an integer of 9,000 digits", with_field('"a":-' + "1" * 9_000)),
    Hostile("a leading zero", with_field('"a":01')),
    Hostile("a hexadecimal number", with_field('"a":0x10')),
    Hostile("a number without an end", with_field('"a":1.')),
    Hostile("a plus", with_field('"a":+1')),
    invalid("a number as message", with_message("1"), "message"),
    invalid("a number as severity", b'{"severity":0,"message":"m"}', "severity"),
)
NAMES = (
    Hostile("severity twice", with_field('"severity":"info"'), fields=["severity"]),
    Hostile("severity twice, once escaped", with_field('"\\u0073everity":"error"'), fields=["severity"]),
    Hostile("id twice", with_field(f'"id":"{ID}","id":"{ID}"'), fields=["id"]),
    Hostile("an unknown name twice", with_field('"a":1,"a":1'), fields=["a"]),
    Hostile("two names twice", with_field('"a":1,"b":1,"a":1,"b":2'), fields=["a", "b"]),
    Hostile("a name twice deep down", with_field('"a":[{"b":1,"b":1}]'), fields=["b"]),
    Hostile("the empty name twice", with_field('"":1,"":2'), fields=[""]),
    stored("the empty name", with_field('"":1')),
    stored("names of Python and JavaScript", with_field('"__class__":1,"__proto__":{"a":1},"constructor":1')),
    stored("names of the item", with_field('"LogID":"x","LogType":"LOG#9","ExpiresAt":1,"Filled":"id"')),
    stored("fields in another case", with_field('"Id":"x","DATETIME":"x"')),
    invalid("a name here and in attributes", with_field('"a":1,"attributes":{"a":2}'), "a"),
    stored("2,000 names", with_field(",".join(f'"{n:x}":0' for n in range(1_000)))),
)
SHAPES = (
    invalid("an empty object", b"{}", "severity", "message"),
    invalid("null everywhere", b'{"severity":null,"message":null,"id":null}', "severity", "message"),
    invalid("a blank message", with_message('" \\t\\n\u3000"'), "message"),
    invalid("an object as message", with_message("{}"), "message"),
    invalid("attributes as an array", with_field('"attributes":[]'), "attributes"),
    invalid("attributes as text", with_field('"attributes":"{}"'), "attributes"),
    invalid("an array as id", with_field(f'"id":["{ID}"]'), "id"),
    invalid("a key of a pack as id", with_field(f'"id":"PACK#{ID}"'), "id"),
    invalid("a time without an offset", with_field('"dateTime":"2026-02-09T21:50:20"'), "dateTime"),
    invalid("a time far ahead", with_field('"dateTime":"9999-12-31T23:59:59Z"'), "dateTime"),
    invalid("a time before the year 1", with_field('"dateTime":"0001-01-01T00:00:00+23:59"'), "dateTime"),
    invalid("a number as time", with_field('"dateTime":1770673820'), "dateTime"),
    invalid("33 levels", with_field('"a":' + "[" * 32 + "]" * 32), "a"),
    stored("32 levels", with_field('"a":' + "[" * 31 + "]" * 31)),
    invalid("900 levels", with_field('"a":' + "[" * 900 + "]" * 900), "a"),
    stored("a script", with_message('"<script>alert(1)</script>"')),
    stored("an expression", with_message('"attribute_not_exists(LogID) OR ExpiresAt <= :now"')),
    stored("a format string", with_message('"%s %(x)s {0} ${jndi:ldap://x}"')),
)
SIZES = (
    stored("exactly 10 KB", of_size(LARGEST)),
    Hostile("one byte over 10 KB", of_size(LARGEST + 1), "body-too-large"),
    Hostile("1 MB", of_size(1_000_000), "body-too-large"),
    Hostile("10 KB and white space", of_size(LARGEST) + b" ", "body-too-large"),
    Hostile("over 10 KB and no JSON", b"\xff" * (LARGEST + 1), "body-too-large"),
    stored("10 KB of two-byte characters", with_message('"' + "\u00e9" * 5_000 + '"')),
    stored("10 KB of floats that grow", with_field('"a":[' + ",".join(["1e15"] * 2_000) + "]")),
)
TOO_DEEP = (
    Hostile("10,000 arrays, closed nowhere", b"[" * 10_000),
    Hostile("5,000 arrays in an object", b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}", problem="any"),
    Hostile("2,000 objects", b'{"a":' * 1_700 + b"1" + b"}" * 1_700, problem="any"),
)
HOSTILE = (*NO_OBJECT, *ENCODINGS, *CHARACTERS, *NUMBERS, *NAMES, *SHAPES, *SIZES, *TOO_DEEP)
