"""PackHeader <-> item: what the index knows of a pack, enough to skip it, count it and draw it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from logstead import limits
from logstead.entry import SEVERITIES, minute_of
from logstead.errors import PackUnreadable
from logstead.storage.item import Item
from logstead.storage.pack_id import is_pack_id

if TYPE_CHECKING:  # as in recovery.message
    from logstead.storage.pack_layout import Columns

HEADER_PREFIX: Final = "PACK#"
BODY_PREFIX: Final = "BODY#"
MANY_SOURCES: Final = None
"""What `sources` is where there are too many to name."""

_DATE_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}\+00:00")
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_COUNT_NAMES: Final = {severity: f"{severity.capitalize()}Count" for severity in SEVERITIES}
HEADER_ATTRIBUTES: Final = (
    *("LogID", "DateTime", "Oldest", *_COUNT_NAMES.values(), "Sources", "Unsourced", "OwnIds"),
    *("Codec", "BodyBytes", "ExpiresAt"),
)
"""The attributes of an item that `PackHeader.from_item` reads."""


@dataclass(frozen=True, slots=True)
class PackHeader:
    """A pack as its header item tells it.

    `newest` and `oldest` are `date_time` texts of one minute; `counts` is by severity, in the order of
    `SEVERITIES`; `sources` names every source in the pack in order, or is `MANY_SOURCES`;
    `has_unsourced` tells whether an entry may have none, `has_own_ids` whether one may have an id of its
    own; `expires_at` is in epoch seconds, None where the pack is kept for ever.
    """

    pack: str
    newest: str
    oldest: str
    counts: tuple[int, ...]
    sources: tuple[str, ...] | None
    codec: int
    body_bytes: int
    has_unsourced: bool
    has_own_ids: bool
    expires_at: int | None = None

    @property
    def count(self) -> int:
        """The number of entries."""
        return sum(self.counts)

    def may_hold_source(self, source: str) -> bool:
        """Tell whether an entry of this source can be in the pack."""
        return self.sources is MANY_SOURCES or source in self.sources

    def holds_only_source(self, source: str) -> bool:
        """Tell whether every entry in the pack is surely of this source."""
        return self.sources == (source,) and not self.has_unsourced

    def to_item_attributes(self) -> Item:
        """Return all attributes but the key `LogID` and the index partition `LogType`."""
        item: Item = {
            "DateTime": {"S": self.newest},
            "Oldest": {"S": self.oldest},
            "Codec": {"N": str(self.codec)},
            "BodyBytes": {"N": str(self.body_bytes)},
            "Unsourced": {"N": str(int(self.has_unsourced))},
            "OwnIds": {"N": str(int(self.has_own_ids))},
        }
        for name, count in zip(_COUNT_NAMES.values(), self.counts, strict=True):
            item[name] = {"N": str(count)}
        if self.sources is not MANY_SOURCES:
            item["Sources"] = {"L": [{"S": source} for source in self.sources]}
        if self.expires_at is not None:
            item["ExpiresAt"] = {"N": str(self.expires_at)}
        return item

    def header_item(self, log_type: str) -> Item:
        """Return the header item, in the index partition `log_type`."""
        return {
            "LogID": {"S": HEADER_PREFIX + self.pack},
            "LogType": {"S": log_type},
            **self.to_item_attributes(),
        }

    def body_item(self, body: bytes) -> Item:
        """Return the body item: outside the index for want of `LogType`, with all that the header says."""
        return {
            "LogID": {"S": BODY_PREFIX + self.pack},
            **self.to_item_attributes(),
            "Body": {"B": body},
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Mapping[str, Any]]) -> "PackHeader":
        """Return the header that a header item or a body item holds.

        Sources that are missing or broken count as too many to name: then nothing is skipped by them. What
        else a reader could do without a doubt, it does not where `Unsourced` or `OwnIds` is missing.

        Raises:
            PackUnreadable: naming the first attribute that is missing or broken.
        """
        newest, oldest = _date_time(item, "DateTime"), _date_time(item, "Oldest")
        counts = tuple(_number(item, name) for name in _COUNT_NAMES.values())
        if minute_of(oldest) != minute_of(newest) or oldest > newest:
            raise PackUnreadable("the header's Oldest does not fit its DateTime")
        if not 0 < sum(counts) <= limits.PACK_ENTRIES_MAX:
            raise PackUnreadable("the header's counts are out of bounds")
        return cls(
            pack=_pack(item),
            newest=newest,
            oldest=oldest,
            counts=counts,
            sources=_sources(item),
            codec=_number(item, "Codec"),
            body_bytes=_number(item, "BodyBytes"),
            has_unsourced=_value(item, "Unsourced", "N") != "0",
            has_own_ids=_value(item, "OwnIds", "N") != "0",
            expires_at=_number(item, "ExpiresAt") if "ExpiresAt" in item else None,
        )


def header_of(
    pack: str, columns: "Columns", *, codec: int, body_bytes: int, expires_at: int | None
) -> PackHeader:
    """Return the header of a pack's rows."""
    return PackHeader(
        pack=pack,
        newest=columns.date_times[-1],
        oldest=columns.date_times[0],
        counts=tuple(columns.severities.count(severity) for severity in SEVERITIES),
        sources=_named(set(columns.sources)),
        codec=codec,
        body_bytes=body_bytes,
        has_unsourced=None in columns.sources,
        has_own_ids=any("id" not in names for names in set(columns.filled)),
        expires_at=expires_at,
    )


def _named(sources: set[str | None]) -> tuple[str, ...] | None:
    names = sorted(source for source in sources if source is not None)
    size = sum(len(name.encode()) for name in names)
    if len(names) > limits.PACK_SOURCES_MAX or size > limits.PACK_SOURCES_BYTES_MAX:
        return MANY_SOURCES
    return tuple(names)


def _pack(item: Mapping[str, Mapping[str, Any]]) -> str:
    log_id = _value(item, "LogID", "S")
    prefix, pack = (log_id[:5], log_id[5:]) if isinstance(log_id, str) else ("", "")
    if prefix not in {HEADER_PREFIX, BODY_PREFIX} or not is_pack_id(pack):
        raise PackUnreadable("the header's LogID is no pack's")
    return pack


def _date_time(item: Mapping[str, Mapping[str, Any]], name: str) -> str:
    text = _value(item, name, "S")
    if not isinstance(text, str) or not _DATE_TIME.fullmatch(text):
        raise PackUnreadable(f"the header's {name} is missing or broken")
    return text


def _number(item: Mapping[str, Mapping[str, Any]], name: str) -> int:
    text = _value(item, name, "N")
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise PackUnreadable(f"the header's {name} is missing or broken")
    return int(text)


def _sources(item: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...] | None:
    values = _value(item, "Sources", "L")
    if not isinstance(values, list):
        return MANY_SOURCES
    names = [value.get("S") if isinstance(value, Mapping) else None for value in values]
    if not all(isinstance(name, str) for name in names):
        return MANY_SOURCES
    return tuple(name for name in names if isinstance(name, str))


def _value(item: Mapping[str, Mapping[str, Any]], name: str, kind: str) -> object:
    """Return an attribute's value, None where it is missing or of another type."""
    attribute = item.get(name)
    return attribute.get(kind) if isinstance(attribute, Mapping) else None
