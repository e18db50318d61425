"""What is found, on both databases: what the seeker may see now, and nothing that is gone."""

from pathlib import Path

import pytest
from sqlalchemy import text

from chat.core.file import DOWNLOAD, File
from chat.core.ids import Number, PersonId, RoomId
from chat.core.room import NOTHING_YET, Settings
from chat.core.search import parse
from chat.store import (
    changing,
    direct,
    files,
    members,
    memberships,
    messages,
    people,
    rooms,
    search,
    searchable,
)
from chat.store.database import Database, Tx
from tests.databases import NOW_MS, Seeded, add_member, add_person, job, say, seed

pytestmark = pytest.mark.usefixtures("db")


def found(tx: Tx, person: PersonId, *ends: int, **fields: str) -> list[Number]:
    """The numbers of what fits, the newest first; `ends`: at most so many, below this id."""
    query = parse({name.rstrip("_"): text for name, text in fields.items()})
    most, below = ends or (50, None)
    return [one.number for one in search.find(tx, person, query, below, most)]


def drop(tx: Tx, room: RoomId, floor: Number) -> None:
    number = rooms.next_number(tx, room)
    changing.raise_floor(tx, room, floor, number)
    messages.drop_below(tx, room, floor)


async def test_words_parts_and_single_characters_are_found_newest_first(db: Database, seeded: Seeded) -> None:
    room, ann = seeded.room, seeded.ann.person.id

    def work(tx: Tx) -> None:
        first = say(tx, room, ann, "The Crane is booked")
        second = say(tx, room, ann, "cranes: 東京タワー")
        for q in ("crane", "RAN", "cr", "c"):
            assert found(tx, ann, q=q) == [second, first], q
        assert found(tx, ann, q='"crane"') == found(tx, ann, q="crane booked") == [first]
        for q in ("東", "京タ", "東京 cranes"):
            assert found(tx, ann, q=q) == [second], q
        for q in ("cranberry", "booked京", "an", "cr_ne", '"the booked"', "100%"):
            assert found(tx, ann, q=q) == [], q

    await db.write(work)


async def test_pages_of_finds_follow_each_other(db: Database, seeded: Seeded) -> None:
    room, ann = seeded.room, seeded.ann.person

    def work(tx: Tx) -> None:
        said = [say(tx, room, ann.id, f"crane {n}") for n in range(7)]
        first = search.find(tx, ann.id, parse({"q": "crane"}), None, 3)
        place = search.place(tx, ann.id, "harbour", first[-1].number)
        assert place == first[-1].id > 0
        assert found(tx, ann.id, 3, place, q="crane") == said[::-1][3:6]
        messages.delete(tx, room, said[4], rooms.next_number(tx, room), "author")
        again = search.place(tx, ann.id, "harbour", said[4])
        assert again
        assert found(tx, ann.id, 9, again, q="crane") == said[3::-1], "the place is gone; nothing is left out"
        stranger = add_person(tx, "Cat")
        assert search.place(tx, stranger.id, "harbour", said[0]) is None

    await db.write(work)


async def test_filters_narrow_what_is_found(db: Database, seeded: Seeded) -> None:
    room, ann, bo = seeded.room, seeded.ann.person, seeded.bo.person

    def work(tx: Tx) -> None:
        two = rooms.add(
            tx, "x7", "Two", "", Settings(access="direct"), NOW_MS, pair=direct.pair(ann.id, bo.id)
        )
        for person in (ann, bo):
            add_member(tx, two, person)
        mine, his, between = (
            say(tx, room, ann.id, "tea"),
            say(tx, room, bo.id, "tea"),
            say(tx, two, bo.id, "tea"),
        )
        tx.execute(
            text("UPDATE messages SET files = 2 WHERE number = :n AND room_id = :r"), {"n": his, "r": room}
        )
        tx.execute(
            text(
                "INSERT INTO files (id, room_id, number, place, name, type, size, at_ms) "
                "VALUES ('f', :r, :n, 0, 'Lunch-list.ods', 'x', 1, 0)"
            ),
            {"r": room, "n": his},
        )
        searchable.index(tx, room, his)
        assert found(tx, ann.id, q="tea", in_="harbour") == found(tx, ann.id, in_="Harbour") == [his, mine]
        assert found(tx, ann.id, q="tea from:BO in:harbour") == found(tx, ann.id, q="lunch") == [his]
        assert found(tx, ann.id, in_="bo") == found(tx, ann.id, in_="x7") == [between], (
            "a direct room has his name"
        )
        assert found(tx, ann.id, has="file") == [his]
        day = {"after": "2026-09-21", "before": "2026-09-22"}  # of NOW_MS
        assert len(found(tx, ann.id, q="tea", **day)) == 3
        assert found(tx, ann.id, q="tea", before_="2026-09-21") == found(tx, ann.id, after="2026-09-22") == []
        for fields in ({"in_": "cellar"}, {"from_": "nobody"}, {"in_": "a\x00b"}, {"from_": "\x00"}):
            assert found(tx, ann.id, q="tea", **fields) == [], fields
        people.free_name(tx, bo.id)
        assert found(tx, ann.id, q="lunch", from_="bo") == [his], "a guest who has gone"

    await db.write(work)


async def test_nothing_is_found_that_the_seeker_may_not_see(db: Database, seeded: Seeded) -> None:
    room, ann, bo = seeded.room, seeded.ann.person, seeded.bo.person

    def work(tx: Tx) -> None:
        other = rooms.add(tx, "cellar", "Cellar", "", Settings(access="private"), NOW_MS)
        add_member(tx, other, ann)
        secret = say(tx, other, ann.id, "canary")
        early, late = say(tx, room, ann.id, "canary"), say(tx, room, ann.id, "canary")
        assert sorted(found(tx, ann.id, q="canary")) == sorted([secret, early, late])
        assert found(tx, bo.id, q="canary") == [late, early]
        assert found(tx, bo.id, q="canary", in_="cellar") == found(tx, bo.id, in_="cellar") == []
        members.sees_from(tx, room, bo.id, early)
        assert found(tx, bo.id, q="canary") == [late]
        members.sees_from(tx, room, bo.id, NOTHING_YET)
        assert found(tx, bo.id, q="canary") == found(tx, bo.id, from_="ann") == []
        memberships.leave(tx, other, ann.id)
        assert found(tx, ann.id, q="canary") == [late, early]
        assert found(tx, ann.id, in_="cellar") == []

    await db.write(work)


async def test_who_is_in_more_rooms_than_have_marks_finds_what_is_in_them(
    db: Database, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MARKS_MAX", 0)
    said = await db.write(job(say, seeded.room, seeded.ann.person.id, "crane"))
    assert await db.read(lambda tx: found(tx, seeded.bo.person.id, q="crane")) == [said]
    assert await db.read(lambda tx: found(tx, seeded.bo.person.id, after="2026-01-01")) == [said]


async def test_gone_words_are_found_no_more(db: Database, seeded: Seeded) -> None:
    room, ann = seeded.room, seeded.ann.person.id

    def work(tx: Tx) -> None:
        edited, deleted, cleared, kept = (say(tx, room, ann, f"zebra {n}") for n in "abcd")
        messages.edit(tx, room, edited, rooms.next_number(tx, room), "horse", NOW_MS)
        assert found(tx, ann, q="horse") == [edited]
        messages.delete(tx, room, deleted, rooms.next_number(tx, room), "author")
        assert found(tx, ann, q="zebra") == [kept, cleared]
        drop(tx, room, kept)
        assert found(tx, ann, q="zebra") == [kept]
        assert found(tx, ann, q="horse") == []
        rooms.delete_(tx, room)
        left = "SELECT (SELECT count(*) FROM searchable) + (SELECT count(*) FROM grams WHERE {})"
        all_ = "grams MATCH 'zeb'" if tx.dialect.name == "sqlite" else "true"
        assert tx.execute(text(left.format(all_))).scalar_one() == 0

    await db.write(work)


async def test_gone_words_leave_the_file_of_sqlite(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    place = await seed(db)
    room, ann = place.room, place.ann.person.id
    numbers = [
        await db.write(job(say, room, ann, body))
        for body in ("qzxj wvkqq", "jqxzk", "qqzzj kkxx", "stays here")
    ]
    kept = len(await _grams(db))
    assert {b"qzx", b"jqx", b"qqz"} <= await _grams(db)

    def change(tx: Tx) -> None:
        messages.edit(tx, room, numbers[0], rooms.next_number(tx, room), "stays too", NOW_MS)
        messages.delete(tx, room, numbers[1], rooms.next_number(tx, room), "author")
        drop(tx, room, numbers[3])

    await db.write(change)
    while await db.write(searchable.clear_up):
        pass
    assert 0 < len(await _grams(db)) < kept
    assert not {b"qzx", b"jqx", b"qqz"} & await _grams(db)
    await db.close()  # the last connection to close empties the log into the file
    stored = _file(sqlite_url)
    assert b"stays" in stored
    for word in (b"qzxj", b"wvkqq", b"jqxzk", b"qqzzj", b"qzx", b"jqx", b"qqz"):
        assert word not in stored, word


def _file(url: str) -> bytes:
    return Path(url.removeprefix("sqlite:///")).read_bytes()


async def _grams(db: Database) -> set[bytes]:
    """The words that the index's pages hold, from which SQLite has not taken what is gone."""

    def read(tx: Tx) -> set[bytes]:
        tx.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.held USING fts5vocab(main, grams, row)"))
        return {term.encode() for term in tx.execute(text("SELECT term FROM held")).scalars()}

    return await db.write(read)


async def test_a_message_whose_files_have_expired_has_none(db: Database, seeded: Seeded) -> None:
    room, ann = seeded.room, seeded.ann.person.id

    def work(tx: Tx) -> None:
        number = say(tx, room, ann, "crane")
        files.add(tx, room, number, [File("a" * 32, "plan.pdf", DOWNLOAD, 1)], NOW_MS)
        most = ((), (1, 2**40))  # PostgreSQL has two ways: where there are enough, and where there are fewer
        for ends in most:
            assert found(tx, ann, *ends, has="file") == [number]
        files.expire(tx, room, number, rooms.next_number(tx, room))
        for ends in most:
            assert found(tx, ann, *ends, has="file") == [], ends

    await db.write(work)
