"""docs/protocols.md against the decoders' tables and the replies that they build."""

import re
from types import ModuleType

import pytest

from logstead import errors, limits
from logstead.entry import Receipt
from logstead.http import PROBLEMS, Request
from logstead.ingest import (
    agent_record,
    cloudwatch,
    elasticsearch,
    elasticsearch_probes,
    firehose,
    loki,
    native_batch,
    otlp,
    otlp_record,
    severity,
)
from logstead.ingest.batch import DecodedBatch, DecodedRow, Outcome, Refusal
from logstead.ingest.content_encoding import CODINGS
from logstead.ingest.timestamp import EPOCH_UNITS, NANOSECONDS
from tests.docs import markdown

PAGE = markdown.read("docs/protocols.md")
RECEIPT = Receipt("2026-02-09T21:50:20.846154+00:00", "2026-02-09T22:05:20.846154+00:00")
PROTOCOLS: dict[str, ModuleType] = {
    "native": native_batch,
    "OTLP": otlp,
    "Loki": loki,
    "Elasticsearch": elasticsearch,
    "Firehose": firehose,
}
REFUSED = (Refusal(0, (errors.FieldProblem("entry", "is too long"),)),)


def codes(text: str) -> tuple[str, ...]:
    """Return all code spans of a text."""
    return tuple(re.findall(r"`([^`]*)`", text))


def section(heading: str) -> str:
    """Return the text of one section."""
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def number(cell: str) -> int:
    """Return a number as the page writes it."""
    return int(cell.replace(",", ""))


def test_every_path_and_content_type_is_listed_and_no_other() -> None:
    """The paths' table is the modules' constants."""
    listed = {
        codes(row["path"]): codes(row["content types"]) for row in markdown.rows(section("Paths"), "protocol")
    }
    assert listed == {module.PATHS: module.CONTENT_TYPES for module in PROTOCOLS.values()}


def test_every_coding_and_limit_of_a_body_is_named() -> None:
    """With the sizes that the text tells."""
    text = " ".join(section("Bodies").split())
    assert f"one of {', '.join(f'`{coding}`' for coding in CODINGS)}." in text
    assert f"{limits.INFLATED_BYTES_MAX // 2**20} MiB when inflated" in text
    lines = section("What becomes of a line")
    assert f"more than {limits.BATCH_ENTRY_BYTES_MAX:,} bytes" in lines
    assert f"deeper than {limits.JSON_DEPTH_MAX} levels" in lines
    assert f"more than {limits.FUTURE_MINUTES_MAX} minutes ahead" in lines
    assert f"longer than {limits.SOURCE_CHARACTERS_MAX} characters" in lines
    assert f"the attribute `{NANOSECONDS}`" in lines


def test_the_tables_of_severities_are_the_codes() -> None:
    """Names, OTLP's numbers, and the numbers of syslog and pino."""
    text = section("Severity")
    names = {
        name: markdown.code(row["severity"])
        for row in markdown.rows(text, "severity")
        for name in row["names"].split(", ")
    }
    assert names == dict(severity.BY_NAME)
    otlp_rows = markdown.rows(text, "from")
    assert (
        tuple(
            (number(row["from"]), number(row["to"]), row["name"], markdown.code(row["severity"]))
            for row in otlp_rows
        )
        == severity.OTLP_NUMBERS
    )
    assert (
        tuple(
            (number(row["first"]), number(row["last"]), markdown.code(row["severity"]))
            for row in markdown.rows(text, "first")
        )
        == severity.SYSLOG_NUMBERS + severity.PINO_NUMBERS
    )


def test_the_units_of_numeric_times_are_the_codes() -> None:
    """Each with its bound."""
    rows = markdown.rows(section("Times"), "below")
    assert [(number(row["below"]), row["unit"]) for row in rows] == [
        (bound, unit) for bound, unit, _ in EPOCH_UNITS
    ]


def test_the_names_of_an_agents_fields_are_the_codes_in_their_order() -> None:
    """The first usable one counts, so the order is part of it."""
    listed = {
        markdown.code(row["field"]): codes(row["names, the first usable one counts"])
        for row in markdown.rows(section("Native batch"), "field")
    }
    nested = {"severity": ("level", "log"), "source": ("name", "service")}
    assert listed == {
        "dateTime": agent_record.TIME_NAMES,
        "message": agent_record.MESSAGE_NAMES,
        "severity": agent_record.LEVEL_NAMES + nested["severity"],
        "source": agent_record.SOURCE_NAMES + nested["source"],
    }


def test_lokis_names_are_the_codes_in_their_order() -> None:
    """Of the source's labels and of the level."""
    rows = {markdown.code(row["entry"]): row["push"] for row in markdown.rows(section("Loki"), "entry")}
    assert codes(rows["source"]) == loki.SOURCE_LABELS
    assert codes(rows["severity"]) == loki.LEVEL_NAMES
    assert f"`GET {loki.READY_PATH}`" in section("Loki")


def test_what_an_otlp_record_keeps_is_listed() -> None:
    """By the names that it is kept by."""
    listed = codes(section("OTLP"))
    assert {*otlp_record.RECORD_NAMES, otlp_record.UID, "resource", "scope"} <= set(listed)


def test_cloudwatchs_words_of_a_level_are_the_codes() -> None:
    """In the pattern's order."""
    words = cloudwatch.LEVEL.pattern.split("(")[2].split(")")[0].split("|")
    rows = {
        markdown.code(row["entry"]): row["log event"]
        for row in markdown.rows(section("CloudWatch Logs subscription"), "entry")
    }
    assert ", ".join(words) in rows["severity"]


def test_every_probe_is_listed_with_its_methods() -> None:
    """And no other."""
    listed = {
        markdown.code(row["probe"]).removeprefix(elasticsearch.PREFIX): row["methods"]
        for row in markdown.rows(section("Elasticsearch"), "probe")
    }
    assert listed == {
        path: "GET, HEAD" + ", POST, PUT" * (path in elasticsearch_probes.WRITES)
        for path in elasticsearch_probes.READS
    }
    assert elasticsearch_probes.WRITES.keys() <= elasticsearch_probes.READS.keys()


FAULTS = markdown.rows(section("Statuses"), "fault")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_fault_has_the_status_that_is_told(name: str) -> None:
    """By the reply that the protocol builds of the error."""
    by_slug = {slug: kind for kind, (_, slug) in PROBLEMS.items()}
    module = PROTOCOLS[name]
    for row in FAULTS:
        error = by_slug[markdown.code(row["fault"])]("what happened")
        for content_type in module.CONTENT_TYPES:
            asked = Request("POST", module.PATHS[0], (), {"content-type": content_type}, b"", "")
            response = module.error_reply(asked, error, RECEIPT)
            assert response.status == number(row[name]), (row, content_type)
            assert ("retry-after" in response.headers) >= ("`Retry-After`" in row["fault"])


def test_every_fault_that_a_batch_can_meet_is_listed() -> None:
    """What is left out comes of reads, of single entries and of other paths."""
    elsewhere = {"invalid-entry", "invalid-parameter", "not-found", "entry-not-found", "method-not-allowed"}
    elsewhere |= {"conflict", "idempotency-key-reused", "pack-unreadable", "pack-too-large"}
    assert {markdown.code(row["fault"]) for row in FAULTS} >= {
        slug for _, slug in PROBLEMS.values()
    } - elsewhere


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_status_of_a_reply_is_told(name: str) -> None:
    """Stored, parked, refused in part and as a whole, and every fault."""
    module = PROTOCOLS[name]
    heading = {"native": "Native batch"}.get(name, name)
    told = {
        int(status)
        for row in markdown.rows(section(heading), "status")
        for status in row["status"].split(", ")
    }
    asked = Request("POST", module.PATHS[0], (), {"content-type": module.CONTENT_TYPES[0]}, b"", "")
    outcomes = (Outcome(2), Outcome(2, is_queued=True), Outcome(1, REFUSED), Outcome(0, REFUSED))
    batch = DecodedBatch([DecodedRow({})])
    replied = {module.reply(asked, batch, outcome, RECEIPT).status.value for outcome in outcomes}
    assert told == replied | {number(row[name]) for row in FAULTS}
