"""The ledger: what was sent, what was answered, and at the end what must be there. Pure.

The rules, for every entry:

- acknowledged (2xx, stored or queued): read back exactly once with its content, or kept in the dead-letter
  queue with a reason;
- never acknowledged: read back at most once, and then whole (a reply may have been lost);
- read back: sent.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

Content = Mapping[str, object]
"""An entry as the API shows it."""


class Kind(StrEnum):
    """What can be wrong with the accounts."""

    LOST = "lost"
    DUPLICATED = "duplicated"
    ALTERED = "altered"
    PHANTOM = "phantom"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry that breaks a rule, with all that is known of it."""

    kind: Kind
    entry_id: str
    story: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.entry_id}\n{self.story}"


@dataclass(slots=True)
class Account:
    """One entry: its content as sent, every answer to it in order, and whether one acknowledged it."""

    content: Content
    answers: list[str] = field(default_factory=list)
    is_acknowledged: bool = False


class Ledger:
    """Takes down what clients send and hear; they may do so side by side."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], Account] = {}
        self._lock = Lock()

    @property
    def acknowledged(self) -> int:
        """The number of entries that were acknowledged."""
        return sum(account.is_acknowledged for account in self._accounts.values())

    def sent(self, entry: Content, answer: str, *, is_acknowledged: bool) -> None:
        """Take down one sending of an entry and its answer; the same id may come with other contents."""
        key = (str(entry["id"]), _canonical(entry))
        with self._lock:
            account = self._accounts.setdefault(key, Account(entry))
            account.answers.append(answer)
            account.is_acknowledged = account.is_acknowledged or is_acknowledged

    def check(self, shown: Iterable[Content], dead: Iterable[Content] = ()) -> list[Fault]:
        """Return all that is wrong, given what is read back and what the dead-letter queue keeps."""
        found = Counter((str(entry.get("id")), _canonical(entry)) for entry in shown)
        kept = {(str(entry.get("id")), _canonical(entry)) for entry in dead}
        by_id = Counter({entry_id: 0 for entry_id, _ in self._accounts})
        for (entry_id, _), times in found.items():
            by_id[entry_id] += times
        sent_ids = {entry_id for entry_id, _ in self._accounts}
        faults = [
            Fault(Kind.ALTERED if key[0] in sent_ids else Kind.PHANTOM, key[0], f"  read back: {key[1]}")
            for key in found
            if key not in self._accounts
        ]
        faults += [
            Fault(Kind.DUPLICATED, entry_id, self._story(entry_id))
            for entry_id, times in by_id.items()
            if times > 1
        ]
        faults += [
            Fault(Kind.LOST, key[0], self._story(key[0]))
            for key, account in self._accounts.items()
            if account.is_acknowledged and key not in found and key not in kept
        ]
        return faults

    def _story(self, entry_id: str) -> str:
        lines = []
        for (one, content), account in self._accounts.items():
            if one == entry_id:
                lines.append(f"  sent: {content}")
                lines += [f"    answer: {answer}" for answer in account.answers]
        return "\n".join(lines)


def _canonical(entry: Content) -> str:
    return json.dumps(entry, sort_keys=True)
