"""axe-core finds nothing to say about our pages, in every theme and size."""

import re
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import Person, given, person, until_live, write
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
  .then(result => result.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`))"""
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

WIDER = """() => [document.documentElement, ...document.querySelectorAll('body, main, .scroll, .panel, .bar')]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 90))"""
PREVIEW = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}  # not somebody going there


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone")])
async def test_axe_finds_nothing(server: Parley, browser: Browser, theme: str, size: str) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room, other = await ann.make_room(), await bo.make_room()
        number = await ann.say(room, "Good **morning**, see `slip.txt`\n\n```python\nreturn 2.1\n```")
        await bo.come_in(room)
        gone = await bo.say(room, "And to you")
        await bo.client.post(f"/rooms/{room}/messages/{gone}/delete")
        made = await ann.client.post(f"/rooms/{room}/invites", data={"uses": "3"})
        direct = await ann.client.post("/direct", data={"name": bo.name})
        assert (made.status_code, direct.status_code) == (303, 303)
        width, height = SIZES[size]
        look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
        page = await ann.open(browser, server.url, room, **look)
        await until_live(page)
        await axe(page)
        bad = {"name": "", "code": "KLEP-42"}
        answers = {
            "/join-page": await ann.client.get(f"/rooms/{other}", headers=PREVIEW),
            "/enter-again": await ann.client.post("/enter", data=bad),
            "/rooms-again": await ann.client.post("/rooms", data={"name": ""}),
            "/edit-again": await ann.client.post(f"/rooms/{room}/messages/{number}/edit", data={"body": ""}),
            "/member-again": await ann.client.post(f"/rooms/{room}/members", data={"name": "Nobody"}),
            "/invite-again": await ann.client.post(f"/rooms/{room}/invites", data={"uses": "0"}),
            "/direct-again": await ann.client.post("/direct", data={"name": "Nobody"}),
            "/problem": await ann.client.post(f"/rooms/{other}/leave"),
        }
        for path, answer in answers.items():
            await page.route(f"**{path}", given(answer.text))
        seen = (f"/rooms/{room}?before=9000000.9", "/rooms", "/settings", f"/rooms/{room}/messages/{number}")
        hosting = (f"/rooms/{room}/settings", direct.headers["location"])
        for path in (*seen, *hosting, "/rooms/none", "/enter", *answers):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            await axe(page)
        await page.context.close()


@pytest.mark.parametrize(("theme", "size"), [("light", "phone"), ("dark", "desktop")])
async def test_axe_finds_nothing_in_what_keys_open(
    server: Parley, browser: Browser, theme: str, size: str
) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        await ann.say(room, "Good morning")
        number = await ann.say(room, "And to you")
        width, height = SIZES[size]
        look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
        page = await ann.open(browser, server.url, room, **look)
        await until_live(page)
        await page.press("#text", "ArrowUp")
        await page.wait_for_selector("#edit")
        await axe(page)
        await page.keyboard.press("Escape")
        for key, dialog in (("?", "#keys"), ("Control+k", "#switcher")):
            await page.keyboard.press(key)
            await page.wait_for_selector(f"{dialog}[open]")
            await axe(page)
            await page.keyboard.press("Escape")
        await page.locator(f"#m-{number}").focus()
        await page.keyboard.press("Tab")
        assert await page.locator(".msg-tools a:focus").count() == 1
        await axe(page)
        await page.keyboard.press("Escape")
        await page.keyboard.press("m")
        await page.wait_for_selector("#arrange:not([hidden])")
        await axe(page)
        await page.goto(f"{server.url}/rooms/{room}/messages/{number}", wait_until="domcontentloaded")
        await axe(page)
        await page.context.close()


async def test_axe_finds_nothing_in_a_room_in_trouble(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        page = await ann.open(browser, proxy.origin, await ann.make_room())
        await until_live(page)
        proxy.faults = Faults(everything="reset")
        proxy.cut()
        await write(page, "x" * 4001)
        await page.wait_for_selector("#strip:not([hidden])")
        await axe(page)
        await page.context.close()


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone")])
async def test_axe_finds_nothing_about_rooms_and_their_settings(
    server: Parley, browser: Browser, theme: str, size: str
) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        page = await _page(browser, server, ann, theme=theme, size=SIZES[size])
        for path in await _rooms_pages(page, ann, bo):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            await axe(page)
        await page.context.close()


async def test_axe_finds_nothing_about_the_dialogs_of_a_room(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await _page(browser, server, ann, theme="light", size=SIZES["desktop"])
        await page.goto(f"{server.url}/rooms/{room}/settings", wait_until="domcontentloaded")
        for name in ("clear", "delete"):
            await page.click(f"[data-dialog={name}-dialog]")
            await page.wait_for_selector(f"#{name}-dialog[open]")
            assert await page.evaluate("document.activeElement.hasAttribute('data-close')")
            await axe(page)
            await page.click(f"#{name}-dialog [data-close]")
            await page.wait_for_selector(f"#{name}-dialog", state="hidden")
        assert page.url.endswith("/settings")
        await page.context.close()


async def test_nothing_has_to_be_scrolled_sideways_at_320_pixels(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        page = await _page(browser, server, ann, theme="light", size=(320, 640))
        for path in await _rooms_pages(page, ann, bo):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            assert await page.evaluate(WIDER) == [], path
        await page.context.close()


async def _page(browser: Browser, server: Parley, who: Person, *, theme: str, size: tuple[int, int]) -> Page:
    view = {"width": size[0], "height": size[1]}
    context = await browser.new_context(color_scheme=theme, viewport=view)  # type: ignore[arg-type]
    await who.sign_in(context, server.url)
    return await context.new_page()


async def _rooms_pages(page: Page, ann: Person, bo: Person) -> list[str]:
    """Every page about rooms: addresses, and answers to forms that were refused, which the page is given."""
    topic = "Averyveryverylongwordthatdoesnotendwhereonewouldexpectittoendbutgoeson " * 2
    fields = {"name": f"Small {'W' * 30} {ann.name}"[:48], "topic": topic, "capacity": "1"}
    by_code = await ann.client.post("/rooms", data=fields | {"preset": "drop-in"})
    open_ = (await ann.client.post("/rooms", data=fields)).headers["location"]
    code = by_code.headers["location"]
    await ann.client.post(f"{code}/invites", data={"expires_hours": "5", "uses": "7"})
    people = re.findall(r'href="(/rooms/[^"]*/people/[0-9]+)"', (await ann.client.get(open_)).text)
    bad = {"name": fields["name"], "preset": "workshop", "keep": "x"}
    answers = {
        "/rooms-refused": await ann.client.post("/rooms", data=bad),
        "/code-refused": await ann.client.post("/join", data={"code": "KLEP-42"}),
        "/settings-refused": await ann.client.post(f"{code}/settings", data={"max_length": "x"}),
        "/clear-refused": await ann.client.post(f"{code}/clear", data={"name": "x"}),
        "/delete-refused": await ann.client.post(f"{code}/delete", data={"name": "x"}),
        "/full": await bo.client.get(open_),
        "/not-a-host": await bo.client.get("/rooms/lobby/settings"),
    }
    for path, answer in answers.items():
        assert answer.status_code in (403, 404, 409, 422), (path, answer.status_code)
        await page.route(f"**{path}", given(answer.text))
    asking = [f"{code}/{what}" for what in ("settings", "clear", "delete")]
    return [code, "/rooms?q=cranberry", "/rooms", *people, *asking, *answers]


async def axe(page: Page) -> None:
    await page.evaluate(AXE)
    assert await page.evaluate(RUN, TAGS) == [], page.url
