"""The REST API's one stage: how much it takes, and what its access log tells."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import logical_id
from infra.stages import Stage

STAGE_NAME = "live"
"""The first part of the API's paths."""
LOGGED: dict[str, str] = {
    "time": "$context.requestTime",
    "requestId": "$context.requestId",
    "sourceIp": "$context.identity.sourceIp",
    "caller": "$context.identity.caller",
    "apiKeyId": "$context.identity.apiKeyId",
    "method": "$context.httpMethod",
    "resource": "$context.resourcePath",
    "status": "$context.status",
    "responseBytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "error": "$context.error.responseType",
}
"""The access log's fields: no body, no header, no query string, and the resource instead of the path."""


def api_stage_options(scope: Construct, stage: Stage) -> apigateway.StageOptions:
    """Return the stage's options, with an access log of its own."""
    access_log = logs.LogGroup(
        scope,
        "AccessLogs",
        retention=logs.RetentionDays[stage.log_retention],
        removal_policy=RemovalPolicy.RETAIN if stage.durable else RemovalPolicy.DESTROY,
    )
    logical_id.fix(access_log, "ApiAccessLogs")
    return apigateway.StageOptions(
        stage_name=STAGE_NAME,
        throttling_rate_limit=stage.requests_per_second,
        throttling_burst_limit=stage.requests_burst,
        access_log_destination=apigateway.LogGroupLogDestination(access_log),
        access_log_format=apigateway.AccessLogFormat.custom(
            "{" + ", ".join(f'"{name}": "{variable}"' for name, variable in LOGGED.items()) + "}"
        ),
        # Execution logs hold whole requests, with what they log and with their keys.
        logging_level=apigateway.MethodLoggingLevel.OFF,
        data_trace_enabled=False,
    )
