"""Pages on bad networks: they become live in the promised time, lose nothing and double nothing."""

import asyncio
import random
import time

import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import (
    NUMBERS,
    person,
    two,
    until,
    until_live,
    until_numbers,
    until_shown,
    write,
)
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLACK_S = 1.0  # for a busy machine, above the times of the layers


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        (Faults(), 0.5),
        (Faults(websocket="403"), 0.5),
        (Faults(websocket="200"), 0.5),
        (Faults(websocket="reset"), 0.5),
        (Faults(websocket="hang"), 2),
        (Faults(websocket="silent"), 2),
        (Faults(websocket="403", sse="buffer"), 2),
        (Faults(websocket="403", sse="403"), 0.5),
        (Faults(websocket="hang", sse="buffer"), 3.5),
    ],
    ids=str,
)
async def test_a_page_is_live_on(server: Parley, browser: Browser, faults: Faults, seconds: float) -> None:
    async with two(server) as (ann, bo), Proxy(server.port, faults=faults) as proxy:
        room = await ann.make_room()
        page = await bo.open(browser, proxy.origin, room)
        started = time.monotonic()
        await until_live(page, seconds + SLACK_S)
        took = time.monotonic() - started
        await until_shown(page, await ann.say(room, "hello"), 1)
        assert took < seconds + SLACK_S
        await page.context.close()


MODES = {
    "websocket": [Faults()],
    "events": [Faults(websocket="403")],
    "poll": [Faults(websocket="403", sse="403")],
    "mixed": [Faults(websocket="reset", sse="403"), Faults(), Faults(websocket="403"), Faults(sse="buffer")],
}


@pytest.mark.parametrize("mode", MODES)
async def test_every_message_is_there_once_in_order_after_cuts(
    server: Parley, browser: Browser, mode: str
) -> None:
    faults = MODES[mode]
    async with two(server) as (ann, bo), Proxy(server.port, faults=faults[0]) as proxy:
        room = await ann.make_room()
        page = await bo.open(browser, proxy.origin, room)
        await until_live(page)
        cuts = sorted(random.Random(mode).sample(range(5, 95), 4))
        said = []
        for n in range(100):
            if n in cuts:
                proxy.faults = faults[cuts.index(n) % len(faults)]
                proxy.cut()
            said.append(await ann.say(room, f"message {n}"))
            await asyncio.sleep(0.02)
        await until_numbers(page, said)
        await page.context.close()


async def gone(page: Page, proxy: Proxy) -> None:
    """Take the network away, as a tunnel does: nothing answers."""
    proxy.faults = Faults(everything="hang")
    proxy.cut()
    await page.wait_for_timeout(50)


async def test_what_was_edited_while_away_stands_in_its_place(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo), Proxy(server.port) as proxy:
        room = await ann.make_room()
        first = await ann.say(room, "first")
        page = await bo.open(browser, proxy.origin, room)
        await until_live(page)
        await gone(page, proxy)
        second = await ann.say(room, "secnod")
        third = await ann.say(room, "third")
        await ann.edit(room, second, "second")
        await ann.edit(room, first, "first, better")
        proxy.faults = Faults()
        proxy.cut()
        await until_numbers(page, [first, second, third])
        assert await page.locator("#log .msg-body").all_inner_texts() == ["first, better", "second", "third"]
        await page.context.close()


async def test_a_captive_portal_is_never_shown_and_words_wait(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo), Proxy(server.port) as proxy:
        room = await ann.make_room()
        first = await ann.say(room, "first")
        page = await bo.open(browser, proxy.origin, room)
        await until_live(page)
        proxy.faults = Faults(everything="portal")
        proxy.cut()
        await write(page, "from the airport")
        second = await ann.say(room, "second")
        await page.wait_for_selector("#strip:not([hidden])", timeout=8000)
        assert await page.inner_text("#status-text") == "Offline"
        assert await page.inner_text("#outbox .msg-body") == "from the airport"
        assert await page.evaluate(NUMBERS) == [first]
        assert "wifi" not in await page.inner_text("body")
        proxy.faults = Faults()
        await page.click("#strip-retry")
        await page.wait_for_selector("#log .msg:has-text('from the airport')")
        assert await page.locator("#log .msg-body").all_inner_texts() == [
            "first",
            "second",
            "from the airport",
        ]
        assert (await page.evaluate(NUMBERS))[:2] == [first, second]
        await page.wait_for_selector("#strip", state="hidden")
        await page.context.close()


async def test_a_post_whose_answer_is_lost_is_one_message(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        page = await ann.open(browser, proxy.origin, await ann.make_room())
        await until_live(page)
        proxy.faults = Faults(post="lost")
        await write(page, "once")
        await page.wait_for_selector("#log .msg:has-text('once')")
        proxy.cut()
        proxy.faults = Faults()
        await until(page, "!document.querySelector('#outbox > li')", 20)
        await until_live(page)
        assert await page.locator("#log .msg-body").all_inner_texts() == ["once"]
        assert proxy.requests["post"] >= 2
        await page.context.close()


async def test_a_restart_of_the_server_is_passed_over(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        before = await ann.say(room, "before")
        await until_shown(page, before)
        server.kill()
        server.start()
        after = await ann.say(room, "after")
        await until_numbers(page, [before, after], 40)
        await page.context.close()
