"""Edge `function-url`: each HTTP function behind a URL of its own."""

from aws_cdk import aws_lambda as lambda_

from infra import logical_id
from infra.functions import ServiceFunction
from infra.stages import Auth, Stage


def add_url(function: ServiceFunction, stage: Stage) -> str:
    """Give a function its URL and return it.

    With NONE this also adds the two permissions that a URL needs (docs/adr/0004).
    """
    url = function.function.add_function_url(auth_type=_AUTH_TYPES[stage.auth])
    logical_id.fix(url, f"{function.node.id}Url")
    return url.url


_AUTH_TYPES = {
    Auth.NONE: lambda_.FunctionUrlAuthType.NONE,
    Auth.IAM: lambda_.FunctionUrlAuthType.AWS_IAM,
}
