"""The app of the workflows' roles, apart from the service's so that a bare `cdk deploy` is one stack.

    cdk deploy --app "python3 -m infra.github_oidc_app" -c repository=OWNER/NAME

`-c environment=NAME`: the GitHub environment that deploys, `production` unless given.
`-c provider_arn=ARN`: GitHub's provider where the account has it, as it can have one alone.
"""

from aws_cdk import App

from infra import stages
from infra.github_oidc import GithubRoles
from infra.synth import synthesize


def build(app: App) -> GithubRoles:
    """Add the roles' stack; raises ValueError where the repository is missing or no repository's name."""
    repository = app.node.try_get_context("repository")
    if repository is None:
        raise ValueError("say which repository: -c repository=OWNER/NAME")
    return GithubRoles(
        app,
        "LogsteadGithubRoles",
        repository=str(repository),
        environment=str(app.node.try_get_context("environment") or "production"),
        service_stack_name=stages.find("production").stack_name,
        provider_arn=app.node.try_get_context("provider_arn"),
    )


if __name__ == "__main__":
    synthesize(build)
