"""The room as two people see it, with and without scripts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Dialog

from tests.browser.people import NUMBERS, Person, person, until, until_live, until_shown, write
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

BUDGET_BYTES = 60_000  # of a first visit, compressed
BUDGET_REQUESTS = 6


async def test_somebody_enters_by_a_name_and_writes(server: Parley, browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    await page.goto(server.url)
    await page.fill("#name", "Ada Brandt")
    await page.get_by_role("button", name="Come in").click()
    await page.wait_for_url("**/rooms/*")
    await until_live(page)
    await write(page, "Good morning")
    await page.wait_for_selector("#log .msg:has-text('Good morning')")
    assert await page.input_value("#text") == ""
    await page.context.close()


async def test_two_pages_exchange_a_message_within_a_second(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        here, there = await ann.open(browser, server.url, room), await bo.open(browser, server.url, room)
        await until_live(here)
        await until_live(there)
        await write(here, "Is the slip free?")
        await there.wait_for_selector("#log .msg:has-text('Is the slip free?')", timeout=1000)
        assert await there.evaluate(NUMBERS) == await here.evaluate(NUMBERS)
        await here.context.close()
        await there.context.close()


async def test_a_reader_without_scripts_sees_messages_as_they_come(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        await ann.say(room, "before")
        page = await bo.open(browser, server.url, room, java_script_enabled=False)
        inner = page.frame_locator("iframe").frame_locator("iframe")
        await inner.get_by_text("before", exact=True).wait_for()
        await ann.say(room, "while reading")
        await inner.get_by_text("while reading", exact=True).wait_for(timeout=1000)
        await page.fill("textarea[name=body]", "from a plain form")
        await page.get_by_role("button", name="Send").click(no_wait_after=True)
        inner = page.frame_locator("iframe").frame_locator("iframe")
        await inner.get_by_text("from a plain form", exact=True).wait_for()
        await page.context.close()


async def test_three_quick_sends_are_three_messages_in_order(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.focus("#text")
        for words in ("one", "two", "three"):
            await page.keyboard.insert_text(words)
            await page.keyboard.press("Enter")
        await until(page, "document.querySelectorAll('#log > .msg').length >= 3")
        await until(page, "!document.querySelector('#outbox > li')")
        assert await page.locator("#log .msg-body").all_inner_texts() == ["one", "two", "three"]
        await page.context.close()


async def test_enter_in_composition_or_with_shift_does_not_send(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await until_live(page)
        await page.fill("#text", "line")
        await page.press("#text", "Shift+Enter")
        composing = "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}"
        await page.evaluate(
            f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {composing}))"
        )
        assert await page.input_value("#text") == "line\n"
        assert await page.evaluate(NUMBERS) == []
        await page.context.close()


async def test_a_draft_outlives_the_page_and_goes_with_the_message(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await page.locator("#text").press_sequentially("half a thought")
        await page.wait_for_selector("#draft:not([hidden])")
        await page.reload(wait_until="domcontentloaded")
        assert await page.input_value("#text") == "half a thought"
        await page.press("#text", "Enter")
        await page.wait_for_selector("#log .msg:has-text('half a thought')")
        await page.reload(wait_until="domcontentloaded")
        assert await page.input_value("#text") == ""
        await page.context.close()


async def test_a_reader_who_scrolled_up_stays_and_is_told_of_news(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        for n in range(40):
            await ann.say(room, f"line {n}")
        page = await bo.open(browser, server.url, room, viewport={"width": 1000, "height": 600})
        await until_live(page)
        await page.evaluate("document.getElementById('scroll').scrollTop = -700")
        await page.wait_for_timeout(100)
        middle = "[...document.querySelectorAll('#log .msg')].find(li => li.getBoundingClientRect().top > 99)"
        await page.evaluate(f"window.seen = {middle}; window.stood = seen.getBoundingClientRect().top")
        await until_shown(page, await ann.say(room, "news"))
        await page.wait_for_selector("#pill:not([hidden])")
        assert await page.inner_text("#pill-text") == "1 new message"
        assert abs(await page.evaluate("seen.getBoundingClientRect().top - stood")) < 1
        await page.click("#pill a")
        await until(page, "document.getElementById('scroll').scrollTop === 0")
        await page.wait_for_selector("#pill", state="hidden")
        await page.context.close()


async def test_earlier_messages_come_above_and_move_nothing(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        said = [await ann.say(room, f"line {n}") for n in range(120)]
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.evaluate("document.getElementById('scroll').scrollTop = -99999")
        await page.evaluate("window.seen = document.querySelector('#log .msg')")
        await page.locator("#earlier a").scroll_into_view_if_needed()
        stood = await page.evaluate("seen.getBoundingClientRect().top")
        await page.click("#earlier a")
        await until(page, "document.querySelectorAll('#log > .msg').length > 50")
        assert abs(await page.evaluate("seen.getBoundingClientRect().top") - stood) < 2
        while await page.locator("#earlier a").count():
            held = len(await page.evaluate(NUMBERS))
            await page.click("#earlier a")
            await until(page, f"{NUMBERS}.length > {held}")
        assert await page.evaluate(NUMBERS) == said
        await page.context.close()


async def fill(ann: Person) -> str:
    """A room with fifty messages of usual length."""
    room = await ann.make_room()
    for n in range(50):
        await ann.say(
            room, f"Swapped the block on berth {n}, the old one is in the shed with the spare line."
        )
    return room


async def test_a_first_visit_is_small_still_and_within_the_policy(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await fill(ann)
        context = await browser.new_context()
        await ann.sign_in(context, server.url)
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        session = await context.new_cdp_session(page)
        sizes: dict[str, float] = {}
        await session.send("Network.enable")
        session.on(
            "Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]})
        )
        await page.goto(f"{server.url}/rooms/{room}")
        await until_live(page)
        await page.wait_for_timeout(500)
        assert await page.evaluate("shift") == 0, await page.evaluate("shifted")
        assert len(sizes) <= BUDGET_REQUESTS, sizes
        assert sum(sizes.values()) <= BUDGET_BYTES, sizes
        await write(page, "one more")
        await page.wait_for_selector("#log .msg:has-text('one more')")
        assert await page.evaluate("violations") == []
        assert said == []
        await context.close()


@pytest.mark.parametrize("halt", ['<form class="composer', '<aside class="people'])
async def test_a_page_that_comes_in_parts_stands_still(server: Parley, browser: Browser, halt: str) -> None:
    async with person(server.url) as ann, Proxy(server.port, faults=Faults(halt=halt.encode())) as proxy:
        page = await ann.open(browser, proxy.origin, await fill(ann))
        await until_live(page)
        await page.wait_for_timeout(100)
        assert await page.evaluate("shift") == 0, await page.evaluate("shifted")
        await page.context.close()


async def test_times_and_days_are_those_of_the_readers_zone(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        await ann.say(room, "now")
        page = await ann.open(browser, server.url, room, timezone_id="Pacific/Auckland")
        await until_live(page)
        shown = await page.inner_text("#log .msg-time time")
        there = datetime.now(ZoneInfo("Pacific/Auckland"))
        assert shown in [f"{one.hour}:{one.minute:02}" for one in (there, there - timedelta(minutes=1))]
        assert await page.locator("#log > .day h2").all_inner_texts() == ["Today"]
        await page.context.close()


async def test_the_page_rooms_is_live(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, "lobby")
        await page.goto(f"{server.url}/rooms", wait_until="domcontentloaded")
        await until_live(page)
        await page.context.close()


async def test_deleting_asks_first_and_leaves_a_mark(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await write(page, "Taken back")
        message = page.locator("#log .msg:has-text('Taken back')")
        asked: list[str] = []

        async def answer(dialog: Dialog) -> None:
            asked.append(dialog.message)
            await (dialog.accept() if len(asked) > 1 else dialog.dismiss())

        page.on("dialog", answer)
        await message.hover()
        await message.get_by_label("Delete").click()
        assert await message.count() == 1
        await message.hover()
        await message.get_by_label("Delete").click()
        await page.locator("#log .gone").wait_for()
        assert asked == ["Delete this message? A mark stays where it was."] * 2
        await page.context.close()
