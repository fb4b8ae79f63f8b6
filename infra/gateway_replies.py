"""What API Gateway itself answers, when no function is reached: in the service's own form."""

from aws_cdk import aws_apigateway as apigateway

from logstead.http import PROBLEM_TYPE_PREFIX, SECURITY_HEADERS

TEMPLATE = (
    f'{{"type": "{PROBLEM_TYPE_PREFIX}edge", "title": "Refused by API Gateway", '
    '"detail": $context.error.messageString}'
)


def describe_errors(api: apigateway.RestApi) -> None:
    """Make API Gateway's errors RFC 9457 problems, with security headers as on every reply."""
    # A static value stands in single quotes, and can't hold any.
    headers = {name: f"'{value}'" for name, value in SECURITY_HEADERS.items() if "'" not in value}
    for name, kind in (
        ("4xx", apigateway.ResponseType.DEFAULT_4_XX),
        ("5xx", apigateway.ResponseType.DEFAULT_5_XX),
    ):
        api.add_gateway_response(
            f"Reply{name}",
            type=kind,
            response_headers=headers,
            templates={"application/json": TEMPLATE},
        )
