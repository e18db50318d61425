"""Who is a member of which room: the only place that makes a `Member`."""

from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from chat.core.ids import Number, PersonId, RoomId
from chat.core.person import Person
from chat.core.room import Member, Role
from chat.store import direct
from chat.store.database import Tx
from chat.store.people import COLUMNS as PERSON
from chat.store.people import person_of
from chat.store.ready import Ready
from chat.store.rooms import COLUMNS, lock, room_of
from chat.store.schema import former_slugs, members, people, rooms

MEMBERSHIP = (members.c.role, members.c.visible_from, members.c.joined, members.c.read_number)
_MEMBER = select(*COLUMNS, *MEMBERSHIP).join(
    members, (members.c.room_id == rooms.c.id) & (members.c.person_id == bindparam("person"))
)
_MEMBER_BY_SLUG = _MEMBER.where(rooms.c.slug == bindparam("slug"))
_MEMBER_BY_FORMER_SLUG = _MEMBER.join(former_slugs, former_slugs.c.room_id == rooms.c.id).where(
    former_slugs.c.slug == bindparam("slug")
)
_MEMBER_BY_ID = Ready(_MEMBER.where(rooms.c.id == bindparam("room")))
_ACCOUNT = people.c.password_hash.is_not(None).label("account")
_STILL = Ready(
    _MEMBER.join(people, people.c.id == members.c.person_id)
    .add_columns(people.c.name.label("person_name"), _ACCOUNT, people.c.admin)
    .where(rooms.c.id == bindparam("room"))
)
_OTHER = select(*PERSON).where(people.c.id == bindparam("other"))
_IS_MEMBER = select(members.c.role).where(
    members.c.room_id == bindparam("room"), members.c.person_id == bindparam("person")
)
_JOIN = insert(members)
_LEAVE = delete(members).where(
    members.c.room_id == bindparam("room"), members.c.person_id == bindparam("person")
)


def member_of(tx: Tx, row: Any, person: Person) -> Member:
    """The person's place in a room from a row that has the room's columns and `MEMBERSHIP`."""
    numbers = Number(row.visible_from), Number(row.joined), Number(row.read_number)
    room = room_of(row)
    if row.pair:
        other = tx.execute(_OTHER, {"other": direct.other_of(row.pair, person.id)}).one()
        room = direct.named(room, person_of(other))
    return Member(person, room, row.role, *numbers)


def member(tx: Tx, slug: str, person: Person) -> Member | None:
    """The person's place in the room at this address, or that was at it, if they have one."""
    at = {"slug": slug, "person": person.id}
    row = tx.execute(_MEMBER_BY_SLUG, at).one_or_none()
    return member_of(tx, row, person) if row else former_member(tx, slug, person)


def former_member(tx: Tx, slug: str, person: Person) -> Member | None:
    """The person's place in the room that was at this address, if they have one."""
    row = tx.execute(_MEMBER_BY_FORMER_SLUG, {"slug": slug, "person": person.id}).one_or_none()
    return member_of(tx, row, person) if row else None


def member_in(tx: Tx, room: RoomId, person: Person) -> Member | None:
    """The person's place in the room with this id, if they have one."""
    row = _MEMBER_BY_ID.first(tx, {"room": room, "person": person.id})
    return member_of(tx, row, person) if row else None


def is_member(tx: Tx, room: RoomId, person: PersonId) -> bool:
    """Whether the person is a member of the room."""
    return tx.execute(_IS_MEMBER, {"room": room, "person": person}).first() is not None


def still_member(tx: Tx, member: Member) -> Member | None:
    """The same membership and person as they are now, read under the room's lock; `None` if it has ended."""
    if tx.dialect.name != "sqlite":  # there this transaction is the only writer
        lock(tx, member.room.id)
    row = _STILL.first(tx, {"room": member.room.id, "person": member.person.id})
    if row is None:
        return None
    person = Person(member.person.id, row.person_name, account=row.account, admin=row.admin)
    return member_of(tx, row, person)


def locked(tx: Tx, member: Member) -> Member | None:
    """`still_member` for what this transaction has just read, which SQLite's only writer need not again."""
    return member if tx.dialect.name == "sqlite" else still_member(tx, member)


def join(tx: Tx, room: RoomId, person: PersonId, role: Role, visible_from: Number, joined: Number) -> None:
    """Make somebody a member from the change `joined` on."""
    tx.execute(
        _JOIN,
        {
            "room_id": room,
            "person_id": person,
            "role": role,
            "visible_from": visible_from,
            "joined": joined,
            "read_number": joined,
        },
    )


def leave(tx: Tx, room: RoomId, person: PersonId) -> bool:
    """End a membership; false if there was none."""
    return tx.execute(_LEAVE, {"room": room, "person": person}).rowcount > 0
