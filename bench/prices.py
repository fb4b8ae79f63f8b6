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
