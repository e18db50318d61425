"""What changes about a membership while it lasts, who follows an owner, and who may not come back."""

from collections.abc import Collection

from sqlalchemy import bindparam, case, delete, func, literal, select, update

from chat.core.ids import Number, PersonId, RoomId
from chat.core.room import NOTHING_YET, Membership, Role
from chat.store.database import Tx, upserting
from chat.store.people import COLUMNS, person_of
from chat.store.schema import bans, members, people, visits

LISTED_MAX = 1_000  # members a room's settings name
TOLD_MAX = 1_000  # members whose lists are shown anew; others see it with their next page

_ONE = (members.c.room_id == bindparam("room")) & (members.c.person_id == bindparam("person"))
_SEES = update(members).where(_ONE).values(visible_from=bindparam("number"))
_ROLE = select(members.c.role).where(_ONE)
_SET_ROLE = update(members).where(_ONE).values(role=bindparam("new_role"))
_NO_OWNER = (
    update(members)
    .where(members.c.room_id == bindparam("room"), members.c.role == "owner")
    .values(role="moderator")
)
_OF_ROOM = (
    select(*COLUMNS, members.c.role)
    .join(people, people.c.id == members.c.person_id)
    .where(members.c.room_id == bindparam("room"))
    .order_by(
        case((members.c.role == "owner", 0), (members.c.role == "moderator", 1), else_=2),
        func.lower(people.c.name),
        people.c.id,
    )
    .limit(LISTED_MAX)
)
_ANY = select(members.c.person_id).where(members.c.room_id == bindparam("room")).limit(1)
_HEIR = (
    select(members.c.person_id)
    .where(members.c.room_id == bindparam("room"))
    .order_by(case((members.c.role == "moderator", 0), else_=1), members.c.joined)
    .limit(1)
)
_PEOPLE = select(members.c.person_id).where(members.c.room_id == bindparam("room")).limit(TOLD_MAX)
_ROOMS = (
    select(members.c.room_id).distinct().where(members.c.person_id.in_(bindparam("people", expanding=True)))
)
_AMONG = select(members.c.person_id).where(
    members.c.room_id == bindparam("room"), members.c.person_id.in_(bindparam("people", expanding=True))
)
_FROM_JOINING = (
    update(members)
    .where(members.c.room_id == bindparam("room"), members.c.visible_from < members.c.joined - 1)
    .values(visible_from=members.c.joined - 1)
)
_IS_HERE = (
    select(literal(1))
    .where(visits.c.room_id == members.c.room_id, visits.c.person_id == members.c.person_id)
    .exists()
)
_FROM_THIS_VISIT = (
    update(members)
    .where(members.c.room_id == bindparam("room"))
    .values(visible_from=case((_IS_HERE, bindparam("number")), else_=NOTHING_YET))
)
_FROM_NOW = (
    update(members)
    .where(members.c.room_id == bindparam("room"), members.c.visible_from == NOTHING_YET)
    .values(visible_from=bindparam("number"))
)
_IS_BANNED = select(bans.c.person_id).where(
    bans.c.room_id == bindparam("room"), bans.c.person_id == bindparam("person")
)
_UNBAN = delete(bans).where(bans.c.room_id == bindparam("room"), bans.c.person_id == bindparam("person"))


def sees_from(tx: Tx, room: RoomId, person: PersonId, number: Number) -> None:
    """Let a member see what is numbered above `number`, and nothing else."""
    tx.execute(_SEES, {"room": room, "person": person, "number": number})


def see_from_joining(tx: Tx, room: RoomId) -> None:
    """Let members see only what was said since they joined."""
    tx.execute(_FROM_JOINING, {"room": room})


def see_from_this_visit(tx: Tx, room: RoomId, number: Number) -> None:
    """Let members see only what is said from `number` on, and nothing while they are away."""
    tx.execute(_FROM_THIS_VISIT, {"room": room, "number": number})


def see_from_now(tx: Tx, room: RoomId, number: Number) -> None:
    """Let those who are away see what is said from `number` on."""
    tx.execute(_FROM_NOW, {"room": room, "number": number})


def role_of(tx: Tx, room: RoomId, person: PersonId) -> Role | None:
    """What somebody is in the room; `None` for no member."""
    role: Role | None = tx.execute(_ROLE, {"room": room, "person": person}).scalar_one_or_none()
    return role


def set_role(tx: Tx, room: RoomId, person: PersonId, role: Role) -> None:
    """Give a member a role."""
    tx.execute(_SET_ROLE, {"room": room, "person": person, "new_role": role})


def step_down(tx: Tx, room: RoomId) -> None:
    """Make the room's owner one of its hosts, so that somebody else can be its owner."""
    tx.execute(_NO_OWNER, {"room": room})


def of_room(tx: Tx, room: RoomId) -> list[Membership]:
    """The room's members: its owner, its hosts, then everybody by name. At most a thousand."""
    rows = tx.execute(_OF_ROOM, {"room": room}).all()
    return [Membership(person_of(row), row.role) for row in rows]


def any_in(tx: Tx, room: RoomId) -> bool:
    """Whether the room has a member."""
    return tx.execute(_ANY, {"room": room}).first() is not None


def heir(tx: Tx, room: RoomId) -> PersonId | None:
    """Who owns the room when its owner has gone: the first of the moderators, else of the members."""
    found = tx.execute(_HEIR, {"room": room}).scalar_one_or_none()
    return None if found is None else PersonId(found)


def people_of(tx: Tx, room: RoomId) -> list[PersonId]:
    """Members of the room, to be told of something. At most a thousand."""
    return [PersonId(person) for person in tx.execute(_PEOPLE, {"room": room}).scalars()]


def rooms_of(tx: Tx, *persons: PersonId) -> set[RoomId]:
    """The rooms that somebody, or any of several people, is a member of."""
    found = tx.execute(_ROOMS, {"people": persons}).scalars() if persons else ()
    return {RoomId(room) for room in found}


def among(tx: Tx, room: RoomId, persons: Collection[PersonId]) -> set[PersonId]:
    """Those of these people who are members of the room."""
    found = tx.execute(_AMONG, {"room": room, "people": list(persons)})
    return {PersonId(person) for person in found.scalars()}


def ban(tx: Tx, room: RoomId, person: PersonId) -> None:
    """Let somebody not come in again by themselves."""
    tx.execute(upserting(tx, bans).values(room_id=room, person_id=person).on_conflict_do_nothing())


def unban(tx: Tx, room: RoomId, person: PersonId) -> None:
    """Forget that somebody was removed."""
    tx.execute(_UNBAN, {"room": room, "person": person})


def is_banned(tx: Tx, room: RoomId, person: PersonId) -> bool:
    """Whether somebody was removed and nobody has added them since."""
    return tx.execute(_IS_BANNED, {"room": room, "person": person}).first() is not None
