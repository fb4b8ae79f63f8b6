"""The stages: every setting of a deployment, as one frozen value a stage."""

import ipaddress
import re
from dataclasses import dataclass, replace
from enum import StrEnum

from logstead import deployment, limits

SQS_DELAY_MAX_S = 900
"""SQS's own limit of a queue's delay."""
WRITE_UNITS_MIN = 400
"""What the largest item takes that DynamoDB allows: 400 KB."""
WAF_RATE_MIN = 10
"""WAF's own least of a rate rule."""
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class Auth(StrEnum):
    """Who may call the endpoints."""

    NONE = "none"
    """Anybody who knows the URL."""
    IAM = "iam"
    """Principals whose policies allow it, by SigV4."""
    TOKEN = "token"  # noqa: S105 - a mode's name
    """Holders of an access key of the stage, which `python -m logstead keys` makes."""


class Edge(StrEnum):
    """What stands between the internet and the functions."""

    FUNCTION_URL = "function-url"
    """A URL for each function: nothing to pay, no throttle, no firewall."""
    API_GATEWAY = "api-gateway"
    """One REST API before both: throttled, logged, behind a firewall; the functions have no URLs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The settings of one deployment; raises ValueError where they contradict each other."""

    name: str
    auth: Auth
    durable: bool
    """The table outlives its stack, can't be deleted by mistake, and can be restored to any second."""
    edge: Edge = Edge.FUNCTION_URL
    write_shards: int = 1
    """Partitions of the index that writes are spread over: about 1,000 write units a second each."""
    read_shards: int = 1
    """Partitions that reads ask: never lower than `write_shards` ever was while its entries live."""
    retention_days: int | None = None
    """Days after which entries expire; None keeps them for ever."""
    max_read_units: int | None = None
    """Most read units a second that the table, and the index, may be billed for; None: no cap."""
    max_write_units: int | None = None
    """Most write units a second that the table, and the index, may be billed for; None: no cap.

    Never fewer than the largest item takes, `WRITE_UNITS_MIN`: it might never be let in.
    """
    reserved_concurrency: int | None = None
    """Most calls of ingest and of read at a time; None: no cap (new accounts have too few to reserve)."""
    cors_origins: tuple[str, ...] = ()
    """Exact origins whose pages may call from a browser, as in `https://logs.example.com`."""
    requests_per_second: int = 100
    """Behind API Gateway: requests a second over all callers, on average; more get 429."""
    requests_burst: int = 200
    """Behind API Gateway: requests at once before the average counts."""
    requests_per_day: int | None = None
    """Behind API Gateway: quota of an API key, which callers then must send; None: no API keys."""
    waf_requests_per_5_minutes: int = 30_000
    """Behind API Gateway: requests of one address in five minutes; its further ones are blocked."""
    waf_allow_cidrs: tuple[str, ...] = ()
    """Behind API Gateway: address ranges that alone may call; none: all may."""
    waf_deny_cidrs: tuple[str, ...] = ()
    """Behind API Gateway: address ranges that may not call."""
    log_groups: tuple[str, ...] = ()
    """Log groups of CloudWatch Logs, of this account and region, whose lines are stored as they come.

    Never one of the stage's own: a failure to store a line is a line.
    """
    monitored: bool = True
    """Alarms and a dashboard, which cost a few dollars a month beyond AWS's free ones."""
    alarm_email: str | None = None
    """Who gets the alarms' mails, once confirmed; None: subscribe to the topic by other means."""
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
        for setting in _LEAST_ONE:
            value = getattr(self, setting)
            if value is not None and value < 1:
                raise ValueError(f"stage {self.name}: {setting} is {value}; the least is 1, or None")
        if self.max_write_units is not None and self.max_write_units < WRITE_UNITS_MIN:
            raise ValueError(
                f"stage {self.name}: max_write_units is {self.max_write_units}; the least is "
                f"{WRITE_UNITS_MIN}, as one write may take so many, or None"
            )
        if self.retention_days is not None and self.retention_days > limits.RETENTION_DAYS_MAX:
            raise ValueError(
                f"stage {self.name}: retention_days is {self.retention_days}; the most is "
                f"{limits.RETENTION_DAYS_MAX}, or None"
            )
        if not 0 <= self.retry_delay_s <= SQS_DELAY_MAX_S:
            raise ValueError(
                f"stage {self.name}: retry_delay_s is {self.retry_delay_s}; the most is {SQS_DELAY_MAX_S}"
            )
        if self.waf_requests_per_5_minutes < WAF_RATE_MIN:
            raise ValueError(f"stage {self.name}: waf_requests_per_5_minutes is below {WAF_RATE_MIN}")
        # Two subscriptions of one group would call the function, and cost, twice for each line.
        if "" in self.log_groups or len(set(self.log_groups)) < len(self.log_groups):
            raise ValueError(
                f"stage {self.name}: log_groups {self.log_groups} has an empty name, or one twice"
            )
        self._check_edge()

    def _check_edge(self) -> None:
        for origin in self.cors_origins:
            # No wildcard: whoever may read the service's replies from a browser is named.
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"stage {self.name}: cors_origins has {origin!r}, which is no exact origin")
        for cidr in (*self.waf_allow_cidrs, *self.waf_deny_cidrs):
            ipaddress.ip_network(cidr)
        if self.edge is Edge.FUNCTION_URL:
            for setting in ("requests_per_day", "waf_allow_cidrs", "waf_deny_cidrs"):
                if getattr(self, setting):
                    raise ValueError(f"stage {self.name}: {setting} needs edge {Edge.API_GATEWAY}")

    @property
    def stack_name(self) -> str:
        """The name of the stage's stack; no two stages share one."""
        return deployment.stack_name(self.name)


_LEAST_ONE = (
    "retention_days",
    "max_read_units",
    "reserved_concurrency",
    "requests_per_second",
    "requests_burst",
    "requests_per_day",
)
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
            max_write_units=WRITE_UNITS_MIN,
            monitored=False,
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


def _local(auth: Auth, edge: Edge) -> Stage:
    prefix = "local" if edge is Edge.FUNCTION_URL else "local-api"
    return replace(
        STAGES["local"],
        name=f"{prefix}-{auth}",
        auth=auth,
        edge=edge,
        monitored=False,
        cors_origins=("https://logs.example.com",),
    )


LOCAL_VARIANTS = {
    stage.name: stage
    for stage in (
        _local(Auth.TOKEN, Edge.FUNCTION_URL),
        _local(Auth.IAM, Edge.FUNCTION_URL),
        *(_local(auth, Edge.API_GATEWAY) for auth in Auth),
    )
}
"""`local` in every other mode and behind the other edge: `local-token`, `local-api-iam` …

Without what `local` has shown already, alarms, and with what it lacks, origins that may call.
"""


def find(name: str) -> Stage:
    """Return the stage of this name; raises ValueError that lists the known ones."""
    known = {**STAGES, **LOCAL_VARIANTS}
    if name not in known:
        raise ValueError(f"there is no stage {name!r}; the stages are {', '.join(known)}")
    return known[name]
