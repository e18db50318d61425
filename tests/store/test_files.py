"""Which files hang on which messages, and what is noted of those that do not any more."""

from sqlalchemy import select

from chat.core.file import DOWNLOAD, File
from chat.core.ids import Number, RoomId
from chat.store import changing, files, messages, rooms
from chat.store.database import Database, Tx
from chat.store.schema import gone_files
from tests.databases import NOW_MS, Seeded, everything, say, seed


def named(name: str) -> File:
    return File(f"id-of-{name}", name, DOWNLOAD, 7)


def hang(tx: Tx, place: Seeded, *names: str) -> Number:
    """A message with files of these names, an hour apart from the one before."""
    number = say(tx, place.room, place.ann.person.id, "look")
    files.add(tx, place.room, number, [named(name) for name in names], NOW_MS + number * 3_600_000)
    return number


async def test_files_are_read_with_their_message_in_the_order_they_were_chosen(db: Database) -> None:
    place = await seed(db)
    picture = File("p", "b.png", "image/png", 5, 40, 30)

    def work(tx: Tx) -> Number:
        number = hang(tx, place)
        files.add(tx, place.room, number, [named("c"), picture, named("a")], NOW_MS)
        hang(tx, place, "of another")
        return number

    number = await db.write(work)
    stored = await db.read(lambda tx: messages.one(tx, place.room, Number(0), number))
    assert stored
    assert stored.files == (named("c"), picture, named("a"))
    assert await db.read(lambda tx: files.one(tx, "p")) == (picture, place.ann.room.slug, number)
    assert await db.read(lambda tx: files.one(tx, "q")) is None


async def left(db: Database, room: RoomId) -> list[str]:
    found = await db.read(lambda tx: everything(tx, room, 0))
    return [file.name for thing in found for file in getattr(thing, "files", ())]


async def gone(db: Database) -> set[str]:
    noted = await db.read(files.gone)
    assert noted == await db.read(lambda tx: list(tx.execute(select(gone_files.c.id)).scalars()))
    return {file.removeprefix("id-of-") for file in noted}


async def test_whatever_takes_a_message_away_notes_its_files(db: Database) -> None:
    place = await seed(db)
    numbers = [await db.write(lambda tx, n=n: hang(tx, place, f"{n}a", f"{n}b")) for n in "1234"]  # type: ignore[misc]
    assert await gone(db) == set()

    def delete(tx: Tx) -> None:
        messages.delete(tx, place.room, numbers[2], rooms.next_number(tx, place.room), "author")

    def clear(tx: Tx) -> None:
        changing.raise_floor(tx, place.room, numbers[1], rooms.next_number(tx, place.room))
        messages.drop_below(tx, place.room, numbers[1])

    await db.write(delete)
    assert await gone(db) == {"3a", "3b"}
    await db.write(clear)
    assert await gone(db) == {"1a", "1b", "3a", "3b"}
    assert await left(db, place.room) == ["2a", "2b", "4a", "4b"]
    stone = await db.read(lambda tx: messages.one(tx, place.room, Number(0), numbers[2]))
    assert stone
    assert (stone.files, stone.expired) == ((), 0)
    await db.write(lambda tx: files.forget(tx, ["id-of-1a", "id-of-3a"]))
    await db.write(lambda tx: rooms.delete_(tx, place.room))
    assert await gone(db) == {"1b", "2a", "2b", "3b", "4a", "4b"}


async def test_what_is_undone_is_not_noted(db: Database) -> None:
    place = await seed(db)
    number = await db.write(lambda tx: hang(tx, place, "stays"))

    def work(tx: Tx) -> None:
        files.drop(tx, place.room, number)
        raise RuntimeError

    try:
        await db.write(work)
    except RuntimeError:
        assert await gone(db) == set()
    assert await left(db, place.room) == ["stays"]


async def test_files_end_by_their_age_and_their_message_says_so(db: Database) -> None:
    place = await seed(db)
    old = await db.write(lambda tx: hang(tx, place, "a", "b"))
    young = await db.write(lambda tx: hang(tx, place, "c"))
    before = NOW_MS + young * 3_600_000
    assert await db.read(lambda tx: files.expired(tx, before)) == {(place.room, old)}
    assert await db.read(lambda tx: files.expired(tx, before, RoomId(99))) == set()
    change = Number(young + 1)
    await db.write(lambda tx: files.expire(tx, place.room, old, change))
    stored = await db.read(lambda tx: messages.one(tx, place.room, Number(0), old))
    assert stored
    assert (stored.files, stored.expired, stored.change) == ((), 2, change)
    assert await db.read(lambda tx: files.known(tx, ["id-of-a", "id-of-c", "x"])) == {"id-of-c"}
    assert await gone(db) == {"a", "b"}
