"""The list of rooms: in pages, and by a part of a name."""

from chat.core.person import name_key
from chat.core.room import Settings
from chat.store import rooms
from chat.store.database import Database, Tx
from tests.databases import NOW_MS, Seeded, job

NAMES = ("Straße 100%", "straße 100 m", "Under_pass", "Back\\slash", "ΟΔΟΣ", "Zebra")


def add(tx: Tx, *names: str, access: str = "open", default: bool = False) -> None:
    for at, name in enumerate(names):
        slug = f"{access}-{at}-{len(names)}-{default}".lower()
        settings = Settings(access=access)  # type: ignore[arg-type]
        rooms.add(tx, slug, name, "", settings, NOW_MS, is_default=default)


async def test_each_listed_room_is_on_one_page_and_the_default_ones_are_on_the_first(
    db: Database, seeded: Seeded
) -> None:
    def walk(tx: Tx) -> list[list[str]]:
        add(tx, *NAMES)
        add(tx, "Lobby", "Testing", default=True)
        add(tx, "Secret", access="private")
        pages, after = [], None
        while found := rooms.listed(tx, after=after, most=3):
            pages.append([room.name for room in found])
            after = found[-1].id
        return pages

    pages = await db.write(walk)
    assert pages[0] == ["Lobby", "Testing", seeded.ann.room.name]
    assert [name for page in pages for name in page] == ["Lobby", "Testing", seeded.ann.room.name, *NAMES]


async def test_a_part_of_a_name_is_found_as_it_is_whatever_its_letters_case(
    db: Database, seeded: Seeded
) -> None:
    await db.write(lambda tx: add(tx, *NAMES))
    for part, expected in {
        "STRASSE 100": ["Straße 100%", "straße 100 m"],
        "100%": ["Straße 100%"],
        "r_p": ["Under_pass"],
        "_": ["Under_pass"],
        "\\": ["Back\\slash"],
        "οδος": ["ΟΔΟΣ"],
        "cranberry": [],
    }.items():
        found = await db.read(job(rooms.listed, name_key(part)))
        assert [room.name for room in found] == expected, part
