"""Changing a room's name and rules, its code, and ending it."""

from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from chat.actions.floors import keep_to
from chat.actions.rooms import free_code, free_slug, name_taken
from chat.actions.services import Services
from chat.actions.still import still, still_host
from chat.actions.visits import tell
from chat.actions.whole import whole
from chat.core.ids import Number, PersonId
from chat.core.message import NoticeKind
from chat.core.person import name_key
from chat.core.problems import Forbidden, Invalid
from chat.core.room import Member, Room, Settings, clean_room_name, clean_topic, may_own
from chat.core.settings import check_default, filled, narrows, outdates, seen_by_all
from chat.store import changing, members, messages, rooms, visits
from chat.store.database import Tx

ONLY_HOSTS = "Only hosts change a room."


async def change(services: Services, member: Member, fields: Mapping[str, str]) -> str:
    """Put what a form gives in the place of a room's name, topic and settings: its address from now on.

    Fields that are left out stay. Who was let in by a wider rule stays; a narrower history rule binds
    at once. Raises `Forbidden` for who is no host, `Invalid` with the field's name, `NotFound` if the
    membership has ended, `TooMany` above the limit.
    """
    services.limit(member.person)
    room = member.room.id

    def job(tx: Tx) -> tuple[str, Number, list[PersonId]]:
        now = still_host(tx, member, ONLY_HOSTS)
        name = clean_room_name(fields["name"]) if "name" in fields else now.room.name
        topic = clean_topic(fields["topic"]) if "topic" in fields else now.room.topic
        settings = filled(now.room.settings, fields, services.body_max)
        if now.room.default:
            check_default(name, now.room.name, settings)
        try:
            slug = _change(tx, now.room, name, topic, settings)
        except IntegrityError as error:  # somebody took the name at the same moment
            raise name_taken(name) from error
        return slug, _note(tx, now, name, services.clock_ms()), members.people_of(tx, room)

    async def work() -> str:
        slug, number, people = await services.db.write(job)
        tell(services, {room: number}, {room})
        services.bell.rooms_changed()
        for person in people:
            services.bell.person_changed(person)
        return slug

    return await whole(work())


def _change(tx: Tx, room: Room, name: str, topic: str, settings: Settings) -> str:
    """Write it all down; the room's address, which is another one when it is listed no more, or anew."""
    before, listed = room.settings, settings.access == "open"
    known_by = name_key(room.name) if before.access == "open" else None
    if listed and name_key(name) != known_by and rooms.name_taken(tx, name_key(name)):
        raise name_taken(name)
    changing.rewrite(tx, room.id, name, topic, settings)
    if (settings.access == "code") != (before.access == "code"):
        changing.set_code(tx, room.id, free_code(tx) if settings.access == "code" else None)
    _bind(tx, room, settings)
    if listed == (before.access == "open"):
        return room.slug
    slug = free_slug(tx, name if listed else "", room.id)
    changing.move(tx, room.id, room.slug, slug)
    changing.begin_lineage(tx, room.id)
    return slug


def _bind(tx: Tx, room: Room, settings: Settings) -> None:
    """Apply a changed history rule to those who are members already: no open page shows more than it may."""
    if settings.history == "joined" and narrows(room.settings, settings):
        members.see_from_joining(tx, room.id)
    if settings.history == "visit" and narrows(room.settings, settings):
        members.see_from_this_visit(tx, room.id, room.head)
    if room.settings.history == "visit" and settings.history != "visit":
        members.see_from_now(tx, room.id, room.head)
    if settings.history == "all" and narrows(settings, room.settings):
        changing.begin_history(tx, room.id, room.head)
    if seen_by_all(settings) and not seen_by_all(room.settings):
        changing.begin_quotes(tx, room.id, room.head)
    if outdates(room.settings, settings):
        changing.begin_lineage(tx, room.id)


def _note(tx: Tx, member: Member, name: str, now_ms: int) -> Number:
    """Say what was done, and drop what the room keeps no more: the last change."""
    room = member.room
    kind: NoticeKind = "renamed" if name != room.name else "settings"
    number = rooms.next_number(tx, room.id)
    messages.notice(tx, room.id, number, kind, member.person.id, now_ms, detail=name)
    changed = rooms.by_id(tx, room.id)
    assert changed is not None, "the room is locked"
    return keep_to(tx, changed) or number


async def new_code(services: Services, member: Member) -> str:
    """Give a code room another code, as it is stored; the old one opens nothing any more.

    Raises `Forbidden` for who is no host, `Invalid` where the room has no code, `NotFound`, `TooMany`.
    """
    services.limit(member.person)

    def job(tx: Tx) -> str:
        if still_host(tx, member, ONLY_HOSTS).room.settings.access != "code":
            raise Invalid("code", "This room is not opened by a code.")
        changing.set_code(tx, member.room.id, code := free_code(tx))
        return code

    code = await services.db.write(job)
    services.bell.people_changed(member.room.id)
    return code


async def delete(services: Services, member: Member, typed_name: str) -> None:
    """End a room with everything in it. `typed_name` is its name, typed again.

    Raises `Forbidden` for who does not own it and for a default room, `Invalid` if the name is
    another, `NotFound`, `TooMany`.
    """
    services.limit(member.person)
    room = member.room.id

    def job(tx: Tx) -> tuple[Number, list[PersonId]]:
        now = still(tx, member)
        if not may_own(now) or now.room.default:
            raise Forbidden("Only its owner ends a room, and nobody a default one.")
        if typed_name.strip() != now.room.name:
            raise Invalid("name", f"Type {now.room.name} to go on.")
        people = members.people_of(tx, room)
        visits.end_room(tx, room)
        rooms.delete_(tx, room)
        return Number(now.room.head + 1), people

    async def work() -> None:
        gone, people = await services.db.write(job)
        services.bell.ring(room, gone)
        services.bell.rooms_changed()
        for person in people:
            services.presence.forget(room, person)
            services.bell.person_changed(person)

    await whole(work())
