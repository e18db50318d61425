"""Pages put together of pieces that are packed already.

A gzip stream (RFC 1952) is one deflate stream (RFC 1951), and that is a row of blocks: pieces that were
packed by themselves, each up to a whole byte, can stand one after the other. Packing a room's page as a whole
takes longer than everything else about it.
"""

import gzip
import struct
import zlib
from collections.abc import Iterable

LEVEL = 5
GZIP_FROM = 1_000  # bytes; below it packing costs more than it saves
STORED_MAX = 65_535  # bytes of a block that is not packed

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no time, no name, no system
_END = b"\x03\x00"  # an empty last block


def packed(content: bytes, accepted: str) -> bytes | None:
    """Something packed as a whole, where the client takes that (`Accept-Encoding`) and it is worth it."""
    if "gzip" not in accepted or len(content) < GZIP_FROM:
        return None
    return gzip.compress(content, LEVEL, mtime=0)


class Piece:
    """Some bytes, and the same as blocks of a deflate stream, packed once they are wanted so."""

    __slots__ = ("_packed", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._packed = b""

    @property
    def packed(self) -> bytes:
        """Deflated, referring to nothing before it, up to a whole byte."""
        if not self._packed:
            packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
            self._packed = packer.compress(self.plain) + packer.flush(zlib.Z_SYNC_FLUSH)
        return self._packed


class Loose(Piece):
    """A few bytes that are used once: not worth packing."""

    __slots__ = ()

    @property
    def packed(self) -> bytes:
        """A stored block. Raises `struct.error` above 65,535 bytes."""
        size = len(self.plain)
        return struct.pack("<BHH", 0, size, size ^ STORED_MAX) + self.plain


def plain(pieces: Iterable[Piece]) -> bytes:
    """The page."""
    return b"".join([piece.plain for piece in pieces])


def gzipped(pieces: Iterable[Piece]) -> bytes:
    """The page, packed."""
    blocks, check, size = [_HEAD], 0, 0
    for piece in pieces:
        blocks.append(piece.packed)
        check = zlib.crc32(piece.plain, check)
        size += len(piece.plain)
    return b"".join((*blocks, _END, struct.pack("<LL", check, size & 0xFFFFFFFF)))
