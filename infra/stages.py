"""The stages: every setting of a deployment, as one frozen value a stage."""

from dataclasses import dataclass
from enum import StrEnum

from logstead import deployment, limits

SQS_DELAY_MAX_S = 900
"""SQS's own limit of a queue's delay."""


class Auth(StrEnum):
    """Who may call the endpoints."""

    NONE = "none"
    """Anybody who knows the URL."""
    IAM = "iam"
    """Principals whose policies allow it, by SigV4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The settings of one deployment; raises ValueError where they contradict each other."""

    name: str
    auth: Auth
    durable: bool
    """The table outlives its stack, can't be deleted by mistake, and can be restored to any second."""
    write_shards: int = 1
    """Partitions of the index that writes are spread over: about 1,000 write units a second each."""
    read_shards: int = 1
    """Partitions that reads ask: never lower than `write_shards` ever was while its entries live."""
    retention_days: int | None = None
    """Days after which entries expire; None keeps them for ever."""
    max_read_units: int | None = None
    """Most read units a second that the table, and the index, may be billed for; None: no cap."""
    max_write_units: int | None = None
    """Most write units a second that the table, and the index, may be billed for; None: no cap."""
    reserved_concurrency: int | None = None
    """Most calls of each function at a time; None: no cap (new accounts have too few to reserve)."""
    retry_delay_s: int = 30
    """Seconds from parking a write that failed to the first attempt to replay it."""
    replay_backoffs_s: tuple[int, ...] = limits.REPLAY_BACKOFFS_S
    """Pauses in seconds before the second, third … attempt; after the last one the dead-letter queue."""
    log_retention: str = "ONE_MONTH"
    """How long the functions' own failure logs are kept: a name of `aws_logs.RetentionDays`."""
    ingest_memory_mb: int = 512
    read_memory_mb: int = 1024
    on_this_machine: bool = False
    """For the emulator: bundled for this machine's Python, nothing in it that the emulator refuses."""

    def __post_init__(self) -> None:
        if not 1 <= self.write_shards <= self.read_shards <= limits.WRITE_SHARDS_MAX:
            raise ValueError(
                f"stage {self.name}: 1 <= write_shards ({self.write_shards}) <= read_shards "
                f"({self.read_shards}) <= {limits.WRITE_SHARDS_MAX} does not hold"
            )
        for setting in ("retention_days", "max_read_units", "max_write_units", "reserved_concurrency"):
            value = getattr(self, setting)
            if value is not None and value < 1:
                raise ValueError(f"stage {self.name}: {setting} is {value}; the least is 1, or None")
        if self.retention_days is not None and self.retention_days > limits.RETENTION_DAYS_MAX:
            raise ValueError(
                f"stage {self.name}: retention_days is {self.retention_days}; the most is "
                f"{limits.RETENTION_DAYS_MAX}, or None"
            )
        if not 0 <= self.retry_delay_s <= SQS_DELAY_MAX_S:
            raise ValueError(
                f"stage {self.name}: retry_delay_s is {self.retry_delay_s}; the most is {SQS_DELAY_MAX_S}"
            )

    @property
    def stack_name(self) -> str:
        """The name of the stage's stack; no two stages share one."""
        return deployment.stack_name(self.name)


DEFAULT_STAGE = "demo"
"""What a bare `cdk deploy` deploys."""

STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            name=DEFAULT_STAGE,
            auth=Auth.NONE,
            durable=False,
            max_read_units=300,
            max_write_units=100,
        ),
        Stage(
            name="production",
            auth=Auth.IAM,
            durable=True,
            write_shards=4,
            read_shards=4,
            max_read_units=4_000,
            max_write_units=4_000,
            log_retention="THREE_MONTHS",
        ),
        Stage(
            name="local",
            auth=Auth.NONE,
            durable=False,
            write_shards=4,
            read_shards=4,
            retry_delay_s=1,
            replay_backoffs_s=(1, 2),
            on_this_machine=True,
        ),
    )
}


def find(name: str) -> Stage:
    """Return the stage of this name; raises ValueError that lists the known ones."""
    if name not in STAGES:
        raise ValueError(f"there is no stage {name!r}; the stages are {', '.join(STAGES)}")
    return STAGES[name]
