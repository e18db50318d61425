"""The wire of a long poll: takes one batch that holds something, and is done."""

import asyncio
import time

from chat.core.changes import Cursor
from chat.live.batch import Batch, End

SETTLE_S = 0.5  # signals within this time say what the page knows already


class PollWire:
    """Collects what one answer will hold: the first change, or else the mark and the passing state."""

    def __init__(self, at: Cursor) -> None:
        self.batch = Batch(at.number, at)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._since_s = time.monotonic()

    def ready(self) -> bool:
        return not self.done.done()

    def send(self, batch: Batch) -> bool:
        signals = batch.signals or self.batch.signals
        self.batch = Batch(self.batch.since, batch.mark, batch.fragments, signals, reset=batch.reset)
        late = time.monotonic() - self._since_s > SETTLE_S
        if batch.fragments or batch.reset or (batch.signals and late):
            self._finish()
            return False
        return True

    def answered(self) -> None:
        """A poll answers by asking again."""

    def stale(self, now_s: float) -> bool:
        return False

    def close(self, end: End) -> None:
        self._finish()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
