"""The pictures of the README: `make pictures` draws them into docs/pictures/."""

import asyncio
import io
import shutil
import sqlite3
import tempfile
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.club import SLIPWAY
from tests.browser.conftest import ARGS
from tests.browser.people import Person, person, until_live
from tests.conftest import CHROMIUM
from tests.servers import ROOT, Parley

OUT = ROOT / "docs" / "pictures"
MINUTE_MS = 60_000
LOOKS: dict[str, dict[str, Any]] = {
    "room": {"viewport": {"width": 1280, "height": 830}},
    "phone": {"viewport": {"width": 390, "height": 760}, "device_scale_factor": 2, "is_mobile": True},
}

ADA, ANN, BO, DILNOZA, ELIAS = range(5)
PEOPLE = ("Ada Brandt", "Ann Okafor", "Bo Lindqvist", "Dilnoza Karimova", "Elias Vogt")
ROOMS = {
    "Harbour": ("Open day on Saturday, high water 10:40", "workshop"),
    "Galley": ("Who cooks, who washes up", "open"),
    "Library": ("Charts, manuals and the good novels", "open"),
    "Keyholders": ("Gate, crane and shed keys", "private"),
    "Budget chat": ("Until the numbers fit", "drop-in"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the talk: by whom, how long ago, what it answers (by its place), who reacted with what."""

    who: int
    minutes_ago: int
    words: str
    answers: int | None = None
    picture: bool = False
    reactions: tuple[tuple[int, str], ...] = ()


TALK = (
    Said(ANN, 92, "Forecast has turned, and for once in our favour: light westerly, dry until evening."),
    Said(BO, 71, "Crane is booked for **8:00** on Saturday. Two lifts, so the Wren first and then Marigold."),
    Said(ELIAS, 43, "The keel bolts of the Wren are only looked at on Friday night. Swap them?", answers=1),
    Said(ADA, 41, "@Bo Lindqvist fine by you? Marigold is on the trailer already, so she could go first.",
         reactions=((ELIAS, "👍"), (BO, "👍"))),
    Said(BO, 33, "Swapped. @Ada Brandt can you tell the crane people? You have the number."),
    Said(DILNOZA, 20, "The slipway this morning:", picture=True,
         reactions=((ADA, "⛵"), (ANN, "⛵"), (BO, "⛵"), (ELIAS, "🌊"))),
    Said(ANN, 12, "I'll move the tea tent then, or it ends up under the boom."),
)  # fmt: skip


async def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    parley = Parley(Path(tempfile.mkdtemp(prefix="parley-pictures-")) / "parley")
    try:
        parley.start()
        async with AsyncExitStack() as stack, async_playwright() as playwright:
            people = [await stack.enter_async_context(person(parley.url, name)) for name in PEOPLE]
            room = await talk(people, parley)
            for one in people[1:]:
                await stack.enter_async_context(one.client.stream("GET", f"/rooms/{room}/events"))
            browser = await playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=ARGS)
            for name in LOOKS:
                for theme in ("light", "dark"):
                    await draw(browser, people[ADA], (parley.url, room), (name, theme))
            await browser.close()
    finally:
        parley.kill()


async def talk(people: list[Person], parley: Parley) -> str:
    """A yacht club before its open day; the slug of the room that is drawn."""
    rooms = {}
    for name, (topic, preset) in ROOMS.items():
        made = await people[ADA].client.post("/rooms", data={"name": name, "topic": topic, "preset": preset})
        rooms[name] = made.headers["location"].removeprefix("/rooms/")
    for one in people[1:]:
        await one.come_in(rooms["Harbour"])
    numbers: list[int] = []
    for said in TALK:
        numbers.append(await say(people[said.who], rooms["Harbour"], said, numbers))
        for who, emoji in said.reactions:
            path = f"/rooms/{rooms['Harbour']}/messages/{numbers[-1]}/react"
            await people[who].client.post(path, data={"emoji": emoji})
    await chatter(people, rooms)
    set_clock(parley.folder, numbers)
    return rooms["Harbour"]


async def say(one: Person, room: str, said: Said, numbers: list[int]) -> int:
    form = {"body": said.words}
    if said.answers is not None:
        form["reply_to"] = str(numbers[said.answers])
    files = [("files", ("slipway.jpg", SLIPWAY.read_bytes()))]
    answer = await one.client.post(
        f"/rooms/{room}/messages", data=form, files=files if said.picture else None,
        headers={"Accept": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


async def chatter(people: list[Person], rooms: dict[str, str]) -> None:
    """News in other rooms."""
    await people[BO].come_in(rooms["Galley"])
    for words in ("Soup for twenty", "Bread is in the oven", "Who has the big ladle?"):
        await people[BO].say(rooms["Galley"], words)
    await people[ELIAS].come_in(rooms["Library"])
    await people[ELIAS].say(rooms["Library"], "@Ada Brandt the chart of the estuary is back")
    for one in (people[ANN], people[BO]):
        answer = await one.client.post("/direct", data={"name": PEOPLE[ADA]})
        await one.say(answer.headers["location"].removeprefix("/rooms/"), "A word about Saturday?")


def set_clock(folder: Path, numbers: list[int]) -> None:
    """Have the talk take its time: all of it was said in a second."""
    (file,) = (folder / "data").glob("*.db")
    with closing(sqlite3.connect(file)) as database, database:
        for number, said in zip(numbers, TALK, strict=True):
            earlier = (said.minutes_ago * MINUTE_MS, number, said.words)
            database.execute("UPDATE messages SET at_ms = at_ms - ? WHERE number = ? AND body = ?", earlier)


async def draw(browser: Browser, ada: Person, place: tuple[str, str], look: tuple[str, str]) -> None:
    (url, room), (name, theme) = place, look
    page = await ada.open(browser, url, room, color_scheme=theme, **LOOKS[name])
    await until_live(page)
    await page.evaluate("Promise.all([...document.images].map(one => one.decode()))")
    await keep(page, OUT / f"{name}-{theme}.webp")
    await page.context.close()


async def keep(page: Page, path: Path) -> None:
    Image.open(io.BytesIO(await page.screenshot())).save(path, quality=88, method=6)


if __name__ == "__main__":
    asyncio.run(main())
