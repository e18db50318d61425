"""How pages look and what Enter does on one device, as its settings say."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_LOOK = """new MutationObserver((_, observer) => {
  if (!document.body) return;
  window.first = {...document.documentElement.dataset};
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });"""


async def test_a_look_is_kept_and_there_before_anything_is_painted(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room, color_scheme="light")
        await page.goto(f"{server.url}/settings")
        assert await page.is_checked("[value=system]")
        for words in ("Dark", "Compact", "Larger text"):
            await page.get_by_text(words, exact=False).first.click()
        await page.context.add_init_script(FIRST_LOOK)
        for path in (f"/rooms/{room}", "/rooms", "/enter"):
            await page.goto(server.url + path)
            first = await page.evaluate("window.first")
            look = {name: first.get(name) for name in ("theme", "density", "text")}
            assert look == {"theme": "dark", "density": "compact", "text": "large"}, path
            assert await page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        await page.goto(f"{server.url}/settings")
        for chosen in ("[value=dark]", "[value=compact]", "[name=text]", "[name=enter]"):
            assert await page.is_checked(chosen), chosen
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_enter_starts_a_new_line_where_the_device_says_so(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, room := await ann.make_room())
        await page.goto(f"{server.url}/settings")
        await page.click("text=Enter sends")
        await page.goto(f"{server.url}/rooms/{room}")
        await until_live(page)
        await page.fill("#text", "one")
        await page.press("#text", "Enter")
        await page.type("#text", "two")
        assert await page.input_value("#text") == "one\ntwo"
        await page.press("#text", "Control+Enter")
        await until(page, "document.querySelector('#log > .msg')?.textContent.includes('two')")
        await page.context.close()
