"""The wire of a long poll: takes one batch that holds something, and is done."""

import asyncio
import time

from chat.core.changes import Cursor
from chat.live.batch import Batch, End

SETTLE_S = 0.5  # signals within this time say what the page knows already


class PollWire:
    """Collects what one answer will hold: the first change, or else the mark and the passing state.

    A poll is told its person's own each time it begins. `known` is what the one before was told, as a
    hash (`own` of that wire): only what differs is worth an answer.
    """

    def __init__(self, at: Cursor, known: int | None = None) -> None:
        self.own: int | None = None
        self._known = known
        self.batch = Batch(at.number, at)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._since_s = time.monotonic()

    def ready(self) -> bool:
        return not self.done.done()

    def send(self, batch: Batch) -> bool:
        signals = self.batch.signals + batch.signals
        own = bool(batch.signals) and batch.signalled < 0  # of the person, not of the room
        says_more = self._tells_more(batch.signals) if own else self._is_late()
        self.batch = Batch(self.batch.since, batch.mark, batch.fragments, signals, reset=batch.reset)
        if batch.fragments or batch.reset or (batch.signals and says_more):
            self._finish()
            return False
        return True

    def _is_late(self) -> bool:
        return time.monotonic() - self._since_s > SETTLE_S

    def _tells_more(self, own: bytes) -> bool:
        """Whether this differs from what the poll before began with; what a page's first one begins with is
        what it was printed with."""
        if self.own is not None:
            return True
        self.own = hash(own)
        return self._known is not None and self._known != self.own

    def answered(self) -> None:
        """A poll answers by asking again."""

    def stale(self, now_s: float) -> bool:
        return False

    def close(self, end: End) -> None:
        self._finish()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
