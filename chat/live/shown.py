"""What a worker's pages are shown in passing: who is in a room, who writes, which rooms there are."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from chat.core.ids import PersonId, RoomId
from chat.core.problems import Unavailable
from chat.core.room import HOUSE
from chat.live.feed import Feed
from chat.live.tasks import Tasks

PEOPLE_S = 0.5  # comings and goings within this time are one new list of people
CROWD = 50  # readers above which the list, which is long then, is shown anew less often
CROWD_PEOPLE_S = 5.0
PEOPLE_UNHEARD_S = 3.0  # between lists of people while other workers cannot be heard
ROOMS_S = 1.5  # the list of rooms is the same for everybody, and long

People = Callable[[RoomId], Awaitable[bytes]]
Rooms = Callable[[], Awaitable[bytes]]
Writers = Callable[[RoomId, Sequence[PersonId]], Awaitable[bytes]]


class Shown:
    """Asks for what has changed, once for many changes, and says it to the feeds of a hub."""

    def __init__(self, feeds: Mapping[RoomId, Feed], people: People, rooms: Rooms, writers: Writers) -> None:
        self._feeds = feeds
        self._people, self._rooms, self._writers = people, rooms, writers
        self._due: set[RoomId] = set()
        self._all_shown_s = float("-inf")
        self._tasks = Tasks()

    def stop(self) -> None:
        """End."""
        self._tasks.cancel()

    def anew(self, room: RoomId) -> None:
        """Show who is in a room now; in the house, which rooms there are and who is in each.

        Until then whoever comes in keeps the list of their page, which has them in it.
        """
        if room in self._feeds and room not in self._due:
            self._due.add(room)
            if room != HOUSE:
                self._feeds[room].unsay("people")
            self._tasks.start(self._show(room))

    def all_anew(self) -> None:
        """News of any room may have been missed."""
        self._all_shown_s = time.monotonic()
        for room in self._feeds:
            self.anew(room)

    def long_ago(self) -> bool:
        """Whether it is time to show everything anew, while nobody says what has changed."""
        return time.monotonic() - self._all_shown_s >= PEOPLE_UNHEARD_S

    def typing(self, room: RoomId, person: PersonId) -> None:
        """Somebody writes something in a room."""
        feed = self._feeds.get(room)
        if feed and feed.readers and feed.typing.writes(person):
            self._tasks.start(self._show_typing(feed))

    async def _show(self, room: RoomId) -> None:
        html: bytes | None = None
        while html is None:
            await asyncio.sleep(self._pause_s(room))
            self._due.discard(room)
            try:
                html = await (self._rooms() if room == HOUSE else self._people(room))
            except Unavailable:
                self._due.add(room)  # the store is away: once more
        if feed := self._feeds.get(room):
            if room == HOUSE:
                feed.signal("rooms", html, html)  # the same again is no news
            else:
                feed.signal("people", html)

    def _pause_s(self, room: RoomId) -> float:
        if room == HOUSE:
            return ROOMS_S
        feed = self._feeds.get(room)
        return CROWD_PEOPLE_S if feed and len(feed.readers) > CROWD else PEOPLE_S

    async def _show_typing(self, feed: Feed) -> None:
        """Show who writes, as long as somebody does."""
        people = feed.typing.now()
        while people:
            with contextlib.suppress(Unavailable):
                feed.signal("typing", await self._writers(feed.room, people))
            await feed.typing.changes()
            people = feed.typing.now()
        feed.signal("typing", await self._writers(feed.room, ()))
