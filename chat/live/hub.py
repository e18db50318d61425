"""All feeds of a worker: who follows what, and the sweep that repairs a lost bell."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping

from chat.core.changes import Cursor
from chat.core.ids import Number, RoomId, SessionId
from chat.core.person import Session
from chat.core.room import Member
from chat.live.batch import End
from chat.live.feed import Feed, Read, Render, reset
from chat.live.reader import Reader, Wire
from chat.live.tasks import Tasks, every

HEARTBEAT_S = 10.0  # below the 30 s idle cut of common proxies
SWEEP_S = 1.0  # so that a lost bell delays by at most 2 s
FEED_IDLE_S = 60.0  # a feed without readers is kept for those who come back

Heads = Callable[[Collection[RoomId]], Awaitable[Mapping[RoomId, tuple[str, Number]]]]
Ended = Callable[[int], Awaitable[tuple[int, Collection[SessionId]]]]


class Hub:
    """Brings every reader of this worker to the head of its room."""

    def __init__(self, read: Read, render: Render, heads: Heads, ended: Ended) -> None:
        self._read, self._render, self._heads, self._ended = read, render, heads, ended
        self._feeds: dict[RoomId, Feed] = {}
        self._running: dict[RoomId, asyncio.Task[None]] = {}
        self._tasks = Tasks()
        self._endings = 0
        self.stopping = False

    async def start(self) -> None:
        """Begin heartbeats and sweeps. Sessions that ended before now have no readers here."""
        while (found := await self._ended(self._endings))[0] > self._endings:
            self._endings = found[0]
        self._tasks.start(every(HEARTBEAT_S, self._beat))
        self._tasks.start(every(SWEEP_S, self.sweep))

    @contextlib.contextmanager
    def follow(self, member: Member, session: Session, cursor: Cursor, wire: Wire) -> Iterator[Reader]:
        """Give `wire` everything after `cursor` that `member` may see, in order, as long as this lasts.

        A cursor of another lineage, from before what the member may see, or beyond the room's head
        gets a `reset` and nothing else.
        """
        reader = Reader(member, session, cursor, wire)
        room = member.room
        if cursor.epoch != room.epoch or not member.visible_from <= cursor.number <= room.head:
            wire.send(reset(cursor))
            wire.close(End.RESTART)
            yield reader
            return
        feed = self._feed(member, cursor)
        feed.add(reader)
        feed.ring(room.head)
        try:
            yield reader
        finally:
            feed.remove(reader)

    def ring(self, room: RoomId, head: Number) -> None:
        """A room is at `head`; of no interest here unless somebody reads it."""
        if feed := self._feeds.get(room):
            feed.ring(head)

    def signal(self, room: RoomId, name: str, html: bytes) -> None:
        """Show passing state to the readers of a room."""
        if feed := self._feeds.get(room):
            feed.signal(name, html)

    def followed(self) -> Collection[RoomId]:
        """The rooms that have readers here."""
        return [room for room, feed in self._feeds.items() if feed.readers]

    def count(self) -> int:
        """How many readers this worker has."""
        return sum(len(feed.readers) for feed in self._feeds.values())

    def end_sessions(self, sessions: Collection[SessionId]) -> None:
        """Let the readers of ended sessions go."""
        self._end(lambda reader: reader.session.id in sessions)

    def answered(self, session: SessionId, room: RoomId) -> None:
        """The page of this session says that its event stream is alive."""
        if feed := self._feeds.get(room):
            for reader in feed.readers:
                if reader.session.id == session:
                    reader.wire.answered()

    async def sweep(self) -> None:
        """Ask SQL for what a bell may have failed to say: heads, gone rooms, ended sessions."""
        self._tidy()
        rooms = list(self._feeds)
        heads = await self._heads(rooms) if rooms else {}
        for room in rooms:
            self._compare(self._feeds.get(room), heads.get(room))
        self._endings, sessions = await self._ended(self._endings)
        if sessions:
            self.end_sessions(set(sessions))

    async def stop(self) -> None:
        """Give every reader what is committed, tell it to come back, and end."""
        self.stopping = True
        self._tasks.cancel()
        for feed in self._feeds.values():
            feed.end(list(feed.readers), End.RESTART)
        for task in self._running.values():
            task.cancel()

    def _feed(self, member: Member, cursor: Cursor) -> Feed:
        room = member.room
        if (feed := self._feeds.get(room.id)) is None:
            feed = self._feeds[room.id] = Feed(room.id, room.slug, cursor, self._read, self._render)
            self._running[room.id] = self._tasks.start(feed.run())
        return feed

    def _compare(self, feed: Feed | None, now: tuple[str, Number] | None) -> None:
        if feed is None:
            return
        if now is None:
            feed.end(list(feed.readers), End.DENIED)  # the room is gone
        elif now[0] != feed.epoch:
            feed.start_over(now[0])
            self._drop(feed.room)
        else:
            feed.ring(now[1])

    def _tidy(self) -> None:
        now_s = time.monotonic()
        for room, feed in list(self._feeds.items()):
            feed.let_go_of_stale(now_s)
            if not feed.readers and now_s - feed.idle_since > FEED_IDLE_S:
                self._drop(room)

    def _drop(self, room: RoomId) -> None:
        del self._feeds[room]
        self._running.pop(room).cancel()

    def _end(self, which: Callable[[Reader], bool]) -> None:
        for feed in self._feeds.values():
            feed.end([reader for reader in feed.readers if which(reader)], End.DENIED)

    async def _beat(self) -> None:
        for feed in self._feeds.values():
            feed.beat()
