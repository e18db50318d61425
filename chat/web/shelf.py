"""What is kept of rooms' pages, each part by everything it depends on, so that nothing stale is found.

The log: every change of a room raises its head, and what else its HTML shows is in the key. It is asked for
inside the snapshot that the page is of, so that messages are read only where they have to be rendered.

The people: their coming and going has no number. Their panel goes when the bell says that it changed, and in
any case after `PEOPLE_S`, within which open pages are shown the same.
"""

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, Notice
from chat.core.room import Member
from chat.live.shown import PEOPLE_S
from chat.web.kept import Kept
from chat.web.packing import Piece
from chat.web.words import day_of

LOGS_MAX = 24 * 1024 * 1024  # bytes; the newest messages of a room are about 120 KiB, packed and not
SHELLS_MAX = 4 * 1024 * 1024  # what is around them is about 25, for each room and all who may do the same
LISTS_MAX = 4 * 1024 * 1024
ROOMS_MAX = 1_000  # whose panel is kept, or whose last change of people, for panels that are being read

Shell = Sequence[Piece | str]
"""A page with names in place of what is put in."""


@dataclass(frozen=True, slots=True)
class Log:
    """The newest part of a room, for readers who see the same of it and have nothing new in it."""

    things: Sequence[Message | Notice]
    older: bool
    piece: Piece


@dataclass(frozen=True, slots=True)
class Panel:
    """Who is in a room, as read at `read_s`; right for those members by `head` who are not `absent`."""

    piece: Piece
    shown: Hashable
    absent: frozenset[PersonId]
    head: Number  # of the room: who joined by a later change, on another worker maybe, is not in it
    read_s: float


class Recall:
    """What is kept for one page, asked in the snapshot that the page is of."""

    def __init__(self, shelf: "Shelf", now_ms: int) -> None:
        self._shelf = shelf
        self.now_ms = now_ms
        self.began_s = time.monotonic()
        self.key: Hashable = None
        self.log: Log | None = None
        self.panel: Panel | None = None
        self.shown: Hashable = None  # by a panel, beside who is where
        self.lists: tuple[Piece, Piece] | None = None
        self.standing: Hashable = None  # of the reader's rooms

    def knows_log(self, member: Member, names: str) -> bool:
        """Whether the newest messages need not be read for this member."""
        room = member.room
        seen = room.id, room.epoch, room.head, member.sees_from
        self.key = *seen, room.slug, room.other, names, day_of(self.now_ms)
        self.log = self._shelf.logs.peek(self.key)
        return self.log is not None

    def knows_people(self, member: Member, names: str) -> bool:
        """Whether it need not be read who is here."""
        self.shown = member.room.slug, names
        self.panel = self._shelf.panel(member, self.shown, self.began_s)
        return self.panel is not None

    def knows_lists(self, member: Member, standing: Hashable) -> bool:
        """Whether the reader's rooms, which stand like this, need not be read; nothing is known of `None`."""
        self.standing = standing and (member.person.id, member.room.id, standing)
        self.lists = self._shelf.lists.peek(self.standing) if self.standing else None
        return self.lists is not None


class Shelf:
    """Everything that is kept of pages in this worker."""

    def __init__(self) -> None:
        self.logs: Kept[Log] = Kept(LOGS_MAX)
        self.shells: Kept[Shell] = Kept(SHELLS_MAX)
        self.lists: Kept[tuple[Piece, Piece]] = Kept(LISTS_MAX)
        self._panels: dict[RoomId, Panel] = {}
        self._changed: dict[RoomId, float] = {}

    def panel(self, member: Member, shown: Hashable, now_s: float) -> Panel | None:
        """Who is in the member's room, if that is known of this moment."""
        found = self._panels.get(member.room.id)
        if found is None or now_s - found.read_s >= PEOPLE_S or found.shown != shown:
            return None
        return None if member.person.id in found.absent or member.joined > found.head else found

    def put_panel(self, room: RoomId, panel: Panel) -> None:
        """Keep a panel, unless it changed while it was read."""
        if self._changed.get(room, 0.0) < panel.read_s:
            self._panels.pop(room, None)
            self._panels[room] = panel
        while len(self._panels) > ROOMS_MAX:
            del self._panels[next(iter(self._panels))]

    def people_changed(self, room: RoomId) -> None:
        """Who is in the room is not what it was."""
        self._panels.pop(room, None)
        self._changed.pop(room, None)
        self._changed[room] = time.monotonic()
        while len(self._changed) > ROOMS_MAX:
            del self._changed[next(iter(self._changed))]
