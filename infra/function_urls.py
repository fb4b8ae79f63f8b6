"""Edge `function-url`: each HTTP function behind a URL of its own."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from infra import cors, logical_id
from infra.functions import ServiceFunction
from infra.stages import Auth, Stage
from logstead.http import CORS_EXPOSED_HEADERS


def add_url(function: ServiceFunction, stage: Stage, methods: Sequence[str]) -> str:
    """Give a function its URL and return it; pages of the stage's origins may use these methods.

    With NONE and TOKEN this also adds the two permissions that a URL needs (docs/adr/0004).
    """
    url = function.function.add_function_url(
        auth_type=lambda_.FunctionUrlAuthType.AWS_IAM
        if stage.auth is Auth.IAM
        else lambda_.FunctionUrlAuthType.NONE,
        cors=lambda_.FunctionUrlCorsOptions(
            allowed_origins=list(stage.cors_origins),
            allowed_methods=[lambda_.HttpMethod[method] for method in methods],
            allowed_headers=list(cors.HEADERS),
            exposed_headers=list(CORS_EXPOSED_HEADERS),
            max_age=Duration.seconds(cors.MAX_AGE_S),
        )
        if stage.cors_origins
        else None,
    )
    logical_id.fix(url, f"{function.node.id}Url")
    return url.url
