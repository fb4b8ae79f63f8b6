"""What a month costs in which nothing happens, by each stage's template and the list prices.

    python -m bench.idle_cost

Beside what is stored, which docs/costs.md prices by the GB.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aws_cdk import App

from bench import end_with_reader, prices
from infra.stack import LogsteadStack
from infra.stages import STAGES, Edge, Stage

MONTH_S: Final = 30 * 24 * 60 * 60
POLLERS: Final = 5
"""Long polls that Lambda keeps open on a queue; a mapping with a maximum of concurrency never has fewer.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
POLL_S: Final = 20
FREE_IDLE: Final = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::DynamoDB::Table",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::Logs::LogGroup",
        "AWS::Logs::SubscriptionFilter",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::IPSet",
        "AWS::WAFv2::WebACLAssociation",
    }
)
"""What is billed by use or by what it holds, or not at all."""
SHOWN: Final[Mapping[str, Stage]] = {
    "demo": STAGES["demo"],
    "production": STAGES["production"],
    "production, api-gateway": replace(STAGES["production"], edge=Edge.API_GATEWAY),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the bill; `free` is how many AWS gives every account, each month, without an end."""

    what: str
    count: int
    price: float
    free: int = 0

    @property
    def listed(self) -> float:
        """By the list prices alone."""
        return self.count * self.price

    @property
    def billed(self) -> float:
        """In an account that has nothing else."""
        return max(0, self.count - self.free) * self.price


def idle_lines(template: Mapping[str, Any]) -> list[Line]:
    """Return the bill of a template's resources.

    Raises:
        ValueError: it has one of a type that is not priced here.
    """
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for resource in template["Resources"].values():
        kinds.setdefault(resource["Type"], []).append(resource.get("Properties", {}))
    alarms, dashboards = kinds.pop("AWS::CloudWatch::Alarm", []), kinds.pop("AWS::CloudWatch::Dashboard", [])
    mappings, acls = kinds.pop("AWS::Lambda::EventSourceMapping", []), kinds.pop("AWS::WAFv2::WebACL", [])
    if unknown := sorted(set(kinds) - FREE_IDLE):
        raise ValueError(f"no price is known of {', '.join(unknown)}")
    polls = len(mappings) * POLLERS * MONTH_S // POLL_S
    rules = sum(len(acl["Rules"]) for acl in acls)
    lines = [
        Line("alarms", len(alarms), prices.ALARM_MONTH, prices.ALARMS_FREE),
        Line("dashboards", len(dashboards), prices.DASHBOARD_MONTH, prices.DASHBOARDS_FREE),
        Line("polls of the retry queue", polls, prices.SQS_REQUEST, prices.SQS_REQUESTS_FREE),
        Line("web ACLs", len(acls), prices.WEB_ACL_MONTH),
        Line("rules of web ACLs", rules, prices.WAF_RULE_MONTH),
    ]
    return [line for line in lines if line.count]


def template_of(stage: Stage) -> Mapping[str, Any]:
    """Synthesize a stage, and return its template."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        stack = LogsteadStack(app, stage)
        template: Mapping[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
        return template


def main() -> None:
    """Print each stage's bill as a table of Markdown."""
    print("| stage | for | $ by the list | $ billed |\n| --- | --- | ---: | ---: |")
    for name, stage in SHOWN.items():
        lines = idle_lines(template_of(stage))
        for line in lines:
            print(f"| `{name}` | {line.count:,} {line.what} | {line.listed:.2f} | {line.billed:.2f} |")
        total, billed = sum(line.listed for line in lines), sum(line.billed for line in lines)
        print(f"| `{name}` | in all | {total:.2f} | {billed:.2f} |")


if __name__ == "__main__":
    end_with_reader()
    main()
