"""The worst month that somebody can cause, by a stage's limits, who they are and the list prices.

    python -m bench.worst_bill

Each figure is what its service bills if it is kept at its limit for all of 30 days. DynamoDB's maxima are
best effort: it may pass them for moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bench import end_with_reader, prices
from infra.stages import STAGES, Auth, Edge, Stage

MONTH_S: Final = 30 * 24 * 60 * 60
CONCURRENCY_NEW: Final = 10
"""What an account begins with at the least, for all its functions together."""
CONCURRENCY_DEFAULT: Final = 1_000
"""Lambda's default quota."""
URL_REQUESTS_PER_CONCURRENCY: Final = 10
"""A Function URL takes ten times as many requests a second as its function has concurrency."""
KB: Final = 1_024
SHOWN: Final[Mapping[str, Stage]] = {
    "demo": STAGES["demo"],
    "production": STAGES["production"],
    "production, token": replace(STAGES["production"], auth=Auth.TOKEN),
    "production, api-gateway": replace(STAGES["production"], edge=Edge.API_GATEWAY),
    "production, api-gateway, token": replace(STAGES["production"], edge=Edge.API_GATEWAY, auth=Auth.TOKEN),
}


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars a month. `storage` is for what was written when the month is over."""

    writes: float = 0.0
    reads: float = 0.0
    storage: float = 0.0
    functions: float = 0.0
    edge: float = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.writes + self.reads + self.storage + self.functions + self.edge


def worst_bill(stage: Stage, *, is_let_in: bool, concurrency: int = CONCURRENCY_DEFAULT) -> Bill:
    """Return the worst month that one who `is_let_in`, or anybody else, can cause.

    What is refused before a function runs is billed by nobody but WAF, which has no limit to compute with.
    """
    reaches_function = is_let_in or stage.auth is not Auth.IAM
    requests_s = URL_REQUESTS_PER_CONCURRENCY * concurrency if reaches_function else 0
    edge = 0.0
    if stage.edge is Edge.API_GATEWAY:
        requests_s = stage.requests_per_second if reaches_function else 0
        edge = requests_s * MONTH_S * (prices.API_REQUEST + prices.WAF_REQUEST)
    functions = 0.0
    if reaches_function:
        at_once = min(concurrency, stage.reserved_concurrency or concurrency)
        if stage.edge is Edge.API_GATEWAY:
            at_once = min(at_once, requests_s * 30)  # none lasts longer than the read function's timeout
        memory_gb = max(stage.read_memory_mb, stage.ingest_memory_mb) / KB
        functions = MONTH_S * (at_once * memory_gb * prices.LAMBDA_GB_S + requests_s * prices.LAMBDA_REQUEST)
    if not is_let_in and stage.auth is not Auth.NONE:
        return Bill(functions=functions, edge=edge)
    writes, reads = stage.max_write_units or 0, stage.max_read_units or 0
    gb = writes * MONTH_S * KB / 1e9
    per_gb = 2 * prices.TABLE_GB_MONTH + (prices.RECOVERY_GB_MONTH if stage.durable else 0)
    return Bill(
        writes=2 * writes * MONTH_S * prices.WRITE_UNIT,
        reads=2 * reads * MONTH_S * prices.READ_UNIT,
        storage=gb * per_gb,
        functions=functions,
        edge=edge,
    )


def rows() -> list[tuple[str, str, Bill, Bill]]:
    """Return (stage, who, the bill in a new account, the bill at Lambda's default quota)."""
    found = []
    for name, stage in SHOWN.items():
        for who, is_let_in in (("anybody", False), ("who is let in", True)):
            if stage.auth is Auth.NONE and is_let_in:
                continue
            new, default = (
                worst_bill(stage, is_let_in=is_let_in, concurrency=concurrency)
                for concurrency in (CONCURRENCY_NEW, CONCURRENCY_DEFAULT)
            )
            found.append((name, who, new, default))
    return found


def main() -> None:
    """Print the table of docs/security.md."""
    print(
        "| stage | who | writes | reads | storage | API | functions, 10 at once | functions, 1,000 at once |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, who, new, default in rows():
        shown = (new.writes, new.reads, new.storage, new.edge, new.functions, default.functions)
        print(f"| `{name}` | {who} | " + " | ".join(f"{value:,.0f}" for value in shown) + " |")


if __name__ == "__main__":
    end_with_reader()
    main()
