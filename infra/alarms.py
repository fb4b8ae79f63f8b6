"""The alarms, one a rule, and the topic that they go to."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from infra.alarm_rules import AlarmRule, alarm_rules
from infra.alarm_topic import make_alarm_topic
from infra.monitored import Monitored

PERIOD_S = 300


class Alarms(Construct):
    """All alarms of a stage and their topic; `all` is for the dashboard."""

    def __init__(self, scope: Construct, construct_id: str, *, monitored: Monitored) -> None:
        super().__init__(scope, construct_id)
        self.topic = make_alarm_topic(self, monitored.stage)
        self.all = [self._alarm(rule) for rule in alarm_rules(monitored)]

    def _alarm(self, rule: AlarmRule) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            rule.name,
            alarm_name=f"{Stack.of(self).stack_name}-{rule.name}",
            alarm_description=rule.says,
            # Without the label, which would make it an alarm on metric math.
            metric=cloudwatch.Metric(
                namespace=rule.metric.namespace,
                metric_name=rule.metric.metric_name,
                dimensions_map=rule.metric.dimensions,
                statistic=rule.metric.statistic,
                period=Duration.seconds(PERIOD_S),
            ),
            threshold=rule.threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=rule.periods,
            # No traffic is no data, and nothing to look at.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        return alarm
