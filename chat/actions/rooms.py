"""One room: finding it, reading it, making it."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import IntegrityError

from chat.actions.services import Services
from chat.actions.visits import arrive, tell
from chat.actions.whole import whole
from chat.core.codes import new_code
from chat.core.ids import Number, RoomId
from chat.core.message import Message
from chat.core.person import Person, name_key
from chat.core.problems import Invalid, NotFound
from chat.core.room import HOUSE, SLUG_MAX, Member, Room, Settings, clean_room_name, clean_topic, slug_of
from chat.core.settings import filled, preset
from chat.store import changing, members, memberships, messages, people, rooms, visits
from chat.store.database import Tx

TRANSCRIPT_MAX = 500  # messages a text transcript holds


async def enter(services: Services, person: Person, slug: str) -> Member:
    """The person's place in the room at this address, as `asking.member` has it for a token.

    Raises `NotFound` for a room that does not exist and for one that this person may not see.
    """
    member = await services.db.read(lambda tx: memberships.member(tx, slug, person))
    if member is None:
        raise NotFound
    return member


async def door(services: Services, person: Person, slug: str) -> Room:
    """The room at this address as somebody sees it who may come in and has not.

    Raises `NotFound` for every other room, and for none.
    """

    def job(tx: Tx) -> Room | None:
        room = rooms.by_slug(tx, slug)
        if room is None or room.settings.access != "open" or members.is_banned(tx, room.id, person.id):
            return None
        return None if memberships.is_member(tx, room.id, person.id) else room

    if (room := await services.db.read(job)) is None:
        raise NotFound
    return room


async def reachable(services: Services, person: Person, slug: str) -> Room:
    """The room at this address, for somebody who is in it or may come in. Raises `NotFound` otherwise."""
    try:
        return (await enter(services, person, slug)).room
    except NotFound:
        return await door(services, person, slug)


async def transcript(services: Services, person: Person, slug: str) -> tuple[Member, Sequence[Message]]:
    """The newest messages as text readers get them, and the membership they were read with.

    Raises `NotFound` like `enter`.
    """

    def job(tx: Tx) -> tuple[Member, Sequence[Message]]:
        member = memberships.member(tx, slug, person)
        if member is None:
            raise NotFound
        return member, messages.transcript(tx, member.room.id, member.sees_from, TRANSCRIPT_MAX)

    return await services.db.read(job)


async def create(services: Services, person: Person, fields: Mapping[str, str]) -> str:
    """Make a room by the fields of a form, which the person owns and is in: its address.

    Raises `Invalid` for a bad name, topic, preset or setting, or a name that another listed room has,
    `TooMany` above the limit.
    """
    name, topic = clean_room_name(fields.get("name", "")), clean_topic(fields.get("topic", ""))
    settings = filled(preset(fields.get("preset", "")), fields, services.body_max)
    services.limit(person)

    def job(tx: Tx) -> tuple[str, RoomId, Number | None]:
        slug, room = found(tx, name, topic, settings, services.clock_ms())
        number = arrive(tx, room, person.id, services.clock_ms(), role="owner")
        visits.enter(tx, room, person.id, services.presence.worker, "here")
        people.went_to(tx, person.id, room)
        return slug, room, number

    async def work() -> str:
        slug, room, number = await services.db.write(job)
        services.presence.opened(room, person.id, entered=True)
        tell(services, {room: number} if number else {}, {room})
        services.bell.person_changed(person.id)
        return slug

    return await whole(work())


def found(
    tx: Tx, name: str, topic: str, settings: Settings, now_ms: int, *, default: bool = False
) -> tuple[str, RoomId]:
    """Make a room: its address and id. Raises `Invalid` if a listed room has the name."""
    listed = settings.access == "open"
    if listed and rooms.name_taken(tx, name_key(name)):
        raise name_taken(name)
    slug = free_slug(tx, name if listed else "")
    code = free_code(tx) if settings.access == "code" else None
    try:
        return slug, rooms.add(tx, slug, name, topic, settings, now_ms, is_default=default, code=code)
    except IntegrityError as error:  # somebody made it at the same moment
        raise name_taken(name) from error


async def make_defaults(services: Services, names: Sequence[str]) -> None:
    """See to it that the default rooms exist, whoever starts first."""

    def job(tx: Tx) -> None:
        for name in names:
            if not rooms.name_taken(tx, name_key(name)):
                settings = Settings(max_length=services.body_max)
                found(tx, name, "", settings, services.clock_ms(), default=True)

    try:
        await services.db.write(job)
    except Invalid:
        await services.db.write(job)  # another worker made them meanwhile: now they are there


def free_slug(tx: Tx, name: str, room: RoomId = HOUSE) -> str:
    """An address for a room: by its name, or at random, so that it tells nobody of a room not listed.

    One that another room had is not free. `room` is the one that gets it, if there is one already.
    """
    if not name:
        return secrets.token_hex(8)
    wanted = slug_of(name)
    slug = wanted or f"room-{secrets.token_hex(4)}"
    while changing.slug_taken(tx, slug, room):
        slug = f"{wanted[: SLUG_MAX - 5] or 'room'}-{secrets.token_hex(2)}"
    return slug


def free_code(tx: Tx) -> str:
    """A code that no room has."""
    while changing.code_taken(tx, code := new_code()):
        pass
    return code


def name_taken(name: str) -> Invalid:
    """What is said when a listed room has the name."""
    return Invalid("name", f"There is a room called {name} already.")
