"""What people have not read: counted from the messages themselves, so that it cannot be wrong."""

from collections.abc import Collection, Hashable
from typing import Any

from sqlalchemy import (
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    update,
)

from chat.core.ids import Number, PersonId, RoomId
from chat.core.unread import COUNTED_MAX, Mine, Unread
from chat.store import direct, visits
from chat.store.database import Tx
from chat.store.people import COLUMNS as PERSON
from chat.store.people import person_of
from chat.store.ready import Ready, named
from chat.store.rooms import COLUMNS, LISTED_MAX, room_of
from chat.store.schema import members, messages, people, rooms

STANDING_MAX = 60  # rooms of one person that are looked at to see that nothing is new
ROWS_MAX = 20_000  # of several people's lists at once

_SAID = (
    select(messages.c.number)
    .where(
        messages.c.room_id == members.c.room_id,
        messages.c.number > members.c.visible_from,
        messages.c.number >= rooms.c.floor,
        messages.c.kind == "message",
        messages.c.deleted.is_(None),
    )
    .correlate(members, rooms)
)
_NEWS = _SAID.where(
    messages.c.number > members.c.read_number, messages.c.person_id != members.c.person_id
).limit(COUNTED_MAX)
_OF_THEM = literal("% ") + cast(members.c.person_id, Text) + literal(" %")


def _counted(found: Select[tuple[int]]) -> ScalarSelect[int]:
    return select(func.count()).select_from(found.subquery()).scalar_subquery()


_UNREAD = _counted(_NEWS).label("unread")
_ANYBODY = messages.c.mentions != literal_column("''")  # no parameter: SQLite has an index on this condition,
# and would plan the statement anew at every run, 0.4 ms, to see whether the parameter fits it
_MENTIONED = _counted(_NEWS.where(_ANYBODY, messages.c.mentions.like(_OF_THEM))).label("mentioned")
_LAST_MS = func.coalesce(
    _SAID.with_only_columns(messages.c.at_ms).order_by(messages.c.number.desc()).limit(1).scalar_subquery(),
    rooms.c.created_ms,
).label("last_ms")
_OTHER, _THEM = members.alias("other"), people.alias("them")  # of a direct room
_PLACES = (
    members.join(rooms, rooms.c.id == members.c.room_id)
    .outerjoin(
        _OTHER,
        # as a case, or SQLite looks at every member of a room that is not direct: 0.7 ms of 5,000
        (_OTHER.c.room_id == case((rooms.c.pair.is_not(None), rooms.c.id)))
        & (_OTHER.c.person_id != members.c.person_id),
    )
    .outerjoin(_THEM, _THEM.c.id == _OTHER.c.person_id)
)
_LINES = (
    select(
        members.c.person_id.label("reader"), *COLUMNS, _UNREAD, _MENTIONED, _LAST_MS,
        *(_THEM.c[column.name].label(f"other_{column.name}") for column in PERSON),
        visits.rank_of(_THEM.c.id).label("other_rank"),
    )
    .select_from(_PLACES)
    .order_by(members.c.person_id, rooms.c.id)
    .limit(ROWS_MAX)
)  # fmt: skip
_them = named(column.name for column in PERSON)
_MINE = Ready(_LINES.where(members.c.person_id == bindparam("person")))
_OF = _LINES.where(members.c.person_id.in_(bindparam("people", expanding=True)))
_STANDING = Ready(
    select(
        rooms.c.id, rooms.c.slug, rooms.c.name, rooms.c.access, rooms.c.lifetime, rooms.c.who_posts,
        rooms.c.epoch, rooms.c.head, rooms.c.floor, members.c.read_number, members.c.visible_from,
        *(_THEM.c[column.name].label(f"other_{column.name}") for column in PERSON),
        visits.rank_of(_THEM.c.id).label("other_rank"),
    )
    .select_from(_PLACES)
    .where(members.c.person_id == bindparam("person"))
    .order_by(rooms.c.id)
    .limit(STANDING_MAX + 1)
)  # fmt: skip
_IN_ROOM = (
    select(members.c.person_id.label("reader"), rooms.c.pair, _UNREAD, _MENTIONED)
    .select_from(members)
    .join(rooms, rooms.c.id == members.c.room_id)
    .where(
        members.c.room_id == bindparam("room"),
        members.c.person_id.in_(bindparam("people", expanding=True)),
    )
)
_READ = (
    update(members)
    .where(members.c.room_id == bindparam("room"), members.c.person_id == bindparam("person"))
    .values(read_number=bindparam("upto"))
)
_MARK = _READ.where(members.c.read_number != bindparam("upto"))
_ADVANCE = Ready(_READ.where(members.c.read_number < bindparam("upto")))


def mine(tx: Tx, person: PersonId) -> list[Mine]:
    """The rooms of one person: with mentions first, then with news, then by their last word."""
    return [_line(row) for row in sorted(_MINE.rows(tx, {"person": person}), key=_order)[:LISTED_MAX]]


def standing(tx: Tx, person: PersonId) -> Hashable | None:
    """What `mine` depends on: the same again, and nothing of it has changed. `None` for too much."""
    found = tuple(_STANDING.rows(tx, {"person": person}))
    return found if len(found) <= STANDING_MAX else None


def of(tx: Tx, persons: Collection[PersonId]) -> dict[PersonId, list[Mine]]:
    """The same of several people: each of them has a list, if an empty one."""
    found: dict[PersonId, list[Mine]] = {person: [] for person in persons}
    for row in sorted(tx.execute(_OF, {"people": list(persons)}).all(), key=_order):
        if len(lines := found[PersonId(row.reader)]) < LISTED_MAX:
            lines.append(_line(row))
    return found


def in_room(tx: Tx, room: RoomId, persons: Collection[PersonId]) -> dict[PersonId, Unread]:
    """What these people have not read of one room: those of them who are its members."""
    rows = tx.execute(_IN_ROOM, {"room": room, "people": list(persons)}).all()
    return {PersonId(row.reader): _unread(row) for row in rows}


def mark(tx: Tx, room: RoomId, person: PersonId, number: Number) -> bool:
    """Set the read mark, forward or back; false if it was there already."""
    return tx.execute(_MARK, {"room": room, "person": person, "upto": number}).rowcount > 0


def advance(tx: Tx, room: RoomId, person: PersonId, number: Number) -> None:
    """Move the read mark forward, if it is not there yet."""
    _ADVANCE.run(tx, {"room": room, "person": person, "upto": number})


def _unread(row: Any) -> Unread:
    return Unread(row.unread, row.unread if row.pair else row.mentioned)


def _order(row: Any) -> tuple[bool, bool, int, int]:
    unread = _unread(row)
    return not unread.mentions, not unread.messages, -row.last_ms, row.id


def _line(row: Any) -> Mine:
    """The room as its reader sees it: a direct one is the other person's."""
    room = room_of(row)
    if row.other_id is None:
        return Mine(room, _unread(row))
    other = person_of(_them(row[-1 - len(PERSON) : -1]))
    return Mine(direct.named(room, other), _unread(row), visits.presence_of(row.other_rank or 0))
