"""`make run` shows what goes wrong in the functions as it happens."""

import json
import time

from local.failures import FailureWatch
from local.service import Service


def test_success_and_bad_input_are_silent(service: Service) -> None:
    """A line in the log is always worth reading."""
    watch = FailureWatch(service)
    watch.new()
    assert service.post({"severity": "info", "message": "fine"}).status == 201
    assert service.post({"severity": "none"}).status == 400
    assert service.get(limit=1).status == 200
    assert watch.new() == []


def test_a_failure_is_shown_once_and_readably(service: Service) -> None:
    """The stack trace has its lines back; two failures of the same millisecond are two."""
    watch = FailureWatch(service)
    watch.new()
    logs = service.client("logs")
    group = min(service.resources("AWS::Logs::LogGroup").values())
    stream = f"test-{time.time_ns()}"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = {"time": "now", "level": "ERROR", "message": "it broke", "trace": "Traceback:\n  line 1\n"}
    now_ms = int(time.time() * 1000)
    for message in (json.dumps(line), "no JSON at all\n"):
        events = [{"timestamp": now_ms, "message": message}]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    assert sorted(watch.new()) == ["no JSON at all", "now ERROR it broke\nTraceback:\n  line 1"]
    assert watch.new() == []
