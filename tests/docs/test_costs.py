"""The figures of docs/costs.md, computed again from the list prices that the page gives."""

import math

import pytest

from bench import prices
from tests.docs import markdown

COSTS = markdown.read("docs/costs.md")
README = markdown.read("README.md")
PRICES = {row["what"]: float(row["$"]) for row in markdown.rows(COSTS, "what")}
PER_MILLION = (
    "DynamoDB write request units",
    "DynamoDB read request units",
    "Lambda requests",
    "SQS requests (a million a month are free)",
    "API Gateway requests, REST",
    "WAF requests looked at",
)
WRITE_UNITS = PRICES["DynamoDB write request units"]
READ_UNITS = PRICES["DynamoDB read request units"]
GB_SECONDS = PRICES["Lambda duration, arm64"] * 1_000_000


def _write(item_kb: int) -> float:
    return 2 * item_kb * WRITE_UNITS  # the table and the index


def _newest(count: int, entry_bytes: int, shards: int) -> float:
    return shards * math.ceil((count + 1) * entry_bytes / 4_096) * 0.5 * READ_UNITS


COMPUTED = {
    "entry of up to 1 KB": _write(1),
    "entry of 3 KB": _write(3),
    "Lambda requests": PRICES["Lambda requests"],
    "each 10 ms of duration at 512 MB": 0.010 * 0.5 * GB_SECONDS,
    "newest 100 of 500 bytes, one shard": _newest(100, 500, 1),
    "newest 100 of 500 bytes, four shards": _newest(100, 500, 4),
    "one entry by id, up to 4 KB (consistent)": READ_UNITS,
    "each 10 ms of duration at 1,024 MB": 0.010 * GB_SECONDS,
}


def test_the_page_gives_the_list_prices_of_their_one_file() -> None:
    """With the month in which they were looked up."""
    assert f"as of {prices.AS_OF}" in COSTS
    stated = {name: PRICES[name] / (1e6 if name in PER_MILLION else 1) for name in PRICES}
    assert stated == pytest.approx(
        {
            "DynamoDB write request units": prices.WRITE_UNIT,
            "DynamoDB read request units": prices.READ_UNIT,
            "DynamoDB storage": prices.TABLE_GB_MONTH,
            "DynamoDB point-in-time recovery": prices.RECOVERY_GB_MONTH,
            "Lambda requests": prices.LAMBDA_REQUEST,
            "Lambda duration, arm64": prices.LAMBDA_GB_S,
            "CloudWatch Logs ingestion, for comparison": prices.CLOUDWATCH_INGEST_GB,
            "CloudWatch Logs storage, compressed": prices.CLOUDWATCH_GB_MONTH,
            "CloudWatch Logs Insights, scanned": prices.CLOUDWATCH_SCAN_GB,
            "CloudWatch alarms (ten are free)": prices.ALARM_MONTH,
            "CloudWatch dashboards (three are free)": prices.DASHBOARD_MONTH,
            "SQS requests (a million a month are free)": prices.SQS_REQUEST,
            "API Gateway requests, REST": prices.API_REQUEST,
            "WAF web ACL": prices.WEB_ACL_MONTH,
            "WAF rules": prices.WAF_RULE_MONTH,
            "WAF requests looked at": prices.WAF_REQUEST,
            "Secrets Manager, for comparison": prices.SECRET_MONTH,
            "Secrets Manager calls, for comparison": prices.SECRET_REQUEST * 1e4,
        }
    )


def test_the_page_gives_every_computed_figure() -> None:
    """Each figure follows from the prices."""
    stated = markdown.rows(COSTS, "per million entries") + markdown.rows(COSTS, "per million reads")
    for row in stated:
        name = row.get("per million entries") or row["per million reads"]
        assert float(row["$"]) == pytest.approx(COMPUTED[name], abs=0.0051), name


def test_the_readme_repeats_the_figures_of_the_page() -> None:
    """The README has no figures of its own."""
    stated = [float(row["$"]) for row in markdown.rows(README, "what") if row["$"][0].isdigit()]
    assert stated == pytest.approx(
        [
            COMPUTED["entry of up to 1 KB"],
            COMPUTED["Lambda requests"],
            COMPUTED["each 10 ms of duration at 512 MB"],
            2 * PRICES["DynamoDB storage"],
            COMPUTED["newest 100 of 500 bytes, one shard"],
            COMPUTED["newest 100 of 500 bytes, four shards"],
        ],
        abs=0.0051,
    )


def test_the_comparison_with_cloudwatch_logs_holds() -> None:
    """The comparison is computed from the same prices."""
    cloudwatch = 1_000_000 * 250 / 1e9 * PRICES["CloudWatch Logs ingestion, for comparison"]
    assert f"${cloudwatch:.3f}" == "$0.125"
    assert "for $0.13" in COSTS
    assert "$0.13 to\ningest" in README
