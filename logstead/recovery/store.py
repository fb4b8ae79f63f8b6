"""What was parked -> the table, part by part."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from logstead.errors import Conflict, PackUnreadable, StorageMisconfigured, StorageUnavailable
from logstead.recovery.message import Parked, ParkedEntry, ParkedGroup, ParkedPart
from logstead.storage.write_table import WriteTable

if TYPE_CHECKING:  # as in recovery.message
    from logstead.storage.pack import Pack

_REASONS_NAMED_MAX: Final = 10


class Unstorable(Exception):
    """Something that no later attempt can store, `left`, and why; the rest of its message is stored."""

    def __init__(self, left: Parked, reason: str) -> None:
        super().__init__(reason)
        self.left = left


def store_parked(table: WriteTable, parked: Parked, now_s: int) -> None:
    """Store what a message parks. Parts of a group behind one that can't be stored are stored all the same.

    Raises:
        Unstorable: an id is taken by other content, or a pack's body that stands is damaged.
        StorageUnavailable, StorageMisconfigured: see `storage_failures`; parts behind it were not tried.
    """
    left: list[ParkedPart] = []
    reasons: list[str] = []
    unexpected: Exception | None = None
    for part in parked.parts if isinstance(parked, ParkedGroup) else (parked,):
        try:
            _store_part(table, part, now_s)
        except (StorageUnavailable, StorageMisconfigured):
            raise
        except (Conflict, PackUnreadable) as error:
            left.append(part)
            reasons.append(str(error))
        except Exception as error:  # noqa: BLE001  # raised below: it must not keep the other parts out
            unexpected = error
    if unexpected is not None:
        raise unexpected
    if left:
        kept = ParkedGroup(tuple(left), parked.received_at, parked.reason)
        reason = " ".join(reasons[:_REASONS_NAMED_MAX])
        raise Unstorable(kept if isinstance(parked, ParkedGroup) else parked, reason)


def _store_part(table: WriteTable, part: ParkedPart, now_s: int) -> None:
    if isinstance(part, ParkedEntry):
        table.put_entry(part.entry, part.received_at, now_s)
        return
    if not part.pack.body:
        table.put_pack_header(part.pack.header, now_s)
        return
    lacking = _put_pack(table, part.pack, now_s)
    if lacking:
        _put_pack(table, _pack_of(part.pack, lacking), now_s)


def _put_pack(table: WriteTable, pack: "Pack", now_s: int) -> list[int]:
    """Store a pack; return the positions of its entries that a pack found standing lacks.

    An earlier attempt was stored when they still broke a rule, as a time too far ahead does.
    """
    from logstead.storage.pack_decode import lacking_positions  # noqa: PLC0415  # as recovery.message

    standing = table.put_pack_body(pack, now_s)
    table.put_pack_header(standing.header, now_s)
    return lacking_positions(pack.header.pack, pack.body, standing.body)


def _pack_of(pack: "Pack", positions: Sequence[int]) -> "Pack":
    """Return a pack of some of a pack's entries, which were acknowledged; its id is the same each time."""
    from logstead.storage.pack import make_pack  # noqa: PLC0415  # as recovery.message
    from logstead.storage.pack_decode import PackBody  # noqa: PLC0415
    from logstead.storage.pack_id import pack_id  # noqa: PLC0415

    body, lacking = PackBody(pack.header.pack, pack.body), set(positions)
    rows = [row for row, position in enumerate(body.positions) if position in lacking]
    seed = hashlib.sha256(f"{pack.header.pack} without {positions}".encode()).digest()
    made = make_pack(pack_id(seed, 0), list(body.entries(rows)), pack.header.expires_at)
    if made is None:
        raise PackUnreadable("a pack lacks entries that it has")
    return made
