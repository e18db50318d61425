"""Going into rooms and leaving them for good."""

from collections.abc import Callable

from chat.actions import tries
from chat.actions.services import Services
from chat.actions.visits import arrive, depart, or_forget, tell
from chat.actions.whole import whole
from chat.core.codes import code_key, shown_code
from chat.core.ids import Number, PersonId, RoomId
from chat.core.person import Person
from chat.core.problems import Forbidden, Invalid, NotFound
from chat.core.room import Member, Room
from chat.core.tries import codes_from
from chat.store import members, memberships, messages, people, rooms, visits
from chat.store.asking import Asked
from chat.store.database import Tx

Find = Callable[[Tx], Room | None]
"""The room that an address, a code or an invite leads to, as long as it does."""


async def join(services: Services, person: Person, slug: str) -> None:
    """Open the room at this address: become a member where its access allows it, and be there.

    Raises `NotFound` where the room does not exist or may not be entered by its address, `Conflict`
    where there is no place left.
    """

    def find(tx: Tx) -> Room | None:
        if member := memberships.member(tx, slug, person):
            return member.room
        room = rooms.by_slug(tx, slug)
        return room if room and room.settings.access == "open" else None

    await walk_in(services, person, find)


async def by_code(services: Services, person: Person, raw_code: str, address: str) -> str:
    """Go into the room that a code opens: its address. Guesses are counted by the caller's `address`.

    Raises `Invalid` without a code or for one that opens nothing, `Conflict` where there is no place,
    `TooMany` after too many wrong ones.
    """
    code = await check_code(services, raw_code, address)
    if not code:
        raise Invalid("code", "Give the code you were told.")
    try:
        return await walk_in(services, person, lambda tx: rooms.by_code(tx, code))
    except NotFound as error:
        raise no_such_code(raw_code) from error


async def check_code(services: Services, raw_code: str, address: str) -> str:
    """The code as it is stored, empty for none. Raises `Invalid` if it opens nothing, `TooMany`."""
    code = code_key(raw_code)
    if raw_code.strip():
        await tries.check(services, codes_from(address))
        if await services.db.read(lambda tx: rooms.by_code(tx, code)) is None:
            await tries.fail(services, codes_from(address))
            raise no_such_code(raw_code)
        await tries.passed(services, codes_from(address))
    return code


def no_such_code(raw_code: str) -> Invalid:
    """What is said of a code that opens nothing."""
    code = code_key(raw_code)
    shown = shown_code(code) if len(code) == 6 else raw_code.strip()[:40]
    return Invalid("code", f"No room has the code {shown}. It may have closed.")


async def walk_in(
    services: Services, person: Person, find: Find, spend: Callable[[Tx], None] | None = None
) -> str:
    """Make the person a member of what `find` finds, unless they are one, and let them be there: its address.

    The visit begins in the transaction that makes the membership, before the page is read, so that
    what is said from then on is seen. `spend` is called when somebody new comes in. Raises `NotFound`
    where nothing is found or the person was removed, `Conflict` where there is no place left.
    """

    def look(tx: Tx) -> tuple[Room, bool]:
        room, is_new = _may_come(tx, find(tx), person)
        there = not is_new and _lasts(room) and people.last_room(tx, person.id) == room.id
        return room, there and visits.is_in(tx, room.id, person.id)

    def job(tx: Tx) -> tuple[str, Number | None, bool, set[RoomId]]:
        rooms.lock(tx, at.id)
        room, is_new = _may_come(tx, find(tx), person)  # another tab may have been first, or the door shut
        if room.id != at.id:
            raise NotFound
        number = arrive(tx, room.id, person.id, services.clock_ms(), role="member" if is_new else None)
        if is_new and spend:
            spend(tx)
        visits.enter(tx, room.id, person.id, services.presence.worker, "here")
        people.went_to(tx, person.id, room.id)
        return room.slug, number, is_new, members.rooms_of(tx, person.id)

    async def work() -> str:
        with or_forget(services, at.id, person.id):
            slug, number, is_new, lists = await services.db.write(job)
        services.presence.opened(at.id, person.id, entered=True)
        tell(services, {at.id: number} if number else {}, lists)
        if is_new:
            services.bell.person_changed(person.id)
        return slug

    at, there = await services.db.read(look)
    services.presence.opened(at.id, person.id, entered=False)  # first: whatever is entered then will end too
    return at.slug if there else await whole(work())


def stays(asked: Asked) -> bool:
    """Whether who asks was in this room last and still is: nothing is to be written for them to be there."""
    room = asked.member.room if asked.member else None
    return room is not None and _lasts(room) and asked.last_room == room.id and asked.is_in


def _lasts(room: Room) -> bool:
    """Any other may end with a visit that is just ending."""
    return room.settings.lifetime == "kept"


def _may_come(tx: Tx, room: Room | None, person: Person) -> tuple[Room, bool]:
    """The room, and whether the person would be new in it. Raises `NotFound` where they may not come in."""
    if room is None:
        raise NotFound
    is_new = not memberships.is_member(tx, room.id, person.id)
    if is_new and (room.settings.access == "direct" or members.is_banned(tx, room.id, person.id)):
        raise NotFound
    return room, is_new


async def leave(services: Services, member: Member) -> None:
    """End a membership; every stream of the person ends at exactly this change.

    Somebody else owns the room when its owner leaves. Raises `Forbidden` in a direct room.
    """
    if member.room.settings.access == "direct":
        raise Forbidden("What two people have between them stays with both.")
    services.limit(member.person)
    room, person = member.room.id, member.person.id

    def job(tx: Tx) -> Number | None:
        rooms.lock(tx, room)
        return take_out(tx, room, person, services.clock_ms())

    await end_membership(services, room, person, job)


async def end_membership(
    services: Services, room: RoomId, person: PersonId, job: Callable[[Tx], Number | None]
) -> None:
    """Do the job of a transaction that takes the person out of the room, and have everybody know."""

    async def work() -> None:
        number = await services.db.write(job)
        services.presence.forget(room, person)
        if number:
            tell(services, {room: number}, {room})
        services.bell.person_changed(person)

    await whole(work())


def take_out(tx: Tx, room: RoomId, person: PersonId, now_ms: int, *, quietly: bool = False) -> Number | None:
    """End a membership and the visit with it: the number of the last change, if there was a membership.

    A private room without members is found by nobody any more, so it ends; a direct one keeps both.
    `quietly` shows no notice, of who was not there anyway. Call under the room's lock.
    """
    at, role = rooms.by_id(tx, room), members.role_of(tx, room, person)
    if at is None or at.settings.access == "direct" or not memberships.leave(tx, room, person):
        return None
    visits.end_in_room(tx, room, person)
    number = depart(tx, room, person, now_ms, removed=True, quietly=quietly)
    if at.settings.access == "private" and not members.any_in(tx, room):
        rooms.delete_(tx, room)
    elif role == "owner" and (heir := members.heir(tx, room)) is not None:
        members.set_role(tx, room, heir, "owner")
        number = rooms.next_number(tx, room)
        messages.notice(tx, room, number, "owner", heir, now_ms)
    return number
