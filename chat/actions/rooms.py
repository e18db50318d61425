"""Rooms: finding, making, opening and leaving them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from chat.actions.services import Services
from chat.actions.visits import arrive, depart, tell
from chat.actions.whole import whole
from chat.core.changes import Cursor
from chat.core.ids import Number, RoomId
from chat.core.message import PAGE, REACH, Message, Notice
from chat.core.person import Person, name_key
from chat.core.presence import Attendance
from chat.core.problems import Conflict, Invalid, NotFound
from chat.core.room import HOUSE, SLUG_MAX, Member, Room, Settings, clean_room_name, clean_topic, slug_of
from chat.store import messages, people, rooms, visits
from chat.store.database import Tx
from chat.store.rooms import LISTED_MAX

TRANSCRIPT_MAX = 500  # messages a text transcript holds


@dataclass(frozen=True, slots=True)
class View:
    """A room as one snapshot shows it to a member: what a page prints."""

    member: Member
    cursor: Cursor
    log: Sequence[Message | Notice]
    older: bool  # whether there is something before the log
    people: Sequence[Attendance]
    mine: Sequence[Room]


@dataclass(frozen=True, slots=True)
class Listing:
    """The page of rooms: the listed ones, who is in each, and one's own."""

    listed: Sequence[Room]
    here: Mapping[RoomId, Sequence[Person]]
    mine: Sequence[Room]
    more: bool = False  # whether there are listed rooms after these


async def enter(services: Services, person: Person, slug: str) -> Member:
    """The person's place in the room at this address: the only way to get one.

    Raises `NotFound` for a room that does not exist and for one that this person may not see.
    """
    member = await services.db.read(lambda tx: rooms.member(tx, slug, person))
    if member is None:
        raise NotFound
    return member


async def door(services: Services, person: Person, slug: str) -> Room:
    """The room at this address as somebody sees it who may come in and has not.

    Raises `NotFound` for every other room, and for none.
    """

    def job(tx: Tx) -> Room | None:
        room = rooms.by_slug(tx, slug)
        return (
            room if room and room.settings.access == "open" and not rooms.member(tx, slug, person) else None
        )

    if (room := await services.db.read(job)) is None:
        raise NotFound
    return room


async def join(services: Services, person: Person, slug: str) -> None:
    """Make the person a member where the room's access allows it, and let them be there.

    The visit begins in the transaction that makes the membership, before the page is read, so that
    what is said from then on is seen. Raises `NotFound` where the room does not exist or is not open.
    """

    def look(tx: Tx) -> tuple[RoomId, bool]:
        room, is_new = _may_join(tx, rooms.by_slug(tx, slug), person)
        there = not is_new and people.last_room(tx, person.id) == room.id
        return room.id, there and visits.is_in(tx, room.id, person.id)

    def job(tx: Tx) -> Number | None:
        rooms.lock(tx, room)
        _, is_new = _may_join(tx, rooms.by_id(tx, room), person)  # another tab may have been first
        number = arrive(tx, room, person.id, services.clock_ms(), role="member" if is_new else None)
        visits.enter(tx, room, person.id, services.presence.worker, "here")
        people.went_to(tx, person.id, room)
        return number

    async def work() -> None:
        number = await services.db.write(job)
        services.presence.opened(room, person.id, entered=True)
        tell(services, {room: number} if number else {}, {room})

    room, there = await services.db.read(look)
    services.presence.opened(room, person.id, entered=False)  # first: whatever is entered then will end too
    if not there:
        await whole(work())


def _may_join(tx: Tx, room: Room | None, person: Person) -> tuple[Room, bool]:
    """The room, and whether the person would be new in it. Raises `NotFound` where they may not join."""
    if room is None:
        raise NotFound
    is_new = not rooms.is_member(tx, room.id, person.id)
    if is_new and room.settings.access != "open":
        raise NotFound
    return room, is_new


async def view(
    services: Services, person: Person, slug: str, before: tuple[int, Number] | None = None,
    around: Number | None = None,
) -> View:  # fmt: skip
    """The room in one snapshot: its newest messages, those placed before `before`, or those around one.

    Raises `NotFound` like `enter`, and where the message `around` cannot be seen.
    """

    def job(tx: Tx) -> View:
        member = rooms.member(tx, slug, person)
        if member is None:
            raise NotFound
        cursor = Cursor(member.room.epoch, member.room.head)
        log, older = _log(tx, member, before, around)
        attendance = [_seen_by(person, one) for one in visits.attendance(tx, member.room.id)]
        return View(member, cursor, log, older, attendance, rooms.mine(tx, person.id))

    return await services.db.read(job)


def _seen_by(reader: Person, one: Attendance) -> Attendance:
    """Who reads a page is in the room, though the connection that says so comes only after the page."""
    return replace(one, presence="here") if one.person.id == reader.id else one


def _log(
    tx: Tx, member: Member, before: tuple[int, Number] | None, around: Number | None
) -> tuple[list[Message | Notice], bool]:
    room, seen = member.room.id, member.visible_from
    if around is not None:
        if (message := messages.one(tx, room, seen, around)) is None:
            raise NotFound
        at = messages.place(message)
        earlier, older = messages.clip(messages.older(tx, room, seen, at, PAGE // 2 + 1), PAGE // 2)
        return earlier + messages.from_place(tx, room, seen, at, REACH), older
    if before is not None:
        return messages.clip(messages.older(tx, room, seen, before, PAGE + 1))
    return messages.clip(messages.newest(tx, room, seen, PAGE + 1))


async def transcript(services: Services, person: Person, slug: str) -> tuple[Member, Sequence[Message]]:
    """The newest messages as text readers get them, and the membership they were read with.

    Raises `NotFound` like `enter`.
    """

    def job(tx: Tx) -> tuple[Member, Sequence[Message]]:
        member = rooms.member(tx, slug, person)
        if member is None:
            raise NotFound
        return member, messages.transcript(tx, member.room.id, member.visible_from, TRANSCRIPT_MAX)

    return await services.db.read(job)


async def listing(services: Services, person: Person, part: str = "", after: RoomId | None = None) -> Listing:
    """The rooms that anybody may find, and the person's own.

    With `part` only those with this in their names; `after` is the last room of the page before.
    """

    def job(tx: Tx) -> Listing:
        found = rooms.listed(tx, name_key(part), after, LISTED_MAX + 1)
        more = len(found) > LISTED_MAX
        return Listing(found[:LISTED_MAX], visits.people_in_listed(tx), rooms.mine(tx, person.id), more)

    return await services.db.read(job)


async def outlook(services: Services) -> tuple[Sequence[Room], int]:
    """What somebody sees who has not entered: the listed rooms, and how many people are here now."""
    return await services.db.read(lambda tx: (rooms.listed(tx), visits.count_here(tx, HOUSE)))


async def create(services: Services, person: Person, raw_name: str, raw_topic: str) -> str:
    """Make an open room that the person owns and is in: its address.

    Raises `Invalid` for a bad name, a bad topic, or a name that another listed room has, `TooMany` above
    the limit.
    """
    name, topic = clean_room_name(raw_name), clean_topic(raw_topic)
    services.limit(person)
    settings = Settings(max_length=services.body_max)

    def job(tx: Tx) -> tuple[str, RoomId, Number | None]:
        if rooms.name_taken(tx, name_key(name)):
            raise _name_taken(name)
        slug = _free_slug(tx, slug_of(name))
        try:
            room = rooms.add(tx, slug, name, name_key(name), topic, settings, services.clock_ms())
        except IntegrityError as error:  # somebody made it at the same moment
            raise _name_taken(name) from error
        number = arrive(tx, room, person.id, services.clock_ms(), role="owner")
        visits.enter(tx, room, person.id, services.presence.worker, "here")
        people.went_to(tx, person.id, room)
        return slug, room, number

    async def work() -> str:
        slug, room, number = await services.db.write(job)
        services.presence.opened(room, person.id, entered=True)
        tell(services, {room: number} if number else {}, {room})
        return slug

    return await whole(work())


async def leave(services: Services, member: Member) -> None:
    """End a membership; every stream of the person ends at exactly this change.

    Raises `Conflict` for an owner, who cannot leave a room without one.
    """
    if member.role == "owner":
        raise Conflict("A room needs its owner. Make somebody else the owner first.")
    services.limit(member.person)
    room, person = member.room.id, member.person.id

    def job(tx: Tx) -> Number | None:
        rooms.lock(tx, room)
        if not rooms.leave(tx, room, person):
            return None
        visits.end_in_room(tx, room, person)
        return depart(tx, room, person, services.clock_ms(), removed=True)

    async def work() -> None:
        number = await services.db.write(job)
        services.presence.forget(room, person)
        if number:
            tell(services, {room: number}, {room})

    await whole(work())


async def make_defaults(services: Services, names: Sequence[str]) -> None:
    """See to it that the default rooms exist, whoever starts first."""

    def job(tx: Tx) -> None:
        for name in names:
            if not rooms.name_taken(tx, name_key(name)):
                settings = Settings(max_length=services.body_max)
                slug = _free_slug(tx, slug_of(name))
                rooms.add(tx, slug, name, name_key(name), "", settings, services.clock_ms(), default=True)

    try:
        await services.db.write(job)
    except IntegrityError:
        await services.db.write(job)  # another worker made them meanwhile: now they are there


def _free_slug(tx: Tx, wanted: str) -> str:
    slug = wanted or f"room-{secrets.token_hex(4)}"
    while rooms.by_slug(tx, slug):
        slug = f"{wanted[: SLUG_MAX - 5] or 'room'}-{secrets.token_hex(2)}"
    return slug


def _name_taken(name: str) -> Invalid:
    return Invalid("name", f"There is a room called {name} already.")
