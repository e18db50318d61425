"""All feeds of a worker: who follows what, and the sweep that repairs a lost bell."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from chat.core.changes import Cursor, Replay
from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.core.person import Session
from chat.core.room import HOUSE, Member
from chat.live.batch import Batch, End, reset
from chat.live.feed import Feed
from chat.live.persons import TURN_S, AskBadges, AskLists, Persons
from chat.live.reader import Reader, Wire
from chat.live.rendering import Render
from chat.live.replays import Read
from chat.live.shown import People, Rooms, Shown, Writers
from chat.live.tasks import Tasks, every, quietly

HEARTBEAT_S = 10.0  # below the 30 s idle cut of common proxies
SWEEP_S = 1.0  # so that a lost bell delays by at most 2 s
FEED_IDLE_S = 60.0  # a feed without readers is kept for those who come back

LATELY = 1_000  # endings remembered for readers that were recognised before and begin after them
FINISH_S = 2.0  # what is committed is given out before stopping, unless the store takes longer

Heads = Callable[[Collection[RoomId]], Awaitable[Mapping[RoomId, Cursor]]]
Ended = Callable[[int], Awaitable[tuple[int, Collection[SessionId]]]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a hub's news comes from: it knows no SQL and no HTML of its own."""

    read: Read
    render: Render
    heads: Heads  # where rooms end
    ended: Ended  # the sessions that ended after a count, and the new count
    people: People  # a room's list of people, as a signal
    rooms: Rooms  # the list of rooms that anybody may find, as a signal
    typing: Writers  # who writes something in a room, as a signal
    lists: AskLists  # the rooms of people
    badges: AskBadges  # what people have not read of a room, as signals
    outdated: Callable[[RoomId], None] = lambda _: None  # hears which rooms' people have changed


class Hub:
    """Brings every reader of this worker to the head of its room, and listens to the bell."""

    def __init__(self, sources: Sources) -> None:
        self._from = sources
        self._persons = Persons(sources.lists, sources.badges, self._wake)
        self._feeds: dict[RoomId, Feed] = {}
        self._shown = Shown(self._feeds, sources.people, sources.rooms, sources.typing)
        self._running: dict[RoomId, asyncio.Task[None]] = {}
        self._tasks = Tasks()
        self._endings = 0
        self._lately_ended: dict[SessionId, None] = {}
        self.stopping = False

    async def start(self) -> None:
        """Begin heartbeats and sweeps. Sessions that ended before now have no readers here."""
        while (found := await self._from.ended(self._endings))[0] > self._endings:
            self._endings = found[0]
        self._tasks.start(every(HEARTBEAT_S, self._beat))
        self._tasks.start(every(SWEEP_S, self.sweep))
        self._tasks.start(every(TURN_S, self.turn))

    def follow(self, member: Member, session: Session, cursor: Cursor, wire: Wire) -> Reader:
        """Give `wire` everything after `cursor` that `member` may see, in order, until the reader leaves.

        A cursor of another lineage, from before what the member may see, or beyond the room's head
        gets a `reset` and nothing else; a session that has just ended gets nothing, and who comes in
        while we stop is sent back.
        """
        reader = Reader(member, session, cursor, wire)
        room = member.room
        if self.stopping or session.id in self._lately_ended:
            wire.close(End.RESTART if self.stopping else End.DENIED)
            return reader
        fits = cursor.epoch == room.epoch and member.visible_from <= cursor.number <= room.head
        feed = self._feed(member, cursor) if fits else None
        if feed is None:
            wire.send(reset(cursor))
            wire.close(End.RESTART)
            return reader
        self._persons.add(reader)
        feed.add(reader)
        feed.ring(room.head)
        return reader

    def leave(self, reader: Reader) -> None:
        """The reader's connection has ended; harmless when it was let go before, or never began."""
        if feed := self._feeds.get(reader.member.room.id):
            feed.remove(reader)
        self._persons.remove(reader)

    def count(self) -> int:
        """How many readers this worker has."""
        return sum(len(feed.readers) for feed in self._feeds.values())

    async def known(self, member: Member, since: Cursor, to: Number) -> Batch | None:
        """What the member lacks after a cursor, at least up to `to`, if somebody here follows the room."""
        feed = self._feeds.get(member.room.id)
        if feed is None or (feed.epoch, feed.slug) != (member.room.epoch, member.room.slug):
            return None
        return await feed.known(since, to, member.visible_from)

    # What the bell says

    def rang(self, room: RoomId, head: Number, news: Replay | None = None) -> None:
        """A room is at `head`; of no interest here unless somebody reads it, or has it in a list."""
        self._persons.rang(room)
        if feed := self._feeds.get(room):
            feed.ring(head, news)

    def people_changed(self, room: RoomId) -> None:
        """Show the readers of a room who is in it now, and those of the list of rooms."""
        self._from.outdated(room)
        self._shown.anew(room)
        self._shown.anew(HOUSE)

    def typing(self, room: RoomId, person: PersonId) -> None:
        """Show the readers of a room that somebody writes."""
        self._shown.typing(room, person)

    def read(self, room: RoomId, person: PersonId) -> None:
        """Somebody's read mark has moved."""
        self._persons.read(room, person)

    def sessions_ended(self) -> None:
        """Let the readers of ended sessions go."""
        self._tasks.start(quietly(self._end_sessions))

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        """The page of this session says that its event stream is alive."""
        if feed := self._feeds.get(room):
            for reader in feed.readers:
                if reader.session.id == session:
                    reader.wire.answered()

    def person_changed(self, person: PersonId) -> None:
        """Somebody's rooms have changed."""
        self._persons.changed(person)

    def rooms_changed(self) -> None:
        """The list of rooms has changed."""
        self._shown.anew(HOUSE)

    def bell_restored(self) -> None:
        """Bells may have been missed."""
        self._tasks.start(quietly(self.sweep))
        self._all_anew()

    def bell_silent(self) -> None:
        """No sweep finds who came and went on other workers: show it every few seconds."""
        if self._shown.long_ago():
            self._all_anew()

    async def turn(self) -> None:
        """Give people what has changed of their own."""
        await self._persons.turn()

    async def sweep(self) -> None:
        """Ask SQL for what a bell may have failed to say: heads, gone rooms, ended sessions."""
        await self._tidy()
        rooms = [room for room in self._feeds if room != HOUSE]
        heads = await self._from.heads(rooms) if rooms else {}
        for room in rooms:
            self._compare(self._feeds.get(room), heads.get(room))
        await self._end_sessions()

    async def stop(self) -> None:
        """Give every reader what is committed, tell it to come back, and end."""
        self.stopping = True
        self._tasks.cancel()
        self._shown.stop()
        feeds = list(self._feeds.values())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(feed.finish() for feed in feeds)), FINISH_S)
        for feed in feeds:
            feed.end(list(feed.readers), End.RESTART)

    def _feed(self, member: Member, cursor: Cursor) -> Feed | None:
        """The feed of the member's room; none if it knows of a lineage that the member was read before."""
        room = member.room
        if (feed := self._feeds.get(room.id)) is None:
            feed = self._feeds[room.id] = Feed(room.id, room.slug, cursor, self._from.read, self._from.render)
            self._running[room.id] = self._tasks.start(feed.run())
            self._running[room.id].add_done_callback(partial(self._failed, feed))
            self._shown.anew(room.id)  # nobody here has listened since the page was printed
        if feed.epoch != room.epoch:
            if room.head <= feed.head:
                return None
            feed.start_over(Cursor(room.epoch, room.head), room.slug)  # renewed with the lineage
        return feed

    def _failed(self, feed: Feed, run: asyncio.Task[None]) -> None:
        """A feed that an error ended (it is logged) lets its readers come back, to a new one."""
        if not run.cancelled() and self._feeds.get(feed.room) is feed:
            feed.end(list(feed.readers), End.RESTART)
            self._drop(feed.room)

    def _compare(self, feed: Feed | None, now: Cursor | None) -> None:
        if feed is None:
            return
        if now is None:
            feed.end(list(feed.readers), End.DENIED)  # the room is gone
        elif now.epoch != feed.epoch:
            feed.start_over(now)
        else:
            feed.ring(now.number)

    async def _tidy(self) -> None:
        now_s = time.monotonic()
        for room, feed in list(self._feeds.items()):
            await feed.let_go_of_stale(now_s)
            idle = not feed.readers and now_s - feed.idle_since > FEED_IDLE_S
            if idle and self._feeds.get(room) is feed:
                self._drop(room)

    def _drop(self, room: RoomId) -> None:
        del self._feeds[room]
        self._running.pop(room).cancel()

    async def _end_sessions(self) -> None:
        self._endings, ended = await self._from.ended(self._endings)
        self._lately_ended.update(dict.fromkeys(ended))
        while len(self._lately_ended) > LATELY:
            del self._lately_ended[next(iter(self._lately_ended))]
        for feed in self._feeds.values() if ended else ():
            feed.end([reader for reader in feed.readers if reader.session.id in ended], End.DENIED)

    def _wake(self, reader: Reader) -> None:
        if feed := self._feeds.get(reader.member.room.id):
            feed.wake((reader,))

    def _all_anew(self) -> None:
        self._persons.all_changed()
        self._shown.all_anew()

    async def _beat(self) -> None:
        for feed in self._feeds.values():
            feed.beat()
