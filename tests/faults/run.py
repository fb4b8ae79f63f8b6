"""One run: clients post through faults, then peace, then the accounts are checked."""

import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from local.service import Service
from logstead.cli.redrive import move
from tests.faults.ledger import Content, Fault, Ledger
from tests.faults.plan import Plan
from tests.faults.proxy import fault_proxy

CLIENTS: Final = 8
ATTEMPTS_MAX: Final = 6
BATCH_SIZE_MAX: Final = 12
SETTLE_S: Final = 90
"""How long the queues may take to become empty once peace has come."""
_KILL_EVERY_S: Final = 0.7
_FUNCTIONS: Final = ("Ingest", "Replay")
_VISIBILITY_S: Final = 8
"""How long a message stays hidden whose replay was killed, or could not set a pause. Deployed it is six
minutes, too long for a test; so short, it also lets two replays of one message run side by side."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One request that a client sends until it is acknowledged: its body, headers and entries."""

    entries: Sequence[Content]
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to."""

    seed: int
    sent: int
    acknowledged: int
    queued: int
    failures: dict[str, int]
    faults: list[Fault]

    def __str__(self) -> str:
        failed = [f"{times} {name}" for name, times in sorted(self.failures.items()) if name != "none"]
        head = (
            f"seed {self.seed}: {self.sent} sent, {self.acknowledged} acknowledged, {self.queued} requests "
            f"queued, {len(self.faults)} wrong; calls that failed: {', '.join(failed) or 'none'}"
        )
        return "\n".join([head, *map(str, self.faults)])


def make_postings(seed: int, count: int) -> list[Posting]:
    """Return requests with `count` entries in all: single ones, batches known by ids, batches with a key."""
    source = random.Random(seed)
    begin = datetime.now(UTC) - timedelta(minutes=5)
    postings: list[Posting] = []
    left = count
    while left:
        form = source.choices(("single", "batch", "keyed"), (6, 2, 1))[0]
        size = 1 if form == "single" else min(left, source.randint(2, BATCH_SIZE_MAX))
        entries = [_entry(source, begin, seed) for _ in range(size)]
        left -= size
        if form == "single":
            body, headers = json.dumps(entries[0]).encode(), {}
        else:
            body = "\n".join(map(json.dumps, entries)).encode()
            headers = {"content-type": "application/x-ndjson"}
        if form == "keyed":
            headers["idempotency-key"] = str(uuid.UUID(int=source.getrandbits(128)))
        postings.append(Posting(entries, body, headers))
    return postings


def run(service: Service, emulator_folder: Path, seed: int, count: int) -> Report:
    """Send `count` entries through the faults of a seed, and return what came of them."""
    ledger, plan = Ledger(), Plan(seed)
    postings = make_postings(seed, count)
    queued = 0
    with _behind_faults(service, plan):
        with _killing(plan, emulator_folder, seed), ThreadPoolExecutor(CLIENTS) as clients:
            for number, was_queued in enumerate(
                clients.map(lambda one: _send(service, one, ledger), postings)
            ):
                plan.progress = (number + 1) / len(postings)
                queued += was_queued
        plan.is_over = True
        _settle(service)
        faults = ledger.check(_read_all(service), _dead(service))
    failures = {failure.value: times for failure, times in plan.done.items()}
    return Report(seed, count, ledger.acknowledged, queued, failures, faults)


def _entry(source: random.Random, begin: datetime, seed: int) -> Content:
    moment = begin + timedelta(microseconds=source.randrange(200_000_000))
    return {
        "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
        "dateTime": moment.isoformat(timespec="microseconds"),
        "severity": source.choice(("info", "warning", "error")),
        "message": f"seed {seed}: {source.getrandbits(64):x}",
        "source": source.choice(("shop", "auth")),
    }


def _send(service: Service, posting: Posting, ledger: Ledger) -> bool:
    """Send the same bytes until they are acknowledged, or for `ATTEMPTS_MAX` times; tell whether queued."""
    for attempt in range(ATTEMPTS_MAX):
        try:
            reply = service.post(posting.body, headers=posting.headers)
            status, answer = reply.status, f"{reply.status} {reply.body[:200]!r}"
        except OSError as error:
            status, answer = 0, repr(error)
        is_acknowledged = 200 <= status < 300
        for entry in posting.entries:
            ledger.sent(entry, answer, is_acknowledged=is_acknowledged)
        if is_acknowledged:
            return status == 202  # HTTP's own number
        time.sleep(0.05 * 2**attempt)
    return False


@contextmanager
def _behind_faults(service: Service, plan: Plan) -> Iterator[None]:
    """Let the functions that write reach AWS through the proxy, and put them back after."""
    functions = [service.function(prefix) for prefix in _FUNCTIONS]
    aws = service.client("lambda")
    service.client("sqs").set_queue_attributes(
        QueueUrl=service.outputs["RetryQueueUrl"], Attributes={"VisibilityTimeout": str(_VISIBILITY_S)}
    )
    with fault_proxy(plan, service.endpoint_url) as proxy_url:
        try:
            for function in functions:
                variables = function["Environment"]["Variables"]
                faulty = {"AWS_ENDPOINT_URL_DYNAMODB": proxy_url, "AWS_ENDPOINT_URL_SQS": proxy_url}
                _set_environment(aws, function, variables | faulty)
            yield
        finally:
            for function in functions:
                _set_environment(aws, function, function["Environment"]["Variables"])


def _set_environment(aws: Any, function: dict[str, Any], variables: dict[str, str]) -> None:
    aws.update_function_configuration(
        FunctionName=function["FunctionName"], Environment={"Variables": variables}
    )


@contextmanager
def _killing(plan: Plan, folder: Path, seed: int) -> Iterator[None]:
    """Kill a function's worker now and then while the plan says so."""
    ended = threading.Event()
    source = random.Random(seed)

    def kill() -> None:
        while not ended.wait(_KILL_EVERY_S):
            workers = _workers(folder) if plan.phase.kills else []
            if workers:
                os.kill(source.choice(workers), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        ended.set()
        killer.join()


def _workers(folder: Path) -> list[int]:
    """Return the process ids of the workers of the functions that write."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (
                (process / "cmdline").read_bytes().decode(errors="replace") if process.name.isdigit() else ""
            )
        except OSError:  # it has ended meanwhile
            continue
        if str(folder) in command and any(f"-{prefix}Function-" in command for prefix in _FUNCTIONS):
            found.append(int(process.name))
    return found


def _settle(service: Service) -> None:
    """Wait until the retry queue is empty, moving back what faults brought to the dead-letter queue."""
    sqs = service.client("sqs")
    ends_s = time.monotonic() + SETTLE_S
    while time.monotonic() < ends_s:
        waiting = _waiting(sqs, service.outputs["RetryQueueUrl"])
        if not waiting and not _move_dead(service, sqs):
            return
        time.sleep(0.5)
    raise TimeoutError(f"the retry queue is not empty after {SETTLE_S} s of peace")


def _waiting(sqs: Any, queue_url: str) -> int:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    reply = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    return sum(int(number) for number in reply["Attributes"].values())


def _move_dead(service: Service, sqs: Any) -> int:
    """Redrive what the faults brought to the dead-letter queue; return how many."""
    dead_letter_url, retry_url = service.outputs["DeadLetterQueueUrl"], service.outputs["RetryQueueUrl"]
    return sum(1 for _ in move(sqs, dead_letter_url, retry_url, _waiting(sqs, dead_letter_url)))


def _dead(service: Service) -> list[Content]:
    """Return the entries that the dead-letter queue still keeps: none, once all is moved back and stored."""
    assert _waiting(service.client("sqs"), service.outputs["DeadLetterQueueUrl"]) == 0
    return []


def _read_all(service: Service) -> list[Content]:
    """Return all entries, by paging to the end."""
    shown: list[Content] = []
    page: dict[str, Any] = service.get(limit=1_000).json()
    while "nextCursor" in page:
        shown += page["logs"]
        page = service.get(limit=1_000, cursor=page["nextCursor"]).json()
    return [*shown, *page["logs"]]
