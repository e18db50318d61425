"""Finding what was said, with scripts and without."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import Person, person, until, until_live
from tests.browser.test_accessibility import SIZES, axe
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARKED = "[...document.querySelectorAll('.hit mark')].map(one => one.innerText)"


async def said(ann: Person, room: str) -> list[int]:
    return [await ann.say(room, f"The crane lifts boat {n}") for n in range(22)]


@pytest.mark.parametrize("scripts", [True, False])
async def test_what_was_said_is_found_and_gone_to(server: Parley, browser: Browser, *, scripts: bool) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        numbers = await said(ann, room)
        context = await browser.new_context(java_script_enabled=scripts)
        await ann.sign_in(context, server.url)
        page = await context.new_page()
        await page.goto(f"{server.url}/rooms/{room}", wait_until="domcontentloaded")
        await page.click(".bar [aria-label='Search this room']")
        await page.fill("[name=q]", "rane boat")
        await page.press("[name=q]", "Enter")
        await page.wait_for_selector(".hit mark")
        assert await page.input_value("[name=in]") == room
        assert await page.locator(".hit").count() == 20
        assert await page.locator(".hit mark").first.inner_text() == "rane"
        await page.click("text=Older results")
        await page.wait_for_selector("text=boat 0")
        assert await page.locator(".hit").count() == 2
        await page.locator(".hit .msg-time").last.click()
        await page.wait_for_selector(f"#m-{numbers[0]}:target")
        await context.close()


async def test_the_switcher_searches_for_what_leads_to_no_room(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        await said(ann, room)
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.keyboard.press("Control+k")
        await page.keyboard.type("boat 7 &")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?q=boat%207%20%26", wait_until="domcontentloaded")
        await until(page, f"{MARKED}.join() === 'boat,7'")
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_filters_are_folded_where_they_would_take_the_page(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "Bring the long boathook")
        page = await ann.open(browser, server.url, room)
        await page.goto(f"{server.url}/search?q=boathook", wait_until="domcontentloaded")
        assert await page.is_visible("[name=from]")
        assert not await page.is_visible("summary:has-text('Filters')")
        await page.set_viewport_size({"width": 390, "height": 700})
        assert not await page.is_visible("[name=from]")
        await page.click("summary:has-text('Filters')")
        await page.fill("[name=from]", ann.name)
        await page.press("[name=from]", "Enter")
        await page.wait_for_url("**from=Ann**", wait_until="domcontentloaded")
        assert await page.is_visible("[name=from]"), "one that is set is seen"
        await page.click(".hit p", force=True)  # a finger need not find the time, whose link lies over it
        await page.wait_for_selector(f"#m-{number}:target")
        await page.context.close()


@pytest.mark.parametrize(("theme", "size"), [("light", "desktop"), ("dark", "phone")])
async def test_axe_finds_nothing_about_finds(server: Parley, browser: Browser, theme: str, size: str) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        await said(ann, room)
        width, height = SIZES[size]
        look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
        context = await browser.new_context(**look)  # type: ignore[arg-type]
        await ann.sign_in(context, server.url)
        page = await context.new_page()
        for path in ("", f"?q=crane&in={room}", "?q=cranberry&from=nobody", "?q=x&before=soon"):
            await page.goto(f"{server.url}/search{path}", wait_until="domcontentloaded")
            await axe(page)
            wide = "document.documentElement.scrollWidth > innerWidth + 1"
            assert not await page.evaluate(wide), path
        await context.close()
