"""A reader is a cursor on a feed, and the wire its batches leave by. It owns no queue."""

from typing import Protocol

from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.person import Session
from chat.core.room import Member
from chat.live.batch import Batch, End
from chat.live.signals import NONE

DRAIN_S = 10.0  # bytes that have not left for this long mean that nobody reads them


class Wire(Protocol):
    """How one connection is written to. All calls return at once."""

    def ready(self) -> bool:
        """Whether everything that was sent before has left this process."""

    def send(self, batch: Batch) -> bool:
        """Send a batch; false if the wire takes no more and its reader is to be let go."""

    def answered(self) -> None:
        """The page at the other end has just shown that it is alive."""

    def stale(self, now_s: float) -> bool:
        """Whether the page at the other end has stopped answering, by the monotonic clock."""

    def close(self, end: End) -> None:
        """Say why, and end the connection."""


class Reader:
    """Somebody reading a room over one connection."""

    __slots__ = (
        "cursor", "member", "own", "session", "signalled", "stalled_at", "told", "visible_from", "wire"
    )  # fmt: skip

    def __init__(self, member: Member, session: Session, cursor: Cursor, wire: Wire) -> None:
        self.member = member
        self.visible_from = member.visible_from
        self.session = session
        self.cursor: Number = cursor.number
        self.wire = wire
        self.signalled = -1  # the last signal of the feed that this reader was given
        self.own = NONE  # the signals of its person
        self.told = -1  # the last of them that this reader was given
        self.stalled_at: float | None = None  # since when its bytes have not drained

    def lacks_nothing(self, head: Number, signalled: int) -> bool:
        """Whether it was given all up to this head and this signal, and its person's own, and takes more."""
        return (
            self.cursor >= head
            and self.signalled >= signalled
            and self.told >= self.own.version
            and self.stalled_at is None
        )

    def lost(self, now_s: float) -> bool:
        """Whether the wire has been full for too long. Ask only while it is not ready."""
        if self.stalled_at is None:
            self.stalled_at = now_s
        return now_s - self.stalled_at > DRAIN_S
