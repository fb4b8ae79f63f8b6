"""The environment -> one typed config per function. The environment is an argument, never read at import."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from logstead import limits
from logstead.errors import FieldProblem, NotConfigured


@dataclass(frozen=True, slots=True)
class WriteTableConfig:
    """What who writes needs to know of the table. `retention_days` None keeps entries for ever."""

    name: str
    write_shards: int = 1
    retention_days: int | None = None


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """What the ingest function needs to know."""

    table: WriteTableConfig
    retry_queue_url: str | None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "IngestConfig":
        """Read TABLE_NAME, WRITE_SHARDS, RETENTION_DAYS and RETRY_QUEUE_URL.

        Without a queue, a write that fails is answered 503.

        Raises:
            NotConfigured: naming each variable that is missing or wrong.
        """
        reader = _Reader(environ)
        config = cls(
            table=reader.write_table(),
            retry_queue_url=environ.get("RETRY_QUEUE_URL") or None,
        )
        reader.close()
        return config


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """What the read function needs to know."""

    table_name: str
    read_shards: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "ReadConfig":
        """Read TABLE_NAME and READ_SHARDS.

        Raises:
            NotConfigured: naming each variable that is missing or wrong.
        """
        reader = _Reader(environ)
        config = cls(
            table_name=reader.text("TABLE_NAME"),
            read_shards=reader.number("READ_SHARDS", 1, limits.WRITE_SHARDS_MAX) or 1,
        )
        reader.close()
        return config


@dataclass(frozen=True, slots=True)
class ReplayConfig:
    """What the replay function needs to know; `backoffs_s` as `limits.REPLAY_BACKOFFS_S`."""

    table: WriteTableConfig
    retry_queue_url: str
    dead_letter_queue_url: str
    backoffs_s: tuple[int, ...]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "ReplayConfig":
        """Read what ingest reads, DEAD_LETTER_QUEUE_URL and REPLAY_BACKOFFS_S (comma-separated).

        Raises:
            NotConfigured: naming each variable that is missing or wrong.
        """
        reader = _Reader(environ)
        config = cls(
            table=reader.write_table(),
            retry_queue_url=reader.text("RETRY_QUEUE_URL"),
            dead_letter_queue_url=reader.text("DEAD_LETTER_QUEUE_URL"),
            backoffs_s=reader.numbers("REPLAY_BACKOFFS_S", limits.REPLAY_BACKOFFS_S),
        )
        reader.close()
        return config


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """Who may call: in mode `token` the holders of a key under `keys_path`, else whom the edge lets in.

    Pages of `cors_origins` may read replies in a browser; none are named where the edge sees to that.
    """

    keys_path: str | None
    cors_origins: frozenset[str] = frozenset()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "AccessConfig":
        """Read AUTH_MODE (`none`, `iam` or `token`; the edge enforces `iam`), ACCESS_KEYS_PATH, CORS_ORIGINS.

        Raises:
            NotConfigured: naming each variable that is missing or wrong.
        """
        reader = _Reader(environ)
        mode = environ.get("AUTH_MODE", "").strip() or "none"
        if mode not in ("none", "iam", "token"):
            reader.refuse("AUTH_MODE", "must be none, iam or token")
        config = cls(
            keys_path=reader.text("ACCESS_KEYS_PATH") if mode == "token" else None,
            cors_origins=frozenset(filter(None, environ.get("CORS_ORIGINS", "").split(","))),
        )
        reader.close()
        return config


class _Reader:
    """Collects what is wrong with the environment, to name all of it at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[FieldProblem] = []

    def write_table(self) -> WriteTableConfig:
        return WriteTableConfig(
            name=self.text("TABLE_NAME"),
            write_shards=self.number("WRITE_SHARDS", 1, limits.WRITE_SHARDS_MAX) or 1,
            retention_days=self.number("RETENTION_DAYS", 1, limits.RETENTION_DAYS_MAX),
        )

    def text(self, name: str) -> str:
        value = self._environ.get(name, "").strip()
        if not value:
            self._problems.append(FieldProblem(name, "is unset or empty"))
        return value

    def number(self, name: str, least: int, most: int) -> int | None:
        value = self._environ.get(name, "").strip()
        if not value:
            return None
        if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        self._problems.append(FieldProblem(name, f"must be a whole number from {least} to {most}"))
        return None

    def numbers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self._environ.get(name, "").strip()
        if not value:
            return default
        if re.fullmatch(r"[0-9]{1,5}(,[0-9]{1,5}){0,9}", value):
            return tuple(map(int, value.split(",")))
        self.refuse(name, "must be whole numbers of seconds, separated by commas")
        return default

    def refuse(self, name: str, problem: str) -> None:
        self._problems.append(FieldProblem(name, problem))

    def close(self) -> None:
        if self._problems:
            names = ", ".join(problem.field for problem in self._problems)
            raise NotConfigured(f"The function's environment is not set up: {names}.", tuple(self._problems))
