"""The alarms that every monitored stage has, by their names without the stack's."""

ALARMS = {
    "RetryQueueOld",
    "RetryQueueDeep",
    "RetryQueueWaiting",
    "DeadLetters",
    "DeadLettersOld",
    *(
        f"{function}{what}"
        for function in ("Ingest", "Read", "Replay")
        for what in ("Errors", "Throttled", "Slow")
    ),
    "WritesThrottled",
    "QueriesThrottled",
    "GetsThrottled",
}
