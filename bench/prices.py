"""List prices in US dollars: us-east-1, on demand, without free tier. The one place that has them.

From the pages aws.amazon.com/{dynamodb,lambda,cloudwatch}/pricing; docs/costs.md repeats them, and a test
holds the two together.
"""

from typing import Final

AS_OF: Final = "2026-02"
"""The month in which they were looked up. Check them for your region."""

WRITE_UNIT: Final = 0.625 / 1e6
"""A DynamoDB write request unit."""

READ_UNIT: Final = 0.125 / 1e6
"""A DynamoDB read request unit."""

TABLE_GB_MONTH: Final = 0.25
"""DynamoDB storage; the index is storage too."""

RECOVERY_GB_MONTH: Final = 0.20
"""DynamoDB point-in-time recovery, of the table."""

LAMBDA_REQUEST: Final = 0.20 / 1e6
"""A request to a Lambda function; its URL costs nothing more."""

LAMBDA_GB_S: Final = 0.0000133334
"""Lambda duration on arm64, by memory."""

CLOUDWATCH_INGEST_GB: Final = 0.50
"""CloudWatch Logs, standard class: ingestion, by bytes uncompressed and 26 more for each event."""

CLOUDWATCH_GB_MONTH: Final = 0.03
"""CloudWatch Logs: storage, by bytes as compressed by gzip at level 6."""

CLOUDWATCH_SCAN_GB: Final = 0.005
"""CloudWatch Logs Insights, by bytes scanned."""

ALARM_MONTH: Final = 0.10
"""A CloudWatch alarm on one metric of standard resolution; ten are free."""

DASHBOARD_MONTH: Final = 3.00
"""A CloudWatch dashboard; three of up to 50 metrics are free."""

SQS_REQUEST: Final = 0.40 / 1e6
"""A request to a standard queue, of up to 64 KB; a million a month is free, for ever."""

API_REQUEST: Final = 3.50 / 1e6
"""A request to a REST API; none for what it throttles or what fails to authenticate."""

WEB_ACL_MONTH: Final = 5.00
"""A web ACL of WAF."""

WAF_RULE_MONTH: Final = 1.00
"""A rule of a web ACL."""

WAF_REQUEST: Final = 0.60 / 1e6
"""A request that a web ACL looks at, also one that it blocks."""

SECRET_MONTH: Final = 0.40
"""A secret of Secrets Manager, for comparison: standard parameters of SSM are free."""

SECRET_REQUEST: Final = 0.05 / 1e4
"""A call of Secrets Manager, for comparison."""

ALARMS_FREE: Final = 10
DASHBOARDS_FREE: Final = 3
SQS_REQUESTS_FREE: Final = 1_000_000
"""A month, for every account, without an end."""
