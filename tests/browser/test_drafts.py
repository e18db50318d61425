"""What is typed and not yet said: kept for each room and tab, whatever becomes of the page."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.people import Person, person, until, until_live, write
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELD = "Object.entries(localStorage).filter(([key]) => key.startsWith('draft:')).map(([, words]) => words)"
PENCIL = "#rooms-list [data-slug='{}'] .draft"


async def tab(context: BrowserContext, origin: str, room: str) -> Page:
    """Another tab of the same browser."""
    page = await context.new_page()
    await page.goto(f"{origin}/rooms/{room}", wait_until="domcontentloaded")
    await until_live(page)
    return page


async def browser_of(one: Person, browser: Browser, *origins: str) -> BrowserContext:
    context = await browser.new_context()
    for origin in origins:
        await one.sign_in(context, origin)
    return context


async def type_words(page: Page, words: str) -> None:
    """Write, and wait until it is kept."""
    await page.fill("#text", words)
    await until(page, f"{HELD}.includes('{words}')")


async def reload(page: Page) -> str:
    """What stands in the box after a refresh."""
    await page.reload(wait_until="domcontentloaded")
    await until_live(page)
    return await page.input_value("#text")


async def test_two_tabs_of_a_room_keep_what_each_of_them_holds(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        context = await browser_of(ann, browser, server.url)
        one, other = [await tab(context, server.url, room) for _ in range(2)]
        await type_words(one, "from the one")
        await type_words(other, "from the other")
        assert [await reload(one), await reload(other)] == ["from the one", "from the other"]
        await write(one, "from the one")
        await one.locator("#log .msg:has-text('from the one')").wait_for()
        assert await reload(other) == "from the other"
        await write(other, "said too")
        await other.locator("#log .msg:has-text('said too')").wait_for()
        assert await reload(one) == ""
        await context.close()


async def test_a_new_tab_finds_what_a_closed_one_left_until_it_is_sent(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        context = await browser_of(ann, browser, server.url)
        old = await tab(context, server.url, room)
        await type_words(old, "left behind")
        await old.close()
        new = await tab(context, server.url, room)
        assert await new.input_value("#text") == "left behind"
        await new.press("#text", "Enter")
        await new.locator("#log .msg:has-text('left behind')").wait_for()
        assert await new.evaluate(HELD) == []
        assert await reload(new) == ""
        await context.close()


async def test_a_tab_beside_one_that_is_open_begins_with_an_empty_box(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        one, other = await ann.make_room(), await ann.make_room()
        context = await browser_of(ann, browser, server.url)
        here = await tab(context, server.url, one)
        await type_words(here, "still here")
        there = await tab(context, server.url, one)
        await until(there, "!document.getElementById('text').value")
        await type_words(there, "written there")
        assert [await reload(here), await reload(there)] == ["still here", "written there"]
        await here.goto(f"{server.url}/rooms/{other}", wait_until="domcontentloaded")
        await write(there, "written there")
        await there.locator("#log .msg:has-text('written there')").wait_for()
        await reload(there)
        await until(there, "!document.getElementById('text').value")
        await here.close()
        assert await reload(there) == "still here"
        await context.close()


async def test_each_room_has_its_own_and_the_list_of_rooms_shows_where(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        one, other = await ann.make_room(), await ann.make_room()
        context = await browser_of(ann, browser, server.url)
        page, aside = await tab(context, server.url, one), await tab(context, server.url, other)
        await type_words(page, "for the one")
        assert await page.locator(PENCIL.format(one)).is_hidden()
        await aside.locator(PENCIL.format(one)).wait_for()
        assert await page.locator(PENCIL.format(other)).is_hidden()
        await page.goto(f"{server.url}/rooms/{other}", wait_until="domcontentloaded")
        assert await page.input_value("#text") == ""
        await page.locator(PENCIL.format(one)).wait_for()
        await page.goto(f"{server.url}/rooms/{one}", wait_until="domcontentloaded")
        assert await page.input_value("#text") == "for the one"
        await write(page, "for the one")
        await aside.locator(PENCIL.format(one)).wait_for(state="hidden")
        await context.close()


async def test_what_was_on_its_way_when_a_tab_closed_is_a_draft_of_the_next(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        room = await ann.make_room()
        context = await browser_of(ann, browser, proxy.origin)
        old = await tab(context, proxy.origin, room)
        proxy.faults = Faults(post="reset")
        for words in ("first", "second"):
            await write(old, words)
        await until(old, "document.querySelectorAll('#outbox > li').length === 2")
        await old.close(run_before_unload=True)
        proxy.faults = Faults()
        new = await tab(context, proxy.origin, room)
        assert await new.input_value("#text") == "first\nsecond"
        await context.close()


async def test_what_waited_when_the_session_ended_is_there_for_whoever_comes_in_again(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann, person(server.url) as bo, Proxy(server.port) as proxy:
        room = await ann.make_room()
        context = await browser_of(ann, browser, proxy.origin)
        page = await tab(context, proxy.origin, room)
        proxy.faults = Faults(post="hang")
        await write(page, "on its way")
        await write(page, "behind it")
        await until(page, "document.querySelectorAll('#outbox > li').length === 2")
        await page.fill("#text", "in the box")
        async with page.expect_event("domcontentloaded"):
            await ann.client.post("/leave")
        proxy.faults = Faults()
        assert "/enter?next=" in page.url
        await page.get_by_text("This session has ended. What you wrote is kept.").wait_for()
        await bo.sign_in(context, proxy.origin)
        await page.goto(f"{proxy.origin}/rooms/{room}", wait_until="domcontentloaded")
        await until_live(page)
        assert await page.input_value("#text") == "on its way\nbehind it\nin the box"
        assert await reload(page) == "on its way\nbehind it\nin the box"
        assert await page.locator("#log .msg-body").all_inner_texts() == []
        await context.close()
