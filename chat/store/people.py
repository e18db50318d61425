"""People and the names they hold."""

from typing import Any

from sqlalchemy import bindparam, insert, select, update

from chat.core.ids import PersonId, RoomId
from chat.core.person import Person
from chat.store.database import Tx
from chat.store.schema import people

COLUMNS = (people.c.id, people.c.name, people.c.password_hash, people.c.admin)

_CAME_FROM = select(people.c.last_room_id).where(people.c.id == bindparam("person"))
_HOLDER = select(people.c.id).where(people.c.name_key == bindparam("key"))
_INSERT = insert(people).returning(people.c.id)
_HOLD = update(people).where(people.c.id == bindparam("person")).values(name_key=bindparam("key"))
_FREE = (
    update(people)
    .where(people.c.id == bindparam("person"), people.c.password_hash.is_(None))
    .values(name_key=None)
)
_LAST_ROOM = update(people).where(people.c.id == bindparam("person")).values(last_room_id=bindparam("room"))


def person_of(row: Any) -> Person:
    """A person from a row that has `COLUMNS`."""
    return Person(PersonId(row.id), row.name, account=row.password_hash is not None, admin=row.admin)


def last_room(tx: Tx, person: PersonId) -> RoomId | None:
    """The room this person was in last."""
    room = tx.execute(_CAME_FROM, {"person": person}).scalar_one_or_none()
    return RoomId(room) if room else None


def holder(tx: Tx, key: str) -> PersonId | None:
    """Who holds the name with this key now."""
    found = tx.execute(_HOLDER, {"key": key}).scalar_one_or_none()
    return None if found is None else PersonId(found)


def add(tx: Tx, name: str, key: str, now_ms: int) -> Person:
    """A new guest. Raises `IntegrityError` if the name is held."""
    row = {"name": name, "name_key": key, "created_ms": now_ms}
    person = PersonId(tx.execute(_INSERT, row).scalar_one())
    return Person(person, name)


def hold_name(tx: Tx, person: PersonId, key: str) -> None:
    """Take the name again that was let go. Raises `IntegrityError` if somebody else holds it by now."""
    tx.execute(_HOLD, {"person": person, "key": key})


def free_name(tx: Tx, person: PersonId) -> None:
    """Let a guest's name go; an account keeps its own."""
    tx.execute(_FREE, {"person": person})


def went_to(tx: Tx, person: PersonId, room: RoomId) -> None:
    """Remember the room to come back to."""
    tx.execute(_LAST_ROOM, {"person": person, "room": room})
