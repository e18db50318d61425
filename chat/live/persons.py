"""What is a person's own: the lists of their rooms, and what they have not read of each.

All readers of a person in this worker share it. It is given beside the room's frames, never in them.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from chat.core.ids import PersonId, RoomId
from chat.core.problems import Unavailable
from chat.live.reader import Reader
from chat.live.signals import Signals

TURN_S = 0.4  # what happens within this time is asked for at once
BADGES_S = 1.0  # between two counts of what is not read in rooms where something was said
LISTS_AT_ONCE = 10  # people: 20 ms of rendering if each has 20 rooms, then others have their turn
BADGES_AT_ONCE = 500
WAITS = 1 << 62  # more than any version: of a reader whose person is being asked for


@dataclass(frozen=True, slots=True)
class Lists:
    """A person's rooms: both lists as one signal, and the badge of each room as another.

    `key` is the same as long as the same rooms are in the lists under the same names.
    """

    key: str
    html: bytes
    badges: Mapping[RoomId, bytes]


AskLists = Callable[[Collection[PersonId]], Awaitable[Mapping[PersonId, Lists]]]
AskBadges = Callable[[RoomId, Collection[PersonId]], Awaitable[Mapping[PersonId, bytes]]]


@dataclass(slots=True)
class _Own:
    signals: Signals = field(default_factory=Signals)
    readers: list[Reader] = field(default_factory=list)
    rooms: Mapping[RoomId, bytes] = field(default_factory=dict)  # by the badges of each

    def reads_beside(self, room: RoomId) -> bool:
        """Whether a page of the person shows something else than the room, and so a badge beside it."""
        return any(reader.member.room.id != room for reader in self.readers)


class Persons:
    """The people with readers in this worker, and what of theirs is due.

    Whoever begins to read is due: something may have happened since the page was printed. One turn
    after the other asks the store, so that nothing older takes the place of something newer.
    """

    def __init__(self, lists: AskLists, badges: AskBadges, wake: Callable[[Reader], None]) -> None:
        self._lists, self._badges, self._wake = lists, badges, wake
        self._own: dict[PersonId, _Own] = {}
        self._due: dict[PersonId, None] = {}
        self._told: dict[PersonId, None] = {}  # whose lists are kept until they are given
        self._rung: set[RoomId] = set()
        self._counted_s = float("-inf")

    def add(self, reader: Reader) -> None:
        """A reader begins: its person's own is given to it once it has been asked for."""
        person = reader.member.person.id
        own = self._own.setdefault(person, _Own())
        own.readers.append(reader)
        reader.own, reader.told = own.signals, WAITS
        self._due[person] = None

    def remove(self, reader: Reader) -> None:
        """A reader has ended."""
        person = reader.member.person.id
        own = self._own.get(person)
        if own and reader in own.readers:
            own.readers.remove(reader)
            if not own.readers:
                del self._own[person]
                self._due.pop(person, None)

    def changed(self, person: PersonId) -> None:
        """The rooms of a person, or their names, have changed."""
        if person in self._own:
            self._due[person] = None

    def all_changed(self) -> None:
        """News of anybody may have been missed."""
        self._due.update(dict.fromkeys(self._own))

    def read(self, room: RoomId, person: PersonId) -> None:
        """A read mark has moved: of interest to the person's other pages."""
        own = self._own.get(person)
        if own and own.reads_beside(room):
            self._due[person] = None

    def rang(self, room: RoomId) -> None:
        """Something has happened in a room."""
        self._rung.add(room)

    async def turn(self) -> None:
        """Ask for what is due, and give it to those whom it concerns. Raises `Unavailable`."""
        self._let_go()
        await self._ask_lists()
        if self._rung and time.monotonic() - self._counted_s >= BADGES_S:
            self._counted_s = time.monotonic()
            await self._ask_badges()

    def _let_go(self) -> None:
        """Keep no lists that were given, some KiB for each person: who comes asks for them anew."""
        for person in list(self._told):
            own = self._own.get(person)
            if own is None or not any(reader.told < own.signals.version for reader in own.readers):
                del self._told[person]
                if own:
                    own.signals.given()

    async def _ask_lists(self) -> None:
        due, self._due = list(self._due), {}
        for start in range(0, len(due), LISTS_AT_ONCE):
            persons = due[start : start + LISTS_AT_ONCE]
            try:
                found = await self._lists(persons)
            except Unavailable:
                self._due.update(dict.fromkeys(due[start:]))
                raise
            self._wake_all(reader for person in persons for reader in self._take(person, found.get(person)))

    def _take(self, person: PersonId, lists: Lists | None) -> Iterable[Reader]:
        """Take note of a person's lists: their readers that lack something of it."""
        own = self._own.get(person)
        if own is None or lists is None:
            return ()
        self._told[person] = None
        own.signals.say("lists", lists.html, lists.key)
        own.signals.keep({"lists", *map(_badge, lists.badges)})
        for room, html in lists.badges.items():
            own.signals.say(_badge(room), html, html)
        own.rooms = lists.badges
        for reader in own.readers:
            if reader.told == WAITS:
                reader.told = -1
        return _behind(own)

    async def _ask_badges(self) -> None:
        rung, self._rung = self._rung, set()
        beside = [(room, person) for person, own in self._own.items() for room in rung & own.rooms.keys()
                  if own.reads_beside(room)]  # fmt: skip
        asked: dict[RoomId, list[PersonId]] = {}
        for room, person in beside:
            asked.setdefault(room, []).append(person)
        try:
            for room, persons in asked.items():
                for start in range(0, len(persons), BADGES_AT_ONCE):
                    self._count(room, await self._badges(room, persons[start : start + BADGES_AT_ONCE]))
        except Unavailable:
            self._rung |= rung
            raise

    def _count(self, room: RoomId, badges: Mapping[PersonId, bytes]) -> None:
        behind: list[Reader] = []
        for person, html in badges.items():
            if own := self._own.get(person):
                if any(reader.told < own.signals.version for reader in own.readers):
                    self._due[person] = None  # the lists that somebody is yet to be given count otherwise
                own.signals.say(_badge(room), html, html)
                behind += _behind(own)
        self._wake_all(behind)

    def _wake_all(self, readers: Iterable[Reader]) -> None:
        for reader in readers:
            self._wake(reader)


def _badge(room: RoomId) -> str:
    return f"badge-{room}"


def _behind(own: _Own) -> list[Reader]:
    return [reader for reader in own.readers if reader.told < own.signals.version]
