"""The topic that alarms go to."""

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import logical_id
from infra.stages import Stage


def make_alarm_topic(scope: Construct, stage: Stage) -> sns.Topic:
    """Return a topic that CloudWatch's alarms of the account may publish to, by TLS."""
    topic = sns.Topic(scope, "Topic", enforce_ssl=not stage.on_this_machine)
    logical_id.fix(topic, "AlarmTopic")
    # What a topic allows by default, which the policy that demands TLS replaces.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if stage.alarm_email is not None:
        topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
        Validations.of(topic).acknowledge(_MAIL)
    if stage.on_this_machine:
        Validations.of(topic).acknowledge(_LOOPBACK)
    return topic


_MAIL = Acknowledgment(
    id="Serverless::Serverless-SNSRedrivePolicy",
    reason="Mail has no failures that SNS sees; the alarm's state stays in CloudWatch.",
)
_LOOPBACK = Acknowledgment(
    id="AwsSolutions::AwsSolutions-SNS3", reason="The emulator listens on loopback, and has no TLS."
)
