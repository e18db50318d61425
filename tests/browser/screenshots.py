"""Pictures of every page, for looking at: `make screenshots` writes them into build/screenshots/.

A small world is made over HTTP; each page of it is drawn on a desktop and on a phone, by day and by night.
With words after the command only the pages whose names have one of them are drawn.
"""

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.club import LONG, SLIPWAY, World, world
from tests.browser.conftest import ARGS
from tests.browser.people import given, until_live
from tests.conftest import CHROMIUM
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


async def main(wanted: list[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    parley = Parley(Path(tempfile.mkdtemp(prefix="parley-screenshots-")) / "parley")
    try:
        parley.start()
        async with world(parley.url) as made, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=ARGS)
            for theme in THEMES:
                for size in SIZES:
                    await draw_all(browser, parley.url, made, (theme, size), wanted)
            await browser.close()
    finally:
        parley.kill()


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
        "search": "/search",
        "search-found": "/search?q=brushes",
        "search-filtered": f"/search?q=the&in={made.rooms['Harbour']}&has=file",
        "search-none": "/search?q=cranberry",
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


async def answer_with_files(page: Page, number: int) -> None:
    """A reply that has files with it, not yet sent."""
    await page.locator(f"#m-{number}").focus()
    await page.locator(f"#m-{number} .answer").dispatch_event("click")
    await page.set_input_files("#files", [SLIPWAY, ROOT / "README.md"])
    await page.fill("#text", "Here is what I have.")


async def move(page: Page, number: int) -> None:
    """A message that is being moved."""
    await page.locator(f"#m-{number}").focus()
    await page.locator(f"#m-{number} .arr").dispatch_event("click")
    await page.keyboard.press("ArrowUp")


async def open_board(page: Page, number: int) -> None:
    await page.locator(f"#m-{number}").focus()
    await page.locator(f"#m-{number} .msg-tools [aria-label=React]").click()


STATES = {"room-reply": answer_with_files, "room-moving": move, "room-emoji": open_board}
"""What is done in a room first, by what the picture is called."""


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
    await draw_done(page, url, made, look, wanted)
    for name, answer in (await refusals(url, made)).items():
        if chosen(name, wanted):
            await page.route("**/refused", given(answer.text))
            await page.goto(f"{url}/refused", wait_until="domcontentloaded")
            await shoot(page, name, look)
            await page.unroute("**/refused")
    await context.close()


async def draw_done(page: Page, url: str, made: World, look: tuple[str, str], wanted: list[str]) -> None:
    """Pages on which something is done first."""
    for name, (path, what) in pressed(made).items():
        if chosen(name, wanted):
            await page.goto(url + path, wait_until="domcontentloaded")
            await until_live(page)
            if await page.is_visible(what):
                await page.click(what)
                await shoot(page, name, look)
    for name in STATES:
        if chosen(name, wanted):
            await page.goto(f"{url}/rooms/{made.rooms['Harbour']}", wait_until="domcontentloaded")
            await until_live(page)
            await STATES[name](page, made.numbers[3])
            await page.screenshot(path=OUT / f"{name}-{look[1]}-{look[0]}.png")


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
