"""Who belongs to a room: adding people by name, removing them, choosing hosts and the owner."""

from collections.abc import Sequence

from chat.actions.direct import nobody
from chat.actions.doors import end_membership, take_out
from chat.actions.services import Services
from chat.actions.still import still, still_host
from chat.actions.visits import let_in, tell
from chat.actions.whole import whole
from chat.core.ids import Number, PersonId
from chat.core.message import NoticeKind
from chat.core.person import clean_name, name_key
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound
from chat.core.room import Member, Membership, Role, may_own, may_remove
from chat.store import members, memberships, messages, people, rooms
from chat.store.database import Tx

ONLY_HOSTS = "Only hosts add and remove people."
_SAID: dict[Role, NoticeKind] = {"owner": "owner", "moderator": "host", "member": "member"}


async def listing(services: Services, member: Member) -> Sequence[Membership]:
    """The room's members, its owner and hosts first. At most a thousand."""
    return await services.db.read(lambda tx: members.of_room(tx, member.room.id))


async def add(services: Services, member: Member, raw_name: str) -> None:
    """Make whoever holds this name a member, also somebody who was removed before.

    Doing it twice is doing it once. Raises `Forbidden` for who is no host and in a direct room,
    `Invalid("name", …)` for a bad name and one that nobody holds, `NotFound` if the membership has
    ended, `TooMany` above the limit.
    """
    name, room = clean_name(raw_name), member.room.id
    services.limit(member.person)

    def job(tx: Tx) -> tuple[PersonId, Number | None]:
        now = still_host(tx, member, ONLY_HOSTS)
        person = people.holder(tx, name_key(name))
        if person is None:
            raise nobody(name)
        if memberships.is_member(tx, room, person):
            return person, None
        return person, let_in(tx, now.room, person, services.clock_ms(), silent=True, visiting=False)

    async def work() -> None:
        person, number = await services.db.write(job)
        if number:
            tell(services, {room: number}, {room})
            services.bell.person_changed(person)

    await whole(work())


async def remove(services: Services, member: Member, person: PersonId) -> None:
    """End somebody's membership for good: every stream of theirs ends at exactly this change.

    They find the room no more until a host adds them. Raises `Forbidden` where the member may not
    remove somebody of that role, `Invalid` for oneself, `NotFound` for who is no member, `TooMany`.
    """
    services.limit(member.person)
    room = member.room.id

    def job(tx: Tx) -> Number | None:
        now = still_host(tx, member, ONLY_HOSTS)
        if person == now.person.id:
            raise Invalid("person", "To go yourself, leave the room.")
        if (role := members.role_of(tx, room, person)) is None:
            raise NotFound
        if not may_remove(now, role):
            raise Forbidden("Only the owner removes a host.")
        members.ban(tx, room, person)
        return take_out(tx, room, person, services.clock_ms())

    await end_membership(services, room, person, job)


async def set_role(services: Services, member: Member, person: PersonId, raw_role: str) -> None:
    """Make a member a host, an ordinary member, or the owner, who then takes the present one's place.

    Raises `Forbidden` for who does not own the room, `Invalid` for no role, `Conflict` where the room
    would be left without an owner, `NotFound` for who is no member, `TooMany`.
    """
    role = _role(raw_role)
    services.limit(member.person)
    room = member.room.id

    def job(tx: Tx) -> Number | None:
        now = still(tx, member)
        if not may_own(now):
            raise Forbidden("Only the owner chooses hosts.")
        before = members.role_of(tx, room, person)
        if before is None:
            raise NotFound
        if before == role:
            return None
        if before == "owner":
            raise Conflict("A room needs its owner. Make somebody else the owner first.")
        if role == "owner":
            members.step_down(tx, room)
        members.set_role(tx, room, person, role)
        number = rooms.next_number(tx, room)
        giver, now_ms = member.person.name, services.clock_ms()
        messages.notice(tx, room, number, _SAID[role], person, now_ms, detail=giver)
        return number

    if number := await services.db.write(job):
        tell(services, {room: number}, {room})


def _role(raw: str) -> Role:
    for role in _SAID:
        if raw == role:
            return role
    raise Invalid("role", "Choose one of these.")
