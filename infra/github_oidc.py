"""The roles that the repository's workflows take, by GitHub's OIDC tokens: no key is stored anywhere."""

import re

from aws_cdk import Acknowledgment, CfnOutput, DefaultStackSynthesizer, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
BOOTSTRAP_ROLES = ("deploy", "file-publishing", "lookup")
"""What `cdk deploy` acts as: roles that `cdk bootstrap` made, in the stack's own account and Region."""

_NAME = r"[A-Za-z0-9._-]+"
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}|{_NAME}@[0-9]+/{_NAME}@[0-9]+")


class GithubRoles(Stack):
    """A role to deploy with and a weaker one to diff with, each for one kind of workflow run."""

    def __init__(  # noqa: PLR0913 - each by its name
        self,
        scope: Construct,
        construct_id: str,
        *,
        repository: str,
        environment: str,
        service_stack_name: str,
        provider_arn: str | None,
    ) -> None:
        """Make both roles; raises ValueError where `repository` could match more than one.

        `repository` is what stands after `repo:` in the subject of the repository's tokens: `owner/name`,
        or, for repositories created after 15 July 2026, `owner@id/name@id`.
        """
        if not _REPOSITORY.fullmatch(repository):
            raise ValueError(f"{repository!r} is neither owner/name nor owner@id/name@id")
        super().__init__(scope, construct_id, description="Roles for Logstead's GitHub workflows")
        self._provider_arn = provider_arn or self._make_provider()
        # An environment may demand a reviewer, and who pushes elsewhere can't claim it.
        deploy = self._role("DeployRole", subject=f"repo:{repository}:environment:{environment}")
        qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER
        self._allow(
            deploy,
            ["sts:AssumeRole"],
            [
                f"arn:{self.partition}:iam::{self.account}:role/"
                f"cdk-{qualifier}-{name}-role-{self.account}-{self.region}"
                for name in BOOTSTRAP_ROLES
            ],
        )
        # A pull request runs code that nobody has approved: it may see the template, and no data. So not
        # the bootstrap's lookup role, which reads everything in the account, the log entries included.
        diff = self._role("DiffRole", subject=f"repo:{repository}:pull_request")
        stack_arn = f"arn:{self.partition}:cloudformation:{self.region}:{self.account}:stack/"
        self._allow(
            diff,
            ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
            [f"{stack_arn}{service_stack_name}/*"],
        )
        Validations.of(diff).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudformation:"
                f"<AWS::Region>:<AWS::AccountId>:stack/{service_stack_name}/*]",
                reason="What follows the stack's name is an id that AWS makes up at its creation.",
            )
        )
        CfnOutput(self, "DeployRoleArn", value=deploy.role_arn)
        CfnOutput(self, "DiffRoleArn", value=diff.role_arn)

    def _make_provider(self) -> str:
        provider = iam.OidcProviderNative(self, "Provider", url=f"https://{ISSUER}", client_ids=[AUDIENCE])
        return provider.oidc_provider_arn

    def _role(self, construct_id: str, *, subject: str) -> iam.Role:
        conditions = {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}}
        return iam.Role(
            self,
            construct_id,
            assumed_by=iam.FederatedPrincipal(
                self._provider_arn, conditions, "sts:AssumeRoleWithWebIdentity"
            ),
            description=f"For {subject}",
        )

    def _allow(self, role: iam.Role, actions: list[str], resources: list[str]) -> None:
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
