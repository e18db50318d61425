"""Who is where, as every worker has entered it; a worker's visits live no longer than its lease.

Room 0 is the house itself: a person with any page open has a visit there, so that a guest's name is
freed only when they are truly gone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chat.core.ids import PersonId, RoomId, WorkerId
from chat.core.person import Person
from chat.core.presence import Attendance, Presence, VisitState
from chat.core.room import HOUSE
from chat.store.database import Tx
from chat.store.people import COLUMNS, person_of
from chat.store.schema import members, people, rooms, visits

SHOWN_MAX = 200  # people a room's list names

_MINE = (visits.c.room_id == bindparam("room")) & (visits.c.person_id == bindparam("person"))
_ANY = select(visits.c.state).where(_MINE).limit(1)
_ANYWHERE = select(visits.c.room_id).where(visits.c.person_id == bindparam("person")).limit(1)


def _entering(statement: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    key = [visits.c.room_id, visits.c.person_id, visits.c.worker_id]
    return statement.on_conflict_do_update(index_elements=key, set_={"state": statement.excluded.state})


_ENTER = {
    "postgresql": _entering(postgresql.insert(visits)),
    "sqlite": _entering(sqlite.insert(visits)),
}
_END = delete(visits).where(_MINE, visits.c.worker_id == bindparam("worker"))
_END_IN_ROOM = delete(visits).where(_MINE)
_END_ROOM = delete(visits).where(visits.c.room_id == bindparam("room"))
_END_ALL = delete(visits).where(visits.c.person_id == bindparam("person")).returning(visits.c.room_id)
_OF_PERSON = select(visits.c.room_id).distinct().where(visits.c.person_id == bindparam("person"))
_OF_WORKER = (
    select(visits.c.room_id, visits.c.person_id)
    .where(visits.c.worker_id == bindparam("worker"))
    .order_by(visits.c.room_id)
    .limit(1000)
)
_CLOSING = (
    update(visits)
    .where(visits.c.worker_id == bindparam("worker"), visits.c.state != "closing")
    .values(state="closing")
    .returning(visits.c.room_id)
)
_FREE_NAMES = (
    update(people)
    .where(
        people.c.password_hash.is_(None),
        people.c.name_key.is_not(None),
        ~select(visits.c.person_id).where(visits.c.person_id == people.c.id).exists(),
    )
    .values(name_key=None)
)
_RANK = func.max(case((visits.c.state == "here", 3), (visits.c.state == "away", 2), else_=1))
_HERE = select(func.count(visits.c.person_id.distinct())).where(
    visits.c.room_id == bindparam("room"), visits.c.state != "closing"
)
_SOME_HERE = select(func.count()).select_from(
    select(visits.c.person_id)
    .distinct()
    .where(visits.c.room_id == bindparam("room"), visits.c.state != "closing")
    .limit(bindparam("most"))
    .subquery()
)
_OF_PEOPLE = select(visits.c.person_id, visits.c.worker_id, visits.c.state).where(
    visits.c.room_id == bindparam("room"), visits.c.person_id.in_(bindparam("people", expanding=True))
)
_VISITING = select(func.count(visits.c.person_id.distinct())).where(visits.c.room_id == bindparam("room"))
_IN_LISTED = (
    select(visits.c.room_id, *COLUMNS)
    .distinct()
    .join(people, people.c.id == visits.c.person_id)
    .join(rooms, rooms.c.id == visits.c.room_id)
    .where(visits.c.state != "closing", rooms.c.access == "open")
    .order_by(visits.c.room_id, people.c.id)
    .limit(5_000)
)
_ATTENDING = (
    select(visits.c.person_id, _RANK.label("rank"))
    .where(visits.c.room_id == bindparam("room"))
    .group_by(visits.c.person_id)
    .subquery()
)
_PEOPLE = (
    select(*COLUMNS, members.c.role, func.coalesce(_ATTENDING.c.rank, 0).label("rank"))
    .select_from(members)
    .join(people, people.c.id == members.c.person_id)
    .outerjoin(_ATTENDING, _ATTENDING.c.person_id == members.c.person_id)
    .where(members.c.room_id == bindparam("room"))
    .order_by(func.coalesce(_ATTENDING.c.rank, 0).desc(), people.c.id)
    .limit(SHOWN_MAX)
)
_PERSON = _PEOPLE.where(members.c.person_id == bindparam("person"))
_LISTED_FIRST = case((rooms.c.access == "open", 0), else_=1)
_ELSEWHERE = (
    select(visits.c.person_id, case((rooms.c.access == "open", rooms.c.name), else_="").label("name"))
    .join(rooms, rooms.c.id == visits.c.room_id)
    .where(visits.c.person_id.in_(bindparam("people", expanding=True)), visits.c.state != "closing")
    .order_by(_LISTED_FIRST, rooms.c.id)
)


def is_in(tx: Tx, room: RoomId, person: PersonId) -> bool:
    """Whether this person has a visit to the room, on any worker, the grace after it included."""
    return tx.execute(_ANY, {"room": room, "person": person}).first() is not None


def is_in_any(tx: Tx, person: PersonId) -> bool:
    """Whether this person has any page open at all, or had a moment ago."""
    return tx.execute(_ANYWHERE, {"person": person}).first() is not None


def enter(tx: Tx, room: RoomId, person: PersonId, worker: WorkerId, state: VisitState) -> None:
    """Enter a worker's view of a visit, or put a new state in its place."""
    enter_all(tx, room, worker, {person: state})


def enter_all(tx: Tx, room: RoomId, worker: WorkerId, states: Mapping[PersonId, VisitState]) -> None:
    """The same of many people in one room, with one statement."""
    rows = [
        {"room_id": room, "person_id": person, "worker_id": worker, "state": state}
        for person, state in states.items()
    ]
    if rows:
        tx.execute(_ENTER[tx.dialect.name], rows)


def known(tx: Tx, room: RoomId, people_: Collection[PersonId]) -> dict[PersonId, dict[WorkerId, VisitState]]:
    """What workers say of these people's visits to a room; those have none who are not in it."""
    found: dict[PersonId, dict[WorkerId, VisitState]] = {}
    for row in tx.execute(_OF_PEOPLE, {"room": room, "people": list(people_)}).all():
        found.setdefault(PersonId(row.person_id), {})[WorkerId(row.worker_id)] = row.state
    return found


def end_on_worker(tx: Tx, room: RoomId, person: PersonId, worker: WorkerId) -> bool:
    """Take a worker's view of a visit away; false if it had been taken already."""
    return tx.execute(_END, {"room": room, "person": person, "worker": worker}).rowcount > 0


def end_in_room(tx: Tx, room: RoomId, person: PersonId) -> None:
    """End the person's visit to the room on all workers."""
    tx.execute(_END_IN_ROOM, {"room": room, "person": person})


def end_room(tx: Tx, room: RoomId) -> None:
    """End all visits to a room that is going."""
    tx.execute(_END_ROOM, {"room": room})


def end_all(tx: Tx, person: PersonId) -> set[RoomId]:
    """End all visits of a person: the rooms they were in."""
    return {RoomId(row.room_id) for row in tx.execute(_END_ALL, {"person": person}).all()} - {HOUSE}


def of_person(tx: Tx, person: PersonId) -> set[RoomId]:
    """The rooms that a person visits."""
    return {RoomId(room) for room in tx.execute(_OF_PERSON, {"person": person}).scalars()} - {HOUSE}


def of_worker(tx: Tx, worker: WorkerId) -> list[tuple[RoomId, PersonId]]:
    """The first thousand visits of a worker, in order of room."""
    rows = tx.execute(_OF_WORKER, {"worker": worker}).all()
    return [(RoomId(row.room_id), PersonId(row.person_id)) for row in rows]


def mark_closing(tx: Tx, worker: WorkerId) -> set[RoomId]:
    """Show the visits of a dead worker as ended, though its people may come back: their rooms."""
    return {RoomId(row.room_id) for row in tx.execute(_CLOSING, {"worker": worker}).all()}


def free_names(tx: Tx) -> None:
    """Let go the names of guests without a visit: of those whose worker died before it could end one."""
    tx.execute(_FREE_NAMES)


def count_here(tx: Tx, room: RoomId) -> int:
    """How many people are in the room."""
    return int(tx.execute(_HERE, {"room": room}).scalar_one())


def is_crowded(tx: Tx, room: RoomId, most: int) -> bool:
    """Whether that many people, or more, are in the room; costs the same however many there are."""
    return int(tx.execute(_SOME_HERE, {"room": room, "most": most}).scalar_one()) >= most


def count_in(tx: Tx, room: RoomId) -> int:
    """How many people the room is taken by, those included who may be back in a moment."""
    return int(tx.execute(_VISITING, {"room": room}).scalar_one())


def people_in_listed(tx: Tx) -> dict[RoomId, list[Person]]:
    """Who is in each listed room that has anybody, by age of the person."""
    found: dict[RoomId, list[Person]] = {}
    for row in tx.execute(_IN_LISTED).all():
        found.setdefault(RoomId(row.room_id), []).append(person_of(row))
    return found


def attendance(tx: Tx, room: RoomId) -> list[Attendance]:
    """The room's members: who is here, who is in another room, who is gone. At most 200."""
    return _attendance(tx, tx.execute(_PEOPLE, {"room": room}).all())


def attending(tx: Tx, room: RoomId, person: PersonId) -> Attendance | None:
    """The same of one person, if they are a member."""
    return next(iter(_attendance(tx, tx.execute(_PERSON, {"room": room, "person": person}).all())), None)


def _attendance(tx: Tx, rows: Sequence[Any]) -> list[Attendance]:
    absent = [row.id for row in rows if row.rank < 2]
    elsewhere: dict[int, str] = {}
    for row in tx.execute(_ELSEWHERE, {"people": absent}).all() if absent else ():
        elsewhere.setdefault(row.person_id, row.name)
    presences = (_presence(row.rank, elsewhere=row.id in elsewhere) for row in rows)
    return [
        Attendance(person_of(row), row.role, presence, elsewhere.get(row.id, ""))
        for row, presence in zip(rows, presences, strict=True)
    ]


def rank_of(person: ColumnElement[Any]) -> ScalarSelect[Any]:
    """For a statement about a person: what `presence_of` takes, of any page that they have open."""
    return select(_RANK).where(visits.c.person_id == person).scalar_subquery()


def presence_of(rank: int) -> Presence:
    """Whether somebody has any page open, or has one that is hidden now."""
    return _presence(rank, elsewhere=False)


def _presence(rank: int, *, elsewhere: bool) -> Presence:
    absent: Presence = "elsewhere" if elsewhere else "offline"
    return "here" if rank == 3 else "away" if rank == 2 else absent


def in_order(rooms_: Iterable[RoomId]) -> list[RoomId]:
    """The order in which several rooms are locked, so that no two transactions wait for each other."""
    return sorted(room for room in rooms_ if room != HOUSE)
