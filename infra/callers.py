"""With auth `iam`: the policies to attach to whoever may post, and to whoever may read."""

from collections.abc import Iterable, Sequence

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.api_routes import INGEST_PATHS
from infra.api_stage import STAGE_NAME
from infra.functions import ServiceFunction
from infra.rest_api import RestApi


class CallerPolicies(Construct):
    """Two managed policies, `writer` and `reader`, each for one function's callers."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ingest: ServiceFunction,
        read: ServiceFunction,
        api: RestApi | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.writer = self._policy(
            "Writer",
            "May post entries",
            _of_url(ingest) if api is None else _of_api(api, WRITES),
        )
        self.reader = self._policy(
            "Reader", "May read entries", _of_url(read) if api is None else _of_api(api, READS)
        )
        if api is not None:
            Validations.of(self).acknowledge(
                *(
                    Acknowledgment(
                        id="AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:"
                        f"<AWS::Region>:<AWS::AccountId>:<Api>/{STAGE_NAME}/{method}/{path}]",
                        reason=reason,
                    )
                    for calls, reason in ((WRITES, _WRITES_WILDCARD), (READS, _READS_WILDCARD))
                    for method, path in calls
                    if "*" in method + path
                )
            )

    def _policy(self, name: str, does: str, statements: Sequence[iam.PolicyStatement]) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(
            self,
            name,
            description=f"{does}: {Stack.of(self).stack_name}",
            statements=list(statements),
        )


WRITES = (
    ("POST", ""),
    ("*", "ready"),
    *(("*", f"{path}{below}") for path in INGEST_PATHS for below in ("", "/*")),
)
READS = (("GET", "*"), ("HEAD", "*"))
"""(method, path) of the REST API's resources."""

_WRITES_WILDCARD = (
    "Agents probe and post with whatever methods, at and below the ingest function's own paths."
)
_READS_WILDCARD = (
    "An entry's path is its id, so a reader may get every path: beside the read function's, the ingest "
    "function's answers to agents' probes, which are the same whatever is stored."
)


def _of_url(function: ServiceFunction) -> list[iam.PolicyStatement]:
    """Return the two rights that a Function URL's call needs (docs/adr/0004)."""
    resources = [function.function.function_arn]
    return [
        iam.PolicyStatement(
            actions=["lambda:InvokeFunctionUrl"],
            resources=resources,
            conditions={"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        ),
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=resources,
            conditions={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        ),
    ]


def _of_api(api: RestApi, calls: Iterable[tuple[str, str]]) -> list[iam.PolicyStatement]:
    resources = [f"{api.arn_prefix}/{method}/{path}" for method, path in calls]
    return [iam.PolicyStatement(actions=["execute-api:Invoke"], resources=resources)]
