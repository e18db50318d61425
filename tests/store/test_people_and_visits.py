"""Names, sessions and visits as stored."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chat.core.changes import Cursor
from chat.core.ids import PersonId, RoomId, SessionId, WorkerId
from chat.core.person import name_key
from chat.core.presence import VisitState
from chat.core.room import HOUSE, Settings
from chat.store import asking, facts, memberships, people, rooms, sessions, unread, visits, workers
from chat.store.database import Database, Tx
from chat.store.schema import members
from tests.databases import NOW_MS, Seeded, add_member, add_person, job

ONE, TWO = WorkerId("one"), WorkerId("two")


async def test_a_name_that_was_let_go_can_be_taken_by_another_and_not_twice(
    db: Database, seeded: Seeded
) -> None:
    ann = seeded.ann.person
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: people.add(tx, "ANN", name_key("ANN"), NOW_MS))
    await db.write(lambda tx: people.free_name(tx, ann.id))
    other = await db.write(lambda tx: people.add(tx, "ANN", name_key("ANN"), NOW_MS))
    assert await db.read(lambda tx: people.holder(tx, name_key("ann"))) == other.id
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: people.hold_name(tx, ann.id, name_key("Ann")))


async def test_a_session_is_found_by_its_hash_until_it_ends_or_is_too_old(
    db: Database, seeded: Seeded
) -> None:
    ann = seeded.ann.person
    session = await db.write(lambda tx: sessions.add(tx, ann.id, b"hash", NOW_MS))
    found = await db.read(lambda tx: asking.find(tx, b"hash", NOW_MS - 1))
    assert found
    assert (found.session.id, found.session.person, found.holds_name) == (session, ann, True)
    assert await db.read(lambda tx: asking.find(tx, b"hash", NOW_MS)) is None
    await db.write(lambda tx: sessions.used(tx, session, NOW_MS + 10))
    assert await db.read(lambda tx: asking.find(tx, b"hash", NOW_MS)) is not None
    assert await db.read(lambda tx: asking.find(tx, b"other", 0)) is None
    await db.write(lambda tx: sessions.end(tx, session))
    assert await db.read(lambda tx: asking.find(tx, b"hash", 0)) is None


async def test_endings_are_counted_in_commit_order_so_that_none_is_overlooked(
    url: str,
) -> None:
    one, two = Database(url), Database(url)
    try:
        person = await one.write(lambda tx: add_person(tx, "Ann"))
        ids = [await one.write(job(sessions.add, person.id, b"%d" % n, NOW_MS)) for n in range(20)]
        seen: list[SessionId] = []
        at = 0

        async def look() -> None:
            nonlocal at
            at, ended = await two.read(lambda tx: sessions.ended_since(tx, at))
            seen.extend(ended)

        ends = [
            asyncio.create_task((one, two)[n % 2].write(job(sessions.end, session)))
            for n, session in enumerate(ids)
        ]
        while not all(end.done() for end in ends):
            await look()
        await asyncio.gather(*ends)
        await look()
        assert sorted(seen) == sorted(ids)
        assert len(set(seen)) == len(seen)
        assert at == 20
        assert not await one.read(lambda tx: sessions.any_left(tx, person.id))
    finally:
        await one.close()
        await two.close()


async def test_ending_a_session_twice_is_ending_it_once(db: Database, seeded: Seeded) -> None:
    session = await db.write(lambda tx: sessions.add(tx, seeded.ann.person.id, b"hash", NOW_MS))
    await db.write(lambda tx: sessions.end(tx, session))
    _, first = await db.read(lambda tx: sessions.ended_since(tx, 0))
    at, _ = await db.read(lambda tx: sessions.ended_since(tx, 0))
    await db.write(lambda tx: sessions.end(tx, session))
    assert first == [session]
    assert (await db.read(lambda tx: sessions.ended_since(tx, at)))[1] == []


async def test_however_many_sessions_end_at_once_none_is_overlooked(db: Database, seeded: Seeded) -> None:
    ann = seeded.ann.person.id

    def many(tx: Tx) -> list[SessionId]:
        return [sessions.add(tx, ann, b"%d" % n, NOW_MS) for n in range(1_300)]

    kept, *others = await db.write(many)
    bos = await db.write(lambda tx: sessions.add(tx, seeded.bo.person.id, b"bo", NOW_MS))
    await db.write(lambda tx: sessions.end_others(tx, ann, kept))
    seen: list[SessionId] = []
    at, ended = await db.read(lambda tx: sessions.ended_since(tx, 0))
    while ended:
        seen += ended
        at, ended = await db.read(job(sessions.ended_since, at))
    assert sorted(seen) == sorted(others)
    for session, person in ((kept, ann), (bos, seeded.bo.person.id)):
        assert await db.read(job(sessions.is_of, session, person))


async def test_a_fact_that_is_taken_is_taken_by_one(url: str) -> None:
    one, two = Database(url), Database(url)
    try:
        await one.write(lambda tx: facts.get_or_make(tx, "token", "x"))
        took = await asyncio.gather(*(db.write(job(facts.take, "token")) for db in (one, two) * 5))
        assert sorted(took, key=str) == [*[None] * 9, "x"]
        assert await two.read(job(facts.get, "token")) is None
    finally:
        await one.close()
        await two.close()


async def test_the_secret_is_made_once_whoever_asks_first(url: str) -> None:
    one, two = Database(url), Database(url)
    try:
        secrets = await asyncio.gather(*(db.write(facts.secret) for db in (one, two, one, two)))
        assert len(set(secrets)) == 1
        assert len(secrets[0]) == 32
    finally:
        await one.close()
        await two.close()


def enter(tx: Tx, person: PersonId, room: RoomId, worker: WorkerId, state: VisitState = "here") -> None:
    visits.enter(tx, room, person, worker, state)


async def test_a_visit_lasts_until_the_last_worker_that_has_it_ends_it(db: Database, seeded: Seeded) -> None:
    room, bo = seeded.room, seeded.bo.person.id

    def job(tx: Tx) -> None:
        for worker in (ONE, TWO):
            enter(tx, bo, room, worker)
        enter(tx, bo, room, ONE, "closing")  # a second word about the same visit
        assert visits.count_here(tx, room) == 1
        assert visits.end_on_worker(tx, room, bo, ONE)
        assert not visits.end_on_worker(tx, room, bo, ONE)
        assert visits.is_in(tx, room, bo)
        assert visits.end_on_worker(tx, room, bo, TWO)
        assert not visits.is_in(tx, room, bo)
        assert not visits.is_in_any(tx, bo)

    await db.write(job)


async def test_a_person_is_as_present_as_their_most_present_visit(db: Database, seeded: Seeded) -> None:
    room, ann, bo = seeded.room, seeded.ann.person.id, seeded.bo.person.id

    def job(tx: Tx) -> list[tuple[str, str]]:
        enter(tx, ann, room, ONE, "closing")
        enter(tx, ann, room, TWO, "here")
        enter(tx, bo, room, ONE, "away")
        return [(one.person.name, one.presence) for one in visits.attendance(tx, room)]

    assert await db.write(job) == [("Ann", "here"), ("Bo", "away")]


async def test_elsewhere_names_listed_rooms_only(db: Database, seeded: Seeded) -> None:
    room, ann, bo = seeded.room, seeded.ann.person.id, seeded.bo.person.id

    def job(tx: Tx) -> list[tuple[str, str, str]]:
        open_room = rooms.add(tx, "quay", "Quay", "", Settings(), NOW_MS)
        secret = rooms.add(tx, "x7", "Secret", "", Settings(access="private"), NOW_MS)
        enter(tx, ann, open_room, ONE)
        enter(tx, bo, secret, ONE)
        enter(tx, bo, HOUSE, ONE)
        return [(one.person.name, one.presence, one.where) for one in visits.attendance(tx, room)]

    assert sorted(await db.write(job)) == [("Ann", "elsewhere", "Quay"), ("Bo", "elsewhere", "")]
    named = await db.read(visits.people_in_listed)
    assert [person.name for people_ in named.values() for person in people_] == ["Ann"]


async def test_ending_a_person_names_the_rooms_and_not_the_house(db: Database, seeded: Seeded) -> None:
    bo = seeded.bo.person.id

    def job(tx: Tx) -> set[RoomId]:
        enter(tx, bo, seeded.room, ONE)
        enter(tx, bo, HOUSE, ONE)
        return visits.end_all(tx, bo)

    assert await db.write(job) == {seeded.room}


async def test_a_worker_that_was_given_up_learns_so_from_its_next_beat(db: Database) -> None:
    await db.write(lambda tx: workers.enlist(tx, ONE))
    assert await db.write(lambda tx: workers.beat(tx, ONE))
    assert await db.read(workers.beats) == {ONE: 1}
    await db.write(lambda tx: workers.give_up(tx, ONE))
    assert not await db.write(lambda tx: workers.beat(tx, ONE))


async def test_the_read_mark_moves_forward_only(db: Database, seeded: Seeded) -> None:
    room, bo = seeded.room, seeded.bo.person.id
    asked = select(members.c.read_number).where(members.c.person_id == bo)
    for upto, expected in ((9, 9), (5, 9), (12, 12)):
        await db.write(job(unread.advance, room, bo, upto))
        assert await db.read(lambda tx: tx.execute(asked).scalar_one()) == expected


async def test_a_membership_that_has_ended_is_seen_under_the_lock(db: Database, seeded: Seeded) -> None:
    assert await db.write(lambda tx: memberships.leave(tx, seeded.room, seeded.bo.person.id))
    assert not await db.write(lambda tx: memberships.leave(tx, seeded.room, seeded.bo.person.id))
    assert await db.write(lambda tx: memberships.still_member(tx, seeded.bo)) is None
    await db.write(lambda tx: add_member(tx, seeded.room, seeded.bo.person))
    again = await db.write(lambda tx: memberships.still_member(tx, seeded.bo))
    assert again
    assert again.joined > seeded.bo.joined


async def test_listed_names_are_unique_and_hidden_ones_are_not(db: Database, seeded: Seeded) -> None:
    def add(slug: str, settings: Settings) -> asyncio.Future[RoomId]:
        return asyncio.ensure_future(
            db.write(lambda tx: rooms.add(tx, slug, "Harbour", "", settings, NOW_MS))
        )

    with pytest.raises(IntegrityError):
        await add("other", Settings())
    await add("x1", Settings(access="private"))
    await add("x2", Settings(access="private"))
    with pytest.raises(IntegrityError):
        await add("x2", Settings(access="code"))
    assert [room.slug for room in await db.read(rooms.listed)] == ["harbour"]


async def test_heads_name_only_rooms_that_exist(db: Database, seeded: Seeded) -> None:
    found = await db.read(lambda tx: rooms.heads(tx, [seeded.room, RoomId(999)]))
    assert found == {seeded.room: Cursor(seeded.bo.room.epoch, seeded.bo.joined)}
