"""Who of a room's members is named in a message."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from chat.core.ids import PersonId, RoomId
from chat.core.mentions import spots
from chat.core.person import Person
from chat.store.database import Tx
from chat.store.people import COLUMNS, person_of
from chat.store.schema import members, people

SHOWN_MAX = 4  # people whose names are told as those who write: with the reader left out, three are several

_BY_KEY = (
    select(people.c.id, people.c.name_key)
    .join(members, members.c.person_id == people.c.id)
    .where(members.c.room_id == bindparam("room"), people.c.name_key.in_(bindparam("keys", expanding=True)))
)
_MEMBERS = (
    select(*COLUMNS)
    .join(members, members.c.person_id == people.c.id)
    .where(members.c.room_id == bindparam("room"), people.c.id.in_(bindparam("people", expanding=True)))
    .order_by(people.c.id)
    .limit(SHOWN_MAX)
)

_BY_ID = select(*COLUMNS).where(people.c.id.in_(bindparam("people", expanding=True)))


def find(tx: Tx, room: RoomId, body: str) -> tuple[PersonId, ...]:
    """The members named after an "@", each once; one query, and none without an "@"."""
    wanted = spots(body) if "@" in body else []
    keys = {key for names in wanted for key in names}
    if not keys:
        return ()
    rows = tx.execute(_BY_KEY, {"room": room, "keys": list(keys)}).all()
    held = {row.name_key: PersonId(row.id) for row in rows}
    named = (next((held[key] for key in names if key in held), None) for names in wanted)
    return tuple(dict.fromkeys(person for person in named if person is not None))


def people_named(tx: Tx, room: RoomId, persons: Sequence[PersonId]) -> list[tuple[PersonId, str]]:
    """The ids and names of these members, at most four, by id."""
    rows = tx.execute(_MEMBERS, {"room": room, "people": list(persons)}).all()
    found = [person_of(row) for row in rows]
    return [(person.id, person.name) for person in found]


def people_in(tx: Tx, columns: Sequence[str]) -> dict[str, tuple[Person, ...]]:
    """Who is named, for each of these columns; asks nothing if nobody is."""
    ids = {person for column in columns for person in read(column)}
    if not ids:
        return {}
    found = {row.id: person_of(row) for row in tx.execute(_BY_ID, {"people": list(ids)}).all()}
    return {column: tuple(found[person] for person in read(column) if person in found) for column in columns}


def stored(persons: Sequence[PersonId]) -> str:
    """As the column keeps them: " 4 7 ", so that one id is found by its spaces."""
    return f" {' '.join(map(str, persons))} " if persons else ""


def read(column: str) -> tuple[PersonId, ...]:
    """The other way round."""
    return tuple(PersonId(int(one)) for one in column.split())
