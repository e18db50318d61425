"""How a batch is written on each transport. The same bytes for every reader that gets the batch.

Each medium has its payload, as a plain ASGI server takes it, and its `raw` form, as it goes on the
socket of an HTTP/1.1 connection: a websocket frame (RFC 6455, 5.2) or a chunk (RFC 9112, 7.1).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from chat.live.batch import Batch
from chat.web.render import RESET, mark


@dataclass(frozen=True, slots=True)
class Medium:
    """How batches become bytes. Both functions are also the names under which a batch keeps them."""

    payload: Callable[[Batch], bytes]
    raw: Callable[[Batch], bytes]


def html(batch: Batch) -> bytes:
    """Fragments, signals, and the mark that ends every batch."""
    if batch.reset:
        return RESET
    return b"".join([*(f.html for f in batch.fragments), batch.signals, mark(batch.mark)])


def frame(batch: Batch) -> bytes:
    """The batch as one unmasked text frame."""
    payload = batch.encoded(html)
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


def event(batch: Batch) -> bytes:
    """The batch as one server-sent event; its id is the cursor after it."""
    data = batch.encoded(html).replace(b"\r", b"").replace(b"\n", b"\ndata:")
    ident = b"" if batch.reset else f"id:{batch.mark}\n".encode()
    return ident + b"data:" + data + b"\n\n"


def paper(batch: Batch) -> bytes:
    """The batch as more of a page that does not end. Signals need scripts and are left out."""
    return b"".join([*(f.html for f in batch.fragments), mark(batch.mark)])


def lines(batch: Batch) -> bytes:
    """What was newly said, a line a message; edits of what was said before are not repeated."""
    return b"".join(f.line for f in batch.fragments if f.number > batch.since)


def _chunked(payload: Callable[[Batch], bytes]) -> Callable[[Batch], bytes]:
    def chunk(batch: Batch) -> bytes:
        content = batch.encoded(payload)
        return b"%x\r\n%b\r\n" % (len(content), content) if content else b""  # an empty one would be the end

    return chunk


WEBSOCKET = Medium(html, frame)
EVENTS = Medium(event, _chunked(event))
PAGE = Medium(paper, _chunked(paper))
TEXT = Medium(lines, _chunked(lines))
