"""The bell: tells every worker that something can be read. It may be late, doubled or lost."""

from typing import Protocol

from chat.core.changes import Replay
from chat.core.ids import Number, PersonId, RoomId, SessionId


class Listener(Protocol):
    """What a worker does when the bell rings."""

    def rang(self, room: RoomId, head: Number, news: Replay | None = None) -> None:
        """The room is at `head`. `news` is its last change, where that is known without reading it."""

    def people_changed(self, room: RoomId) -> None:
        """Somebody came, went, or is away in the room."""

    def sessions_ended(self) -> None:
        """Some sessions have ended: ask which."""

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        """A page that reads the room by event stream has said that it is alive."""

    def person_changed(self, person: PersonId) -> None:
        """The rooms of this person, or what they are called, have changed."""

    def read(self, room: RoomId, person: PersonId) -> None:
        """The person has read something of the room, or will have it unread again."""

    def typing(self, room: RoomId, person: PersonId) -> None:
        """The person writes something in the room."""

    def rooms_changed(self) -> None:
        """The list of rooms that everybody sees has changed."""

    def bell_restored(self) -> None:
        """Bells may have been missed: read everything anew."""

    def bell_silent(self) -> None:
        """Other workers cannot be heard: said again and again as long as that lasts."""


class Bell:
    """Rings for the listener in this process, at once; alone it needs nothing else.

    The kinds of news are words of two or three parts, the same ones that go over Redis.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def start(self, house: str = "") -> None:
        """Begin to hear what other workers of the same house, which is of the same database, ring."""

    async def stop(self) -> None:
        """Ring what is left to ring, and end."""

    @property
    def connected(self) -> bool:
        """Whether the other workers can be heard."""
        return True

    def ring(self, room: RoomId, head: Number, news: Replay | None = None) -> None:
        """Tell all workers that the room is at `head`, and this one what it has come to by that."""
        self._listener.rang(room, head, news)
        self._tell(f"head:{room}", head)

    def people_changed(self, room: RoomId) -> None:
        """Tell all workers that the room's list of people has changed."""
        self._listener.people_changed(room)
        self._tell(f"people:{room}")

    def sessions_ended(self) -> None:
        """Tell all workers that sessions have ended."""
        self._listener.sessions_ended()
        self._tell("ended:")

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        """Tell all workers that a page reading the room by event stream is alive."""
        self._listener.page_alive(session, room)
        self._tell(f"alive:{session}:{room}")

    def person_changed(self, person: PersonId) -> None:
        """Tell all workers that the rooms of this person, or what they are called, have changed."""
        self._listener.person_changed(person)
        self._tell(f"person:{person}")

    def read(self, room: RoomId, person: PersonId) -> None:
        """Tell all workers that the person's read mark in the room has moved."""
        self._listener.read(room, person)
        self._tell(f"read:{room}:{person}")

    def typing(self, room: RoomId, person: PersonId) -> None:
        """Tell all workers that the person writes something in the room."""
        self._listener.typing(room, person)
        self._tell(f"typing:{room}:{person}")

    def rooms_changed(self) -> None:
        """Tell all workers that the list of rooms has changed."""
        self._listener.rooms_changed()
        self._tell("rooms:")

    def _tell(self, news: str, value: int = 0) -> None:
        """Pass news to other workers; later news of the same name takes the place of earlier."""
