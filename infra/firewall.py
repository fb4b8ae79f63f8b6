"""The firewall before the REST API: addresses that may not call, that alone may, and a rate for each."""

import ipaddress
from collections.abc import Sequence

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.stages import Stage


class Firewall(Construct):
    """A web ACL of the rules that the stage sets, in this order: denied, not allowed, too many."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, protects_arn: str) -> None:
        super().__init__(scope, construct_id)
        blocks = []
        if denied := self._sets("Denied", stage.waf_deny_cidrs):
            blocks.append(("Denied", _any_of(denied)))
        if allowed := self._sets("Allowed", stage.waf_allow_cidrs):
            not_allowed = waf.CfnWebACL.NotStatementProperty(statement=_any_of(allowed))
            blocks.append(("NotAllowed", waf.CfnWebACL.StatementProperty(not_statement=not_allowed)))
        rate = waf.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="IP", limit=stage.waf_requests_per_5_minutes, evaluation_window_sec=300
        )
        blocks.append(("TooMany", waf.CfnWebACL.StatementProperty(rate_based_statement=rate)))
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(f"{stage.stack_name}-all"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name=name,
                    priority=priority,
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    statement=statement,
                    visibility_config=_visible(f"{stage.stack_name}-{name}"),
                )
                for priority, (name, statement) in enumerate(blocks)
            ],
        )
        waf.CfnWebACLAssociation(
            self, "Association", web_acl_arn=self.acl.attr_arn, resource_arn=protects_arn
        )

    def _sets(self, name: str, cidrs: Sequence[str]) -> list[waf.CfnIPSet]:
        """Return a set for each version of IP that the ranges have."""
        networks = [ipaddress.ip_network(cidr) for cidr in cidrs]
        return [
            waf.CfnIPSet(
                self,
                f"{name}V{version}",
                scope="REGIONAL",
                ip_address_version=f"IPV{version}",
                addresses=[str(network) for network in networks if network.version == version],
            )
            for version in sorted({network.version for network in networks})
        ]


def _any_of(sets: Sequence[waf.CfnIPSet]) -> waf.CfnWebACL.StatementProperty:
    statements = [
        waf.CfnWebACL.StatementProperty(
            ip_set_reference_statement=waf.CfnWebACL.IPSetReferenceStatementProperty(arn=ip_set.attr_arn)
        )
        for ip_set in sets
    ]
    if len(statements) == 1:
        return statements[0]
    return waf.CfnWebACL.StatementProperty(
        or_statement=waf.CfnWebACL.OrStatementProperty(statements=statements)
    )


def _visible(metric_name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Count what a rule meets; keep no samples, as these show requests' headers, and so keys."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, sampled_requests_enabled=False, metric_name=metric_name
    )
