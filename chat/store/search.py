"""Finding messages by their words: an index says which may fit, and each of those is looked at.

FTS5 gives the newest first and stops when there are enough. A GIN index has no order and gives all at once:
what is in many messages is found faster by looking at the newest ones before it is asked.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from chat.core.folding import FILE_MARK, author_mark, grams, room_mark
from chat.core.ids import Number, PersonId, RoomId
from chat.core.person import name_key
from chat.core.search import Query
from chat.store import direct, people
from chat.store.database import Tx
from chat.store.schema import files, members, messages, rooms, searchable
from chat.store.searchable import GRAMS, numbers

MARKS_MAX = 200  # rooms of one person that are looked for by their marks; of more, everything is looked at
RECENT = 1_000  # PostgreSQL: messages that are looked at before the index is asked, at least
RECENT_TIMES = 20  # the same for each one that is wanted: 500 of what is everywhere took the index 173 ms

_ROOMS = select(members.c.room_id).where(members.c.person_id == bindparam("person")).limit(MARKS_MAX + 1)
_ROOMS_CALLED = _ROOMS.join(rooms, rooms.c.id == members.c.room_id).where(
    (rooms.c.slug == bindparam("slug"))
    | ((rooms.c.access != "direct") & (rooms.c.name_key == bindparam("key")))
    | rooms.c.pair.in_(bindparam("pairs", expanding=True))
)
_HAS_FILES = (  # a message itself counts also those that have expired
    select(files.c.id)
    .where(files.c.room_id == messages.c.room_id, files.c.number == messages.c.number)
    .exists()
)
_PLACE = (
    select(func.min(searchable.c.id))
    .join(rooms, rooms.c.id == searchable.c.room_id)
    .join(members, members.c.room_id == rooms.c.id)
    .where(
        members.c.person_id == bindparam("person"),
        rooms.c.slug == bindparam("slug"),
        searchable.c.number >= bindparam("number"),
    )
)


class Found(NamedTuple):
    """A message that fits; a higher id was said later."""

    id: int
    room: RoomId
    number: Number
    text: str


class Wanted(NamedTuple):
    """A query with those whom it names, and which grams a text has that fits: all of some, one of others."""

    query: Query
    person: PersonId
    rooms: Sequence[RoomId]
    authors: Sequence[PersonId]
    all_of: Sequence[str]
    one_of: Sequence[Sequence[str]]


def find(tx: Tx, person: PersonId, query: Query, before: int | None, most: int) -> list[Found]:
    """The newest messages that fit and that the person may see, below the id `before` if there is one."""
    wanted = _wanted(tx, person, query)
    if wanted is None:
        return []
    if tx.dialect.name == "sqlite":
        return _run(tx, _by_fts(wanted, before), most)
    found = _run(tx, _visible(wanted, _recent(before, max(RECENT, RECENT_TIMES * most))), most)
    return found if len(found) == most else _run(tx, _by_gin(wanted, before), most)


def place(tx: Tx, person: PersonId, slug: str, number: Number) -> int | None:
    """The id of a message, or of the next one of its room; `None` where the person finds no such thing."""
    found: int | None = tx.execute(_PLACE, {"person": person, "slug": slug, "number": number}).scalar_one()
    return found


def _wanted(tx: Tx, person: PersonId, query: Query) -> Wanted | None:
    """`None` if nothing can fit, since a room or somebody is named whom the person does not know."""
    if not (query.room + query.author).isprintable():  # as all names are
        return None
    authors = people.called(tx, name_key(query.author)) if query.author else []
    own = _rooms(tx, person, query.room)
    if not own or (query.author and not authors):
        return None
    all_of = [*sorted(set().union(*map(grams, query.needles))), *[FILE_MARK] * query.files]
    one_of = [[author_mark(author) for author in authors]] if authors else []
    if len(own) <= MARKS_MAX:
        one_of.append([room_mark(room) for room in own])
    return Wanted(query, person, own, authors, all_of, one_of)


def _rooms(tx: Tx, person: PersonId, called: str) -> list[RoomId]:
    """The person's rooms, or those at this address or of this name: a direct one has the other's."""
    if not called:
        return [RoomId(room) for room in tx.execute(_ROOMS, {"person": person}).scalars()]
    key = name_key(called)
    pairs = [direct.pair(person, other) for other in people.called(tx, key)]
    at = {"person": person, "slug": called, "key": key, "pairs": pairs}
    return [RoomId(room) for room in tx.execute(_ROOMS_CALLED, at).scalars()]


def _by_fts(wanted: Wanted, before: int | None) -> Select[Any]:
    """FTS5 goes through what has all grams from the newest on, and stops when there is enough."""
    anyone = [f"({' OR '.join(map(_quoted, some))})" for some in wanted.one_of]
    match = " AND ".join([*anyone, *map(_quoted, wanted.all_of)])
    if not match:
        return _visible(wanted, searchable, before)
    found = _visible(wanted, searchable, before).join(GRAMS, GRAMS.c.rowid == searchable.c.id)
    newest = found.order_by(None).order_by(GRAMS.c.rowid.desc())  # as FTS5 gives it: nothing has to be sorted
    return newest.where(text("grams MATCH :match").bindparams(match=match))


def _quoted(gram: str) -> str:
    return f'"{gram}"'  # no gram has a quotation mark: it is no part of a word


def _recent(before: int | None, most: int) -> FromClause:
    """PostgreSQL: the newest messages of all rooms."""
    newest = select(searchable).order_by(searchable.c.id.desc()).limit(most)
    return (newest.where(searchable.c.id < before) if before is not None else newest).subquery()


def _by_gin(wanted: Wanted, before: int | None) -> Select[Any]:
    """PostgreSQL: what has all grams, found by the index whatever the planner thinks of it."""
    all_of = [*wanted.all_of, *(some[0] for some in wanted.one_of if len(some) == 1)]
    some = select(GRAMS.c.id).where(GRAMS.c.grams.contains(_array(all_of)))
    for one_of in wanted.one_of:
        if len(one_of) > 1:
            some = some.where(GRAMS.c.grams.overlap(_array(one_of)))
    pool = some.cte("pool").prefix_with("MATERIALIZED", dialect="postgresql")
    return _visible(wanted, searchable, before).join(pool, pool.c.id == searchable.c.id)


def _array(some: Sequence[str]) -> ColumnElement[Any]:
    return literal(numbers(some), ARRAY(Integer))


def _visible(wanted: Wanted, pool: FromClause, before: int | None = None) -> Select[Any]:
    """What of a pool of messages fits and may be seen: every right is asked at each search.

    Asked of one message after the other, so that nobody begins with all messages of a room.
    """
    has = messages.c
    seen = (
        select(has.number)
        .join(members, (members.c.room_id == has.room_id) & (members.c.person_id == wanted.person))
        .join(rooms, rooms.c.id == has.room_id)
        .where(has.room_id == pool.c.room_id, has.number == pool.c.number)
        .where(has.number > members.c.visible_from, has.number >= rooms.c.floor, has.deleted.is_(None))
        .where(*_narrowing(wanted))
        .correlate(pool)
    )
    found = (
        select(pool.c.id, pool.c.room_id, pool.c.number, pool.c.text)
        .where(*(pool.c.text.like(f"%{needle}%") for needle in wanted.query.needles))  # has no % or _ in it
        .where(seen.exists())
        .order_by(pool.c.id.desc())
        .limit(bindparam("most"))
    )
    return found if before is None else found.where(pool.c.id < before)


def _narrowing(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    query = wanted.query
    if query.room:
        yield messages.c.room_id.in_(wanted.rooms)
    if query.author:
        yield messages.c.person_id.in_(wanted.authors)
    if query.files:
        yield _HAS_FILES
    if query.after_ms is not None:
        yield messages.c.at_ms >= query.after_ms
    if query.before_ms is not None:
        yield messages.c.at_ms < query.before_ms


def _run(tx: Tx, statement: Select[Any], most: int) -> list[Found]:
    return [Found(*row) for row in tx.execute(statement, {"most": most}).all()]
