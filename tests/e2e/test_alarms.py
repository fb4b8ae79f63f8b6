"""An alarm reaches whoever subscribed to the topic; what sets it off is checked in the template."""

import json
import uuid
from collections.abc import Iterator

import pytest

from local.service import Service
from tests.e2e.waiting import wait_for


@pytest.fixture
def inbox(service: Service) -> Iterator[str]:
    """Return a queue that is subscribed to the stage's topic."""
    sqs, sns = service.client("sqs"), service.client("sns")
    url = sqs.create_queue(QueueName=f"inbox-{uuid.uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [allow | {"Principal": {"Service": "sns.amazonaws.com"}}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    topic = service.resources("AWS::SNS::Topic")["AlarmTopic"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def test_the_first_dead_letter_is_told_and_so_is_its_end(service: Service, inbox: str) -> None:
    """By the name that the stage's alarm has, with what to look at."""
    sqs, cloudwatch = service.client("sqs"), service.client("cloudwatch")
    name = f"{service.stack_name}-DeadLetters"
    for state in ("ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="by a test")
        (message,) = wait_for(
            lambda: sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=1).get("Messages", []), bool, 10
        )
        sqs.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
        told = json.loads(json.loads(message["Body"])["Message"])
        assert (told["AlarmName"], told["NewStateValue"]) == (name, state)
        assert "redrive" in told["AlarmDescription"]
