"""A room's newest changes in one worker, each rendered once, and the readers who follow them.

Readers share the log and each keeps its own place in it, so a slow one costs nothing but its cursor.
(websockets' text on broadcasting is the best reasoning about why a queue for each client is worse.)
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from chat.core.changes import Cursor, Replay, visible
from chat.core.ids import Number, RoomId
from chat.core.message import Message
from chat.core.problems import Unavailable
from chat.live.batch import Batch, End, Fragment, Round, reset
from chat.live.due import Due
from chat.live.handed import Handed
from chat.live.log import Log
from chat.live.reader import Reader
from chat.live.rendering import Render, rendered
from chat.live.replays import Place, Read, Replays
from chat.live.signals import Signals
from chat.live.typing import Typing

WRITES_A_TURN = 400  # then the loop gets a turn: about 3 ms of writes
ENDS_A_TURN = 50  # and after so many were let go: the rest is in a moment, since ending takes 0.3 ms
GATHER_S = 0.005  # after a delivery: what comes within this time leaves together, a lone message at once


class Feed:
    """Holds one room's newest changes up to `head` and brings every reader there."""

    def __init__(self, room: RoomId, slug: str, at: Cursor, read: Read, render: Render) -> None:
        self.room, self.slug, self.epoch = room, slug, at.epoch
        self.head: Number = at.number
        self.readers: set[Reader] = set()
        self.idle_since = time.monotonic()
        self._wanted: Number = at.number
        self._read, self._render = read, render
        self._handed = Handed()
        self._log = Log(at.number)
        self._signals = Signals()
        self.typing = Typing()
        self._beat_due = False
        self._due = Due()
        self._replays = Replays(read, render, self._replayed)

    # What the hub calls

    def add(self, reader: Reader) -> None:
        """Begin to serve a reader: a hello with its own cursor, then everything after it."""
        self.readers.add(reader)
        if self._give(reader, Batch(reader.cursor, Cursor(self.epoch, reader.cursor))):
            self.wake((reader,))

    def remove(self, reader: Reader) -> None:
        """Stop serving a reader; harmless when it was let go before."""
        self.readers.discard(reader)
        self._due.forget(reader)
        if not self.readers:
            self.idle_since = time.monotonic()

    def ring(self, head: Number, news: Replay | None = None) -> None:
        """The room is at `head`, or beyond: have it read, unless it is in the news, and delivered."""
        if news:
            self._handed.keep(news)
        if head > self._wanted:
            self._wanted = head
            self._due.wake()

    async def known(self, since: Cursor, to: Number, visible_from: Number) -> Batch | None:
        """Everything after `since` and at least up to `to`, if that need not be read; not for a wire.

        All of it is of this moment, however long it takes to render what is not rendered yet.
        """
        newest = self._handed.after(Cursor(self.epoch, self.head))
        if since.epoch != self.epoch or not self._log.base <= since.number <= to <= newest.head:
            return None
        told = self._log.after(since.number)
        told += await rendered(self._render, self.slug, newest.changes)
        shown = [one for one in told if one.change > since.number and visible(one.of, visible_from)]
        return Batch(since.number, Cursor(newest.epoch, newest.head), shown)

    def signal(self, name: str, html: bytes, key: object = None) -> None:
        """Say something in passing, to everybody; not again if it has the `key` of what was said last."""
        if self._signals.say(name, html, key):
            self._due.everybody()

    def unsay(self, name: str) -> None:
        """Tell those who come from now on nothing under this name: what was said is out of date."""
        self._signals.drop(name)

    def wake(self, readers: Iterable[Reader]) -> None:
        """These lack something that the others do not: only they are looked at."""
        self._due.behind(readers)

    def beat(self) -> None:
        """Give every reader that is up to date a mark, so that its page knows the line is alive."""
        self._beat_due = True
        self._due.everybody()

    async def let_go_of_stale(self, now_s: float) -> None:
        """Let readers go whose pages have stopped answering, which all may have at once."""
        stale = [reader for reader in self.readers if reader.wire.stale(now_s)]
        for start in range(0, len(stale), ENDS_A_TURN):
            self.end(stale[start : start + ENDS_A_TURN], End.SLOW)
            await asyncio.sleep(0)

    def end(self, readers: Iterable[Reader], why: End) -> None:
        """Let readers go. Each leaves the set before its closing bytes are written."""
        for reader in list(readers):
            if reader in self.readers:
                self.remove(reader)
                reader.wire.close(why)

    def start_over(self, at: Cursor, slug: str = "") -> None:
        """A new lineage of numbers begins, maybe since a rule narrowed, maybe at `slug`: pages load anew."""
        for reader in list(self.readers):
            self._reset(reader)
        self.slug = slug or self.slug
        self.epoch, self.head, self._wanted = at.epoch, at.number, at.number
        self._log.clear(at.number)

    async def finish(self) -> None:
        """Deliver what is committed, once `run` has been cancelled, in the middle of a read maybe."""
        await self._pull()
        self._due.everybody()
        await self._deliver()

    async def run(self) -> None:
        """Serve until cancelled. Wake-up first, then SQL, then wait: no bell in between is lost."""
        served_s = float("-inf")
        try:
            while True:
                await self._due.woken()
                if (pause_s := served_s + GATHER_S - time.monotonic()) > 0:
                    await asyncio.sleep(pause_s)
                self._due.asleep()
                if self._wanted > self.head:
                    await self._pull()
                await self._deliver()
                served_s = time.monotonic()
        finally:
            self._replays.cancel()

    # Reading

    async def _pull(self) -> None:
        # a head that the store does not reach must not hide those named later
        wanted, since = self._wanted, self.head
        self._wanted = since
        try:
            known = self._handed.take(Cursor(self.epoch, since), wanted)
            replay = known or await self._read(self.room, since, Number(0))
        except Unavailable:
            return  # the sweep names the head again, every second
        if replay is None:
            self.end(list(self.readers), End.DENIED)  # the room is gone
            return
        if replay.epoch != self.epoch:
            self.start_over(Cursor(replay.epoch, replay.head))
            return
        if replay.whole:
            fragments = await rendered(self._render, self.slug, replay.changes)
            if (self.epoch, self.head) != (replay.epoch, since):
                return  # started over meanwhile
            for fragment in fragments:
                self._log.add(fragment)
                if isinstance(fragment.of, Message) and fragment.number > since:
                    self.typing.said(fragment.of.author.id)
        else:
            self._log.clear(replay.head)
        self.head = replay.head
        self._wanted = max(self._wanted, self.head)
        self._due.everybody()

    # Delivering

    async def _deliver(self) -> None:
        """Bring every reader to the head, or those who are behind if nothing is new to all."""
        now_s, readers, writes, lost = time.monotonic(), self.readers, 0, 0
        beat, self._beat_due = self._beat_due, False
        served = Round(self.epoch, self.head, self._log.after, self._signals.after, self._signals.version)
        for reader in self._due.take(readers):
            if not beat and reader.lacks_nothing(self.head, self._signals.version):
                continue
            if reader not in readers:
                continue  # let go while others were served
            if not reader.wire.ready():
                lost += self._wait_for(reader, now_s, patiently=lost >= ENDS_A_TURN)
                continue
            reader.stalled_at = None
            if reader.told < reader.own.version:
                self._give_own(reader)  # and what the room has for it in another go
            elif reader.cursor < self._log.base:
                self._replays.ask(self.room, self.slug, (reader.cursor, reader.visible_from))
            else:
                self._give(reader, served.batch(reader.cursor, reader.signalled, reader.visible_from))
                writes += 1
                if writes % WRITES_A_TURN == 0:
                    await asyncio.sleep(0)

    def _wait_for(self, reader: Reader, now_s: float, *, patiently: bool) -> bool:
        """Look again in a moment at a reader whose bytes have not left, or let it go: whether it was."""
        if reader.lost(now_s) and not patiently:
            self.end((reader,), End.SLOW)
            return True
        self._due.stalled(reader)
        return False

    def _give_own(self, reader: Reader) -> None:
        """Send what is only its person's: a batch without a range, so that no frame of the room has it."""
        own = reader.own.after(reader.told)
        reader.told = reader.own.version
        self._give(reader, Batch(reader.cursor, Cursor(self.epoch, reader.cursor), signals=own))
        if not reader.lacks_nothing(self.head, self._signals.version):
            self.wake((reader,))

    def _give(self, reader: Reader, batch: Batch) -> bool:
        """Send a batch; false if the reader was let go with it, or after it."""
        if batch.removals and (removed := batch.removal(reader.member.person.id, reader.member.joined)):
            self.remove(reader)
            reader.wire.send(batch.cut(removed))
            reader.wire.close(End.DENIED)
            return False
        if batch.mark.number > reader.cursor:
            reader.cursor = batch.mark.number
        if batch.signalled > reader.signalled:
            reader.signalled = batch.signalled
        if not reader.wire.send(batch):
            self.remove(reader)
            return False
        return True

    def _reset(self, reader: Reader) -> None:
        self.remove(reader)
        reader.wire.send(reset(Cursor(self.epoch, reader.cursor)))
        reader.wire.close(End.RESTART)

    def _replayed(self, place: Place, replay: Replay | None, fragments: Sequence[Fragment]) -> None:
        """Give those who were further behind than the feed remembers what was read for them."""
        if replay is None:
            asyncio.get_running_loop().call_later(1.0, self._due.everybody)
            return
        waiting = [r for r in self.readers if (r.cursor, r.visible_from) == place]
        if replay.epoch != self.epoch or not replay.whole:
            for reader in waiting:
                self._reset(reader)
            return
        batch = Batch(place[0], Cursor(replay.epoch, replay.head), fragments)
        for reader in waiting:
            if reader.wire.ready():
                self._give(reader, batch)
        self.wake(waiting)
