"""Who asks, and what they are in the room they ask about: read at every request, in one statement."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from chat.core.ids import RoomId, SessionId
from chat.core.person import Session
from chat.core.room import Member
from chat.store.database import Tx
from chat.store.memberships import MEMBERSHIP, former_member, member_of
from chat.store.people import COLUMNS as PERSON
from chat.store.people import RENAMED, person_of
from chat.store.ready import Ready, named
from chat.store.rooms import COLUMNS
from chat.store.schema import facts, members, people, rooms, sessions, visits

_IS_IN = (
    select(visits.c.state)
    .where(visits.c.room_id == members.c.room_id, visits.c.person_id == members.c.person_id)
    .correlate(members)
    .exists()
)
_RENAMED = select(facts.c.value).where(facts.c.name == RENAMED).scalar_subquery()
_WHO = (
    *PERSON,
    people.c.name_key,
    people.c.last_room_id,
    sessions.c.id.label("session_id"),
    sessions.c.used_ms,
    _IS_IN.label("is_in"),
    _RENAMED.label("renamed"),
)
_PLACE = (*COLUMNS, *MEMBERSHIP)
_ASK = Ready(
    select(*_WHO, *(column.label(f"place_{column.name}") for column in _PLACE))
    .select_from(sessions)
    .join(people, people.c.id == sessions.c.person_id)
    .outerjoin(rooms, rooms.c.slug == bindparam("slug"))
    .outerjoin(members, (members.c.room_id == rooms.c.id) & (members.c.person_id == people.c.id))
    .where(
        sessions.c.token_hash == bindparam("token_hash"),
        sessions.c.ended.is_(None),
        sessions.c.used_ms > bindparam("used_since_ms"),
    )
)
_place = named(column.name for column in _PLACE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A living session, the membership of the room that is asked about, and what else that showed."""

    session: Session
    used_ms: int
    holds_name: bool
    member: Member | None  # none of a room that is not there, or not theirs, or where no room was named
    last_room: RoomId | None
    is_in: bool  # has a visit to the room, the grace after it included
    names: str  # another one whenever somebody, whoever it is, was given another name


def find(tx: Tx, token_hash: bytes, used_since_ms: int, slug: str = "") -> Asked | None:
    """Who has this token, unless the session has ended or was last used before `used_since_ms`.

    With a `slug`, also their place in the room at this address, or that was at it.
    """
    values = {"token_hash": token_hash, "used_since_ms": used_since_ms, "slug": slug}
    if (row := _ASK.first(tx, values)) is None:
        return None
    session = Session(SessionId(row.session_id), person_of(row))
    member = None
    if row.place_role is not None:
        member = member_of(tx, _place(row[len(_WHO) :]), session.person)
    elif slug:
        member = former_member(tx, slug, session.person)
    last, is_in, names = row.last_room_id, bool(row.is_in), row.renamed or ""
    return Asked(session, row.used_ms, row.name_key is not None, member, last, is_in, names)
