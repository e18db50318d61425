"""What a page does when its connection, its session or its place in the room ends."""

import time

import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import (
    Person,
    hide,
    person,
    two,
    until,
    until_live,
    until_numbers,
    until_shown,
    write,
)
from tests.browser.proxy import POLL, Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATES = """(() => {
  const line = document.getElementById('status-text');
  window.states = [];
  new MutationObserver(() => states.push(line.textContent)).observe(line, { childList: true });
})()"""

DRAFT = "Object.entries(localStorage).filter(([key]) => key.startsWith('draft:')).map(([, words]) => words)"


async def lose_its_place(page: Page, proxy: Proxy) -> None:
    """Make the page come back with a cursor of another epoch: the server says that it has to start anew."""
    await page.evaluate("document.getElementById('cursor').value = 'elsewhere.1'")
    proxy.cut()


async def test_a_reset_loads_the_page_again_and_keeps_the_words(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        room = await ann.make_room()
        page = await ann.open(browser, proxy.origin, room)
        await until_live(page)
        await page.fill("#text", "half a thought")
        async with page.expect_event("domcontentloaded"):
            await lose_its_place(page, proxy)
        await until_live(page)
        assert await page.input_value("#text") == "half a thought"
        async with page.expect_event("domcontentloaded"):
            await lose_its_place(page, proxy)
        await until_live(page)
        await page.evaluate("window.old = true")
        await lose_its_place(page, proxy)  # within the minute: a proxy's loop must not be followed
        await page.wait_for_selector("#strip:not([hidden])")
        assert await page.inner_text("#strip-retry") == "Reload"
        assert await page.evaluate("window.old")
        await page.context.close()


@pytest.mark.parametrize(
    "faults", [Faults(), Faults(websocket="403"), POLL], ids=["websocket", "events", "poll"]
)
async def test_an_ended_session_leads_to_the_door(server: Parley, browser: Browser, faults: Faults) -> None:
    async with person(server.url) as ann, Proxy(server.port, faults=faults) as proxy:
        page = await ann.open(browser, proxy.origin, await ann.make_room())
        await until_live(page)
        await page.fill("#text", "half a thought")
        answer = await ann.client.post("/leave")
        assert answer.headers["location"] == "/enter"
        await page.wait_for_url("**/enter?next=**", timeout=10_000)
        assert await page.evaluate(DRAFT) == ["half a thought"]
        await page.context.close()


async def test_a_post_without_a_session_keeps_the_words_and_leads_to_the_door(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.context.clear_cookies()
        await write(page, "said too late")
        await page.wait_for_url(f"**/enter?next=/rooms/{room}")
        assert await page.evaluate(DRAFT) == ["said too late"]
        await page.context.close()


async def test_a_page_that_comes_back_from_the_browsers_memory_is_live(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        missed = await ann.say(room, "while it slept")
        assert missed not in await page.evaluate(
            "[...document.querySelectorAll('#log > .msg')].map(li => li.id)"
        )
        await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        await until_shown(page, missed)
        await until_shown(page, await ann.say(room, "and live"), 2)
        await page.context.close()


async def test_going_back_to_a_room_finds_it_live(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.goto(f"{server.url}/rooms", wait_until="domcontentloaded")
        number = await ann.say(room, "meanwhile")
        await page.go_back(wait_until="domcontentloaded")
        await until_live(page)
        await until_numbers(page, [number, await ann.say(room, "live again")])
        await page.context.close()


async def open_watched(ann: Person, browser: Browser, proxy: Proxy) -> Page:
    page = await ann.open(browser, proxy.origin, await ann.make_room())
    await until_live(page)
    await page.evaluate(STATES)
    return page


async def test_a_short_outage_is_not_worth_a_word(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        page = await open_watched(ann, browser, proxy)
        connections = proxy.requests["websocket"]
        proxy.cut()
        await until_shown(page, await ann.say(str(await page.get_attribute("body", "data-room")), "on"))
        assert proxy.requests["websocket"] > connections
        assert await page.evaluate("states") == []
        await page.context.close()


async def test_a_longer_outage_says_catching_up_after_two_seconds(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        page = await open_watched(ann, browser, proxy)
        proxy.faults = Faults(everything="reset")
        proxy.cut()
        began = time.monotonic()
        await until(page, "states.length")
        assert time.monotonic() - began >= 1.9
        proxy.faults = Faults()
        await until(page, "states.at(-1) === 'Live'")
        assert (await page.evaluate("states"))[0] == "Catching up"
        await page.context.close()


async def test_a_hidden_tab_without_a_websocket_polls_as_away(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo), Proxy(server.port, faults=POLL) as proxy:
        room = await ann.make_room()
        page = await bo.open(browser, proxy.origin, room)
        await until_live(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        async with page.expect_request("**/changes?*away=1"):
            await page.evaluate(hide(True))
        polls = len([url for url in asked if "/changes" in url])
        missed = await ann.say(room, "while hidden")
        assert len([url for url in asked if "/changes" in url]) == polls
        await page.evaluate(hide(False))
        await until_shown(page, missed, 3)
        await page.context.close()


async def test_a_hidden_tab_with_a_websocket_counts_what_is_new(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.evaluate(hide(True))
        number = await ann.say(room, "while hidden")
        await until_shown(page, number, 2)
        assert (await page.title()).startswith("(1) ")
        assert await page.evaluate("document.getElementById('new').nextElementSibling.id") == f"m-{number}"
        await page.evaluate(hide(False))
        assert not (await page.title()).startswith("(")
        await page.context.close()


@pytest.mark.parametrize(
    "faults", [Faults(), Faults(websocket="403"), POLL], ids=["websocket", "events", "poll"]
)
async def test_leaving_in_one_tab_is_leaving_in_the_other(
    server: Parley, browser: Browser, faults: Faults
) -> None:
    async with two(server) as (ann, bo), Proxy(server.port, faults=faults) as proxy:
        room = await ann.make_room()
        page = await bo.open(browser, proxy.origin, room)
        await until_live(page)
        answer = await bo.client.post(f"/rooms/{room}/leave")
        assert answer.headers["location"] == "/rooms"
        await page.wait_for_url("**/rooms")
        unseen = await ann.client.get(f"/rooms/{room}")
        assert bo.name not in unseen.text.partition('id="people"')[2].partition("</aside>")[0]
        await page.context.close()
