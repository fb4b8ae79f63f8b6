"""The dashboard for whoever is on call: from what callers see down to what the table does."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra import dashboard_rows, logical_id
from infra.alarms import Alarms
from infra.monitored import Monitored

WIDTH = 24
FAILURES = (
    'filter level = "ERROR" or level = "WARNING"',
    "fields time, level, message, error, requestId",
    "sort time desc",
    "limit 50",
)


class Dashboard(Construct):
    """One dashboard, under the stack's name."""

    def __init__(self, scope: Construct, construct_id: str, *, monitored: Monitored, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=Stack.of(self).stack_name,
            default_interval=Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.AUTO,
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms.all, width=WIDTH, height=4)],
                dashboard_rows.traffic(monitored),
                dashboard_rows.functions(monitored),
                dashboard_rows.queues(monitored),
                dashboard_rows.capacity(monitored),
                [
                    cloudwatch.LogQueryWidget(
                        title="Failures",
                        log_group_names=[one.log_group.log_group_name for one in monitored.functions],
                        query_lines=list(FAILURES),
                        width=WIDTH,
                        height=8,
                    )
                ],
            ],
        )
        logical_id.fix(self.dashboard, "Dashboard")
