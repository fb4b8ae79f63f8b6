"""Packs: many entries in two items, a header in the index and a body outside it. Pure: no I/O.

    split_into_packs (pack_split) -> pack_id (pack_id) -> make_pack -> body item first, then header item
    header item -> PackHeader.from_item (pack_header) -> body item -> PackBody (pack_decode) -> entries

docs/adr/0010-pack-layout.md says why the body has this shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from logstead.entry import LogEntry
from logstead.storage.pack_codec import WRITE_CODEC
from logstead.storage.pack_encode import arrange, encode_body
from logstead.storage.pack_header import PackHeader, header_of
from logstead.storage.pack_layout import Columns


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as it is written: the body first, then the header."""

    header: PackHeader
    body: bytes


def make_pack(
    pack: str,
    sent: Sequence[LogEntry | None] | Columns,
    expires_at: int | None,
    codec: int = WRITE_CODEC,
) -> Pack | None:
    """Return the pack of one part of a split, or None where it keeps no entry.

    `sent` has, in the order of arrival, each entry of that part, and None for each that was refused: the
    place of an entry in it is the position that its derived id is made from (`derived_id`). An entry whose
    `filled` names `id` gets that id, whatever its `id` says.

    In `Columns`, rows stand as `arrange` orders them, and none was refused.

    Raises:
        PackTooLarge: the part was not cut by the sizes of its entries (see `split_into_packs`).
    """
    if isinstance(sent, Columns):
        columns = sent
    elif rows := arrange(pack, sent):
        columns = Columns.of(rows)
    else:
        return None
    body = encode_body(pack, columns, codec)
    return Pack(header_of(pack, columns, codec=codec, body_bytes=len(body), expires_at=expires_at), body)
