"""What is unread is counted from what is stored: always what a plain recount says."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.core.ids import Number, PersonId, RoomId, WorkerId
from chat.core.message import Message
from chat.core.room import HOUSE, NOTHING_YET, Settings
from chat.core.unread import COUNTED_MAX, Unread
from chat.store import changing, direct, members, memberships, messages, rooms, unread, visits
from chat.store.database import Database, Tx
from tests.databases import NOW_MS, Seeded, add_person, everything, job, planted, say

ONE = WorkerId("one")
KINDS = ("ann", "bo", "ann to bo", "bo to ann", "delete", "edit", "clear", "read", "unread", "blind")
steps = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 99),
    ),
    max_size=14,
)


def naive(tx: Tx, seeded: Seeded, person: PersonId) -> Unread:
    """The same, one message after the other."""
    room = rooms.by_id(tx, seeded.room)
    member = next(m for m in (seeded.ann, seeded.bo) if m.person.id == person)
    now = memberships.still_member(tx, member)
    assert room
    assert now
    new = [
        thing
        for thing in everything(tx, seeded.room, visible_from=now.sees_from)
        if isinstance(thing, Message) and not thing.deleted and thing.number > now.read
        and thing.author.id != person
    ]  # fmt: skip
    meant = [thing for thing in new if person in [one.id for one in thing.mentions]]
    return Unread(min(len(new), COUNTED_MAX), min(len(meant), COUNTED_MAX))


def step(tx: Tx, seeded: Seeded, what: str, where: int) -> None:
    room, ann, bo = seeded.room, seeded.ann.person.id, seeded.bo.person.id
    rooms.lock(tx, room)
    said = [t for t in everything(tx, room) if isinstance(t, Message)]
    one = said[where % len(said)] if said else None
    match what:
        case "ann" | "bo":
            say(tx, room, ann if what == "ann" else bo, "hello")
        case "ann to bo":
            say(tx, room, ann, "well, @Bo!")
        case "bo to ann":
            say(tx, room, bo, "@ann")
        case "delete" if one:
            messages.delete(tx, room, one.number, rooms.next_number(tx, room), "author")
        case "edit" if one:
            words = "@Ann and @Bo" if where % 2 else "nobody"
            messages.edit(tx, room, one.number, rooms.next_number(tx, room), words, NOW_MS)
        case "clear":
            number = rooms.next_number(tx, room)
            changing.raise_floor(tx, room, number, number)
        case "read" | "unread" if one:
            unread.mark(tx, room, bo if where % 2 else ann, one.number)
        case "blind":
            members.sees_from(tx, room, bo, NOTHING_YET if where % 2 else Number(where // 10))


class Undo(Exception):
    """Ends a transaction without a trace."""


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_counts_equal_a_naive_recount(url: str, steps: list[tuple[str, int]]) -> None:
    def play(tx: Tx) -> None:
        seeded = planted(tx, "harbour")
        for what, where in steps:
            step(tx, seeded, what, where)
        for person in (seeded.ann.person.id, seeded.bo.person.id):
            [line] = unread.mine(tx, person)
            counted = unread.in_room(tx, seeded.room, [person])
            assert line.unread == counted[person] == naive(tx, seeded, person)
        raise Undo

    async def run() -> None:
        db = Database(url)
        try:
            with pytest.raises(Undo):
                await db.write(play)
        finally:
            await db.close()

    asyncio.run(run())


async def test_counting_stops_at_a_hundred(db: Database, seeded: Seeded) -> None:
    def many(tx: Tx) -> None:
        for _ in range(COUNTED_MAX + 20):
            say(tx, seeded.room, seeded.ann.person.id, "@Bo")

    await db.write(many)
    bo = seeded.bo.person.id
    found = await db.read(job(unread.in_room, seeded.room, [bo, seeded.ann.person.id]))
    assert found == {bo: Unread(100, 100), seeded.ann.person.id: Unread(0, 0)}


async def test_rooms_with_mentions_come_first_then_those_with_news_then_by_their_last_word(
    db: Database, seeded: Seeded
) -> None:
    ann, bo = seeded.ann.person, seeded.bo.person

    def make(tx: Tx, name: str, at_ms: int) -> RoomId:
        room = rooms.add(tx, name, name, "", Settings(), at_ms)
        memberships.join(tx, room, bo.id, "member", Number(0), Number(0))
        memberships.join(tx, room, ann.id, "member", Number(0), Number(0))
        return room

    for name, at_ms in (("quiet", 1), ("loud", 2), ("meant", 3), ("newest", NOW_MS + 9)):
        room = await db.write(job(make, name, at_ms))
        if name in ("loud", "meant"):
            await db.write(job(say, room, ann.id, "@Bo" if name == "meant" else "hello"))
    found = await db.read(job(unread.mine, bo.id))
    assert [line.room.slug for line in found] == ["meant", "loud", "newest", "harbour", "quiet"]


async def test_everything_in_a_direct_room_is_meant_for_its_reader_who_sees_the_other_s_name(
    db: Database, seeded: Seeded
) -> None:
    ann, bo = seeded.ann.person, seeded.bo.person

    def make(tx: Tx) -> RoomId:
        pair = direct.pair(ann.id, bo.id)
        room = rooms.add(tx, "d", "", "", Settings(access="direct"), NOW_MS, pair=pair)
        for person in (ann, bo):
            memberships.join(tx, room, person.id, "member", Number(0), Number(0))
        say(tx, room, ann.id, "psst")
        return room

    room = await db.write(make)
    found = await db.read(job(unread.of, [ann.id, bo.id]))
    lines = {who: next(line for line in mine if line.room.id == room) for who, mine in found.items()}
    assert (lines[bo.id].room.name, lines[bo.id].unread) == ("Ann", Unread(1, 1))
    assert (lines[ann.id].room.name, lines[ann.id].unread) == ("Bo", Unread(0, 0))


async def test_the_list_tells_whether_the_other_one_is_around(db: Database, seeded: Seeded) -> None:
    ann, bo = seeded.ann.person.id, seeded.bo.person.id

    def make(tx: Tx) -> None:
        pair = direct.pair(ann, bo)
        room = rooms.add(tx, "d", "", "", Settings(access="direct"), NOW_MS, pair=pair)
        for person in (ann, bo):
            memberships.join(tx, room, person, "member", Number(0), Number(0))

    await db.write(make)
    for room, state, shown in [
        (HOUSE, "closing", "offline"), (HOUSE, "away", "away"), (seeded.room, "here", "here"),
    ]:  # fmt: skip
        await db.write(job(visits.enter, room, bo, ONE, state))
        lines = await db.read(job(unread.mine, ann))
        assert [line.presence for line in lines if line.room.other] == [shown]
        assert {line.presence for line in lines if not line.room.other} == {"offline"}


async def test_only_members_are_counted_for_and_named(db: Database, seeded: Seeded) -> None:
    carl = await db.write(job(add_person, "Carl"))
    number = await db.write(job(say, seeded.room, seeded.ann.person.id, "@Carl, @Bo and @Bo"))
    found = await db.read(job(messages.one, seeded.room, Number(0), number))
    assert found
    assert found.mentions == (seeded.bo.person,)
    assert await db.read(job(unread.in_room, seeded.room, [carl.id])) == {}
    assert await db.read(job(unread.of, [carl.id])) == {carl.id: []}


@pytest.mark.parametrize("upto", [1, 3])
async def test_the_read_mark_goes_both_ways(db: Database, seeded: Seeded, upto: int) -> None:
    bo = seeded.bo.person.id
    assert await db.write(job(unread.mark, seeded.room, bo, Number(upto)))
    assert not await db.write(job(unread.mark, seeded.room, bo, Number(upto)))
