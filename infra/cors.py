"""What a browser's page of another origin may send, beside the origins that a stage names."""

MAX_AGE_S = 7_200
"""How long a browser keeps a preflight's answer: as long as Chrome does at the most."""
HEADERS = (
    "authorization",
    "content-encoding",
    "content-type",
    "idempotency-key",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
)
INGEST_METHODS = ("POST",)
READ_METHODS = ("GET", "HEAD")
