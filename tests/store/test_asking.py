"""Who asks, read in one statement, says the same as what is read piece by piece."""

import pytest

from chat.core.ids import WorkerId
from chat.core.person import Person
from chat.core.room import Settings
from chat.store import asking, changing, direct, memberships, people, rooms, sessions, visits
from chat.store.database import Database, Tx
from tests.databases import NOW_MS, Seeded, add_member, add_person, job


@pytest.fixture
async def places(db: Database, seeded: Seeded) -> dict[bytes, Person]:
    """Ann and Bo have a room, which has moved, and one for the two; Cy has none. Their tokens."""

    def work(tx: Tx) -> dict[bytes, Person]:
        ann, bo, cy = seeded.ann.person, seeded.bo.person, add_person(tx, "Cy")
        changing.move(tx, seeded.room, "harbour", "quay")
        pair = direct.pair(ann.id, bo.id)
        two = rooms.add(tx, "two", "", "", Settings(access="direct"), NOW_MS, pair=pair)
        for person in (ann, bo):
            add_member(tx, two, person)
        people.went_to(tx, ann.id, seeded.room)
        visits.enter(tx, seeded.room, ann.id, WorkerId("w"), "here")
        found = {b"ann": ann, b"bo": bo, b"cy": cy}
        for token, person in found.items():
            sessions.add(tx, person.id, token, NOW_MS)
        return found

    return await db.write(work)


async def test_the_place_of_who_asks_is_the_one_that_is_read_alone(
    db: Database, places: dict[bytes, Person]
) -> None:
    def look(tx: Tx) -> None:
        for token, person in places.items():
            for slug in ("quay", "harbour", "two", "nowhere", ""):
                asked = asking.find(tx, token, 0, slug)
                assert asked
                assert asked.session.person == person
                assert asked.member == memberships.member(tx, slug, person)

    await db.read(look)
    ann = await db.read(job(asking.find, b"ann", 0, "two"))
    assert ann
    assert ann.member
    assert ann.member.room.name == "Bo"


async def test_it_is_told_where_they_were_last_and_whether_they_are_there(
    db: Database, seeded: Seeded, places: dict[bytes, Person]
) -> None:
    assert seeded.ann.person == places[b"ann"]
    told = {}
    for token, slug in ((b"ann", "quay"), (b"ann", "two"), (b"bo", "quay"), (b"cy", "quay")):
        asked = await db.read(job(asking.find, token, 0, slug))
        assert asked
        told[token, slug] = (asked.last_room, asked.is_in)
    assert told == {
        (b"ann", "quay"): (seeded.room, True),
        (b"ann", "two"): (seeded.room, False),
        (b"bo", "quay"): (None, False),
        (b"cy", "quay"): (None, False),
    }


async def test_what_is_read_together_is_of_one_moment(db: Database, places: dict[bytes, Person]) -> None:
    """The first statement of a transaction is not one of SQLAlchemy's, which would begin it."""

    def look(tx: Tx) -> bool:
        asking.find(tx, b"ann", 0)
        return tx.in_transaction()

    assert places
    assert await db.read(look)
    assert await db.read(lambda tx: not tx.in_transaction())
