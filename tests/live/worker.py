"""A hub over a room in memory."""

import contextlib
from collections.abc import Collection, Mapping, Sequence

from chat.core.changes import Cursor
from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.core.person import Session
from chat.core.problems import Unavailable
from chat.core.room import Member
from chat.live.hub import Hub, Sources
from chat.live.persons import Lists
from tests.live.fakes import EPOCH, ROOM, FakeWire, Store, member, render


class Worker:
    """A hub over a room in memory."""

    def __init__(self) -> None:
        self.store = Store()
        self.ended: list[int] = []
        self.people = b"<people>"
        self.people_away = False
        self.cards = b"<cards>"
        self.rooms = {ROOM: "harbour"}  # of everybody
        self.unread: dict[RoomId, int] = {}
        self.asked: list[tuple[str, object]] = []
        self.hub = Hub(
            Sources(
                self.store.read,
                render,
                self.heads,
                self.ended_since,
                self.show_people,
                self.show_rooms,
                self.show_typing,
                self.show_lists,
                self.show_badges,
            )
        )
        self.open = contextlib.ExitStack()

    async def heads(self, rooms: Collection[RoomId]) -> Mapping[RoomId, Cursor]:
        if self.store.away:
            raise Unavailable
        known = {ROOM: Cursor(self.store.epoch, Number(self.store.head))}
        return {} if self.store.gone else {room: known[room] for room in rooms}

    async def ended_since(self, since: int) -> tuple[int, Collection[SessionId]]:
        return len(self.ended), [SessionId(one) for one in self.ended[since:]]

    async def show_people(self, room: RoomId) -> bytes:
        if self.people_away:
            raise Unavailable
        return self.people

    async def show_rooms(self) -> bytes:
        return self.cards

    async def show_typing(self, room: RoomId, people: Sequence[PersonId]) -> bytes:
        return b"<typing %s>" % " ".join(map(str, people)).encode()

    async def show_lists(self, people: Collection[PersonId]) -> Mapping[PersonId, Lists]:
        self.asked.append(("lists", sorted(people)))
        if self.store.away:
            raise Unavailable
        badges = {room: self.badge(room) for room in self.rooms}
        html = f"<lists {sorted(self.rooms.values())} {sorted(self.unread.items())}>".encode()
        return {person: Lists(str(sorted(self.rooms.items())), html, badges) for person in people}

    async def show_badges(self, room: RoomId, people: Collection[PersonId]) -> Mapping[PersonId, bytes]:
        self.asked.append(("badges", (room, sorted(people))))
        return {person: self.badge(room) for person in people}

    def badge(self, room: RoomId) -> bytes:
        return b"<badge %d %d>" % (room, self.unread.get(room, 0))

    def follow(self, since: str | int = 0, who: Member | None = None, session: int = 1) -> FakeWire:
        who = who or member(head=self.store.head)
        cursor = Cursor.parse(since) if isinstance(since, str) else Cursor(EPOCH, Number(since))
        assert cursor
        wire = FakeWire()
        reader = self.hub.follow(who, Session(SessionId(session), who.person), cursor, wire)
        self.open.callback(self.hub.leave, reader)
        return wire
