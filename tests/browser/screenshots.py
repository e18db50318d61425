"""Pictures of every page, for looking at: `make screenshots` writes them into build/screenshots/.

A small world is made over HTTP; each page of it is drawn on a desktop and on a phone, by day and by night.
With words after the command only the pages whose names have one of them are drawn.
"""

import asyncio
import io
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import ARGS
from tests.browser.people import Person, given, person, until_live
from tests.servers import ROOT, Parley

OUT = ROOT / "build" / "screenshots"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
TO_THE_END = """() => {
  const scroll = document.querySelector('.scroll');
  scroll?.scrollTo(0, 1e6);
  return scroll?.scrollTop > 0;
}"""  # whether there was more than fits
PREVIEW = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}  # not somebody going there

PEOPLE = ("Ada Brandt", "Ann Okafor", "Bo Lindqvist", "Elias Vogt", "فرح ناصر", "林美咲")
LONG = "A room with a name as long as names ever may be,"[:48]
ROOMS = {
    "Harbour": ("Open day on Saturday, high water 10:40", "open"),
    "Notices": ("Only hosts write here", "announcements"),
    "Galley": ("Who cooks, who washes up", "workshop"),
    "Night watch": ("What is said here stays nowhere", "off-the-record"),
    "Library": ("Charts, manuals and the good novels", "last-hundred"),
    "Keyholders": ("Gate, crane and shed keys", "private"),
    "Budget chat": ("Until the numbers fit", "drop-in"),
    LONG: ("And " + "a topic that goes on and on " * 6, "open"),
}
TALK = (
    (1, "Morning. The **slipway** is dry until ten, then it is not."),
    (2, "I have the paint.\nTwo tins of the grey, one of the red that nobody ordered."),
    (2, "Who is bringing the long brushes?"),
    (0, "Me. See `slip.txt`:\n\n```python\ndef tide(hour: int) -> float:\n    return 2.1 + hour / 12\n```"),
    (3, "> Who is bringing the long brushes?\n\nI could bring two more."),
    (4, "سأكون هناك عند الساعة العاشرة"),
    (5, "十時に行きます"),
    (1, "A list, then:\n\n- brushes\n- rope, *all* of it\n- https://example.org/tides"),
)


@dataclass(slots=True)
class World:
    """Who and what there is: people in the order of PEOPLE, and the addresses of rooms by name."""

    people: list[Person]
    rooms: dict[str, str]
    numbers: list[int]

    @property
    def ada(self) -> Person:
        return self.people[0]


async def main(wanted: list[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    parley = Parley(Path(tempfile.mkdtemp(prefix="parley-screenshots-")) / "parley")
    try:
        parley.start()
        async with world(parley.url) as made, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
            for theme in THEMES:
                for size in SIZES:
                    await draw_all(browser, parley.url, made, (theme, size), wanted)
            await browser.close()
    finally:
        parley.kill()


@asynccontextmanager
async def world(url: str) -> AsyncIterator[World]:
    """A yacht club on an ordinary morning."""
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(url, name)) for name in PEOPLE]
        ada = people[0]
        rooms = {}
        for name, (topic, preset) in ROOMS.items():
            answer = await ada.client.post("/rooms", data={"name": name, "topic": topic, "preset": preset})
            assert answer.status_code == 303, answer.text
            rooms[name] = answer.headers["location"].removeprefix("/rooms/")
        for one in people[1:]:
            for name in ("Lobby", "Notices", "Harbour"):
                await one.come_in(rooms.get(name, name.lower()))
            await stack.enter_async_context(one.client.stream("GET", f"/rooms/{rooms['Harbour']}/events"))
        for name in ("Night watch", "Budget chat"):  # they live while somebody is there
            await stack.enter_async_context(ada.client.stream("GET", f"/rooms/{rooms[name]}/events"))
        await people[2].come_in(rooms["Galley"])
        numbers = [await people[who].say(rooms["Harbour"], words) for who, words in TALK]
        await people[2].client.post(f"/rooms/{rooms['Harbour']}/messages/{numbers[2]}/delete")
        await show_picture(people[3], rooms["Harbour"])
        await ada.say(rooms["Notices"], "The crane is closed on Thursday.")
        answer = await people[2].client.post("/direct", data={"name": "Ada Brandt"})
        rooms["Bo"] = answer.headers["location"].removeprefix("/rooms/")
        await people[2].say(rooms["Bo"], "A word between us?")
        await ada.client.post(f"/rooms/{rooms['Keyholders']}/invites", data={"uses": "3"})
        yield World(people, rooms, numbers)


async def show_picture(one: Person, room: str) -> None:
    """A message with a picture and a file."""
    held = io.BytesIO()
    Image.linear_gradient("L").resize((960, 600)).save(held, "PNG")
    files = [("files", ("slipway.png", held.getvalue())), ("files", ("rota.txt", b"Ann, Bo"))]
    answer = await one.client.post(
        f"/rooms/{room}/messages", data={"body": "The slip this morning."}, files=files
    )
    assert answer.status_code == 303, answer.text


def pages(made: World) -> dict[str, str]:
    """Every page that has an address, by what its picture is called."""
    room = {name: f"/rooms/{slug}" for name, slug in made.rooms.items()}
    return {
        "room": room["Harbour"],
        "room-code": room["Budget chat"],
        "room-empty": room["Library"],
        "room-direct": room["Bo"],
        "room-private": room["Keyholders"],
        "room-past": f"{room['Harbour']}?before=9000000000.9000",
        "room-long": room[LONG],
        "message": f"{room['Harbour']}/messages/{made.numbers[3]}",
        "person": f"{room['Harbour']}/people/2",
        "clear": f"{room['Harbour']}/clear",
        "delete": f"{room['Harbour']}/delete",
        "room-settings": f"{room['Budget chat']}/settings",
        "room-settings-open": f"{room['Harbour']}/settings",
        "room-settings-private": f"{room['Keyholders']}/settings",
        "rooms": "/rooms",
        "rooms-none": "/rooms?q=cranberry",
        "settings": "/settings",
        "problem-404": "/rooms/none",
    }


async def refusals(url: str, made: World) -> dict[str, httpx.Response]:
    """Answers to forms and links that went wrong, by what their pictures are called."""
    ada, bo = made.ada.client, made.people[2].client
    harbour = f"/rooms/{made.rooms['Harbour']}"
    bad = {"name": "Lobby", "topic": "Kept", "preset": "workshop", "keep": "many", "who_posts": "owner"}
    async with httpx.AsyncClient(base_url=url) as stranger:
        return {
            "enter-errors": await stranger.post("/enter", data={"name": "Ada Brandt", "code": "KLEP-42"}),
            "rooms-errors": await ada.post("/rooms", data=bad),
            "rooms-code": await ada.post("/join", data={"code": "KLEP-42"}),
            "room-settings-errors": await ada.post(f"{harbour}/settings", data={"name": "", "topic": "x"}),
            "clear-errors": await ada.post(f"{harbour}/clear", data={"name": "Harbor"}),
            "join": await bo.get(f"/rooms/{made.rooms['Library']}", headers=PREVIEW),
            "problem-403": await bo.get(f"{harbour}/settings"),
        }


def pressed(made: World) -> dict[str, tuple[str, str]]:
    """Where something is pressed first: the page and what, by what the picture is called."""
    room = {name: f"/rooms/{slug}" for name, slug in made.rooms.items()}
    return {
        "dialog-clear": (f"{room['Harbour']}/settings", "[data-dialog=clear-dialog]"),
        "dialog-switcher": (room["Harbour"], "[data-dialog=switcher]"),
        "menu-room": (room["Budget chat"], ".bar summary"),
        "drawer-rooms": (room["Harbour"], ".back"),
        "drawer-people": (room["Harbour"], ".people-narrow"),
    }


async def draw_all(
    browser: Browser, url: str, made: World, look: tuple[str, str], wanted: list[str]
) -> None:  # fmt: skip
    theme, size = look
    width, height = SIZES[size]
    view = {"width": width, "height": height}
    context = await browser.new_context(color_scheme=theme, viewport=view)  # type: ignore[arg-type]
    page = await context.new_page()
    if chosen("enter", wanted):
        await page.goto(f"{url}/enter")
        await shoot(page, "enter", look)
    await made.ada.sign_in(context, url)
    for name, path in pages(made).items():
        if chosen(name, wanted):
            await page.goto(url + path, wait_until="domcontentloaded")
            if re.fullmatch("/rooms(/[a-z0-9-]+)?", path) and name != "problem-404":
                await until_live(page)
            await shoot(page, name, look)
    for name, (path, what) in pressed(made).items():
        if chosen(name, wanted):
            await page.goto(url + path, wait_until="domcontentloaded")
            await until_live(page)
            if await page.is_visible(what):
                await page.click(what)
                await shoot(page, name, look)
    for name, answer in (await refusals(url, made)).items():
        if chosen(name, wanted):
            await page.route("**/refused", given(answer.text))
            await page.goto(f"{url}/refused", wait_until="domcontentloaded")
            await shoot(page, name, look)
            await page.unroute("**/refused")
    await context.close()


def chosen(name: str, wanted: list[str]) -> bool:
    return not wanted or any(word in name for word in wanted)


async def shoot(page: Page, name: str, look: tuple[str, str]) -> None:
    """What a visitor sees first, and what they see at the end of a page that is longer than the window."""
    theme, size = look
    await page.screenshot(path=OUT / f"{name}-{size}-{theme}.png")
    if await page.evaluate(TO_THE_END):
        await page.screenshot(path=OUT / f"{name}-end-{size}-{theme}.png")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
