"""Which readers of a feed are to be looked at next: all, or those who lack something that others do not.

A feed of thousands is woken by every one that connects, and by everything that is one person's own.
Looking at all of them each time would make a storm of connects quadratic.
"""

import asyncio
from collections.abc import Collection, Iterable

from chat.live.reader import Reader

STALL_CHECK_S = 0.05  # how soon a reader whose bytes have drained is given the rest


class Due:
    """Wakes a feed, and knows for whom."""

    def __init__(self) -> None:
        self._everybody = False
        self._behind: set[Reader] = set()
        self._stalled: set[Reader] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Wake the feed: there may be something to read."""
        self._woken.set()

    def everybody(self) -> None:
        """There is something for all."""
        self._everybody = True
        self._woken.set()

    def behind(self, readers: Iterable[Reader]) -> None:
        """There is something for these."""
        self._behind.update(readers)
        self._woken.set()

    def stalled(self, reader: Reader) -> None:
        """What was written to it has not left: it is looked at again in a moment."""
        if not self._stalled:
            asyncio.get_running_loop().call_later(STALL_CHECK_S, self._look_again)
        self._stalled.add(reader)

    def forget(self, reader: Reader) -> None:
        """It has gone."""
        self._behind.discard(reader)
        self._stalled.discard(reader)

    async def woken(self) -> None:
        """Until there is something to do."""
        await self._woken.wait()

    def asleep(self) -> None:
        """What wakes from here on is something new."""
        self._woken.clear()

    def take(self, readers: Collection[Reader]) -> list[Reader]:
        """Those to look at now, of all that there are: they are due no more."""
        due: Collection[Reader] = readers if self._everybody else self._behind
        self._everybody, self._behind = False, set()
        return list(due)

    def _look_again(self) -> None:
        stalled, self._stalled = self._stalled, set()
        self.behind(stalled)
