"""People and the names they hold."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from chat.core.ids import PersonId, RoomId
from chat.core.person import Person
from chat.store import facts
from chat.store.database import Tx
from chat.store.schema import people

RENAMED = "renamed"  # the fact that counts how often anybody was: by it, pages that show names are kept
CALLED_MAX = 50  # of people who had the same name, one after the other

COLUMNS = (people.c.id, people.c.name, people.c.password_hash, people.c.admin)

_CAME_FROM = select(people.c.last_room_id).where(people.c.id == bindparam("person"))
_HOLDER = select(people.c.id).where(people.c.name_key == bindparam("key"))
_BY_KEY = select(*COLUMNS).where(people.c.name_key == bindparam("key"))
_CALLED = (
    select(people.c.id)
    .where(people.c.called == bindparam("key"))
    .order_by(people.c.id.desc())
    .limit(CALLED_MAX)
)
_BY_ID = select(*COLUMNS).where(people.c.id == bindparam("person"))
_LOCK = _BY_ID.with_for_update()
_ANY_ADMIN = select(people.c.id).where(people.c.admin).limit(1)
_INSERT = insert(people).returning(people.c.id)
_HOLD = update(people).where(people.c.id == bindparam("person")).values(name_key=bindparam("key"))
_FREE = (
    update(people)
    .where(people.c.id == bindparam("person"), people.c.password_hash.is_(None))
    .values(name_key=None)
)
_RENAME = (
    update(people)
    .where(people.c.id == bindparam("person"))
    .values(name=bindparam("new_name"), name_key=bindparam("key"), called=bindparam("key"))
)
_KEEP = (
    update(people)
    .where(people.c.id == bindparam("person"))
    .values(name_key=bindparam("key"), password_hash=bindparam("hashed"))
)
_LAST_ROOM = update(people).where(people.c.id == bindparam("person")).values(last_room_id=bindparam("room"))


class Holder(NamedTuple):
    """Somebody, and what is kept of their password; nothing of a guest's."""

    person: Person
    password_hash: str | None


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


def by_key(tx: Tx, key: str) -> Holder | None:
    """Who holds the name with this key now, with what their password has to fit."""
    return _holder_of(tx.execute(_BY_KEY, {"key": key}).one_or_none())


def called(tx: Tx, key: str) -> list[PersonId]:
    """Everybody who has the name with this key or had it last, the newest fifty."""
    return [PersonId(person) for person in tx.execute(_CALLED, {"key": key}).scalars()]


def by_id(tx: Tx, person: PersonId) -> Holder | None:
    """The person with this id, with the same."""
    return _holder_of(tx.execute(_BY_ID, {"person": person}).one_or_none())


def lock(tx: Tx, person: PersonId) -> Holder | None:
    """The person with this id, whose name and password cannot change before this transaction ends."""
    return _holder_of(tx.execute(_LOCK, {"person": person}).one_or_none())


def _holder_of(row: Any) -> Holder | None:
    return Holder(person_of(row), row.password_hash) if row else None


def any_admin(tx: Tx) -> bool:
    """Whether there is an administrator."""
    return tx.execute(_ANY_ADMIN).first() is not None


def add(
    tx: Tx, name: str, key: str, now_ms: int, *, password_hash: str | None = None, admin: bool = False
) -> Person:  # fmt: skip
    """A new guest, or an account if there is a password. Raises `IntegrityError` if the name is held."""
    row = {
        "name": name,
        "name_key": key,
        "called": key,
        "created_ms": now_ms,
        "password_hash": password_hash,
        "admin": admin,
    }
    person = PersonId(tx.execute(_INSERT, row).scalar_one())
    return Person(person, name, account=password_hash is not None, admin=admin)


def rename(tx: Tx, person: PersonId, name: str, key: str) -> None:
    """Give somebody another name. Raises `IntegrityError` if somebody else holds it."""
    tx.execute(_RENAME, {"person": person, "new_name": name, "key": key})
    facts.count(tx, RENAMED)


def keep_name(tx: Tx, person: PersonId, key: str, password_hash: str) -> None:
    """Make the name theirs by a password, a new one if they have one.

    Raises `IntegrityError` if somebody else took the name of a guest who had let it go.
    """
    tx.execute(_KEEP, {"person": person, "key": key, "hashed": password_hash})


def hold_name(tx: Tx, person: PersonId, key: str) -> None:
    """Take the name again that was let go. Raises `IntegrityError` if somebody else holds it by now."""
    tx.execute(_HOLD, {"person": person, "key": key})


def free_name(tx: Tx, person: PersonId) -> None:
    """Let a guest's name go; an account keeps its own."""
    tx.execute(_FREE, {"person": person})


def went_to(tx: Tx, person: PersonId, room: RoomId) -> None:
    """Remember the room to come back to."""
    tx.execute(_LAST_ROOM, {"person": person, "room": room})
