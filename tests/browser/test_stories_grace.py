"""Story: who closes the page is gone after a grace, and a room that disappears goes with its last person.

The grace is 20 s, so everything that takes it runs side by side, and a room that did end is the clock for
those that must not.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import MS, Guest, guest, guests
from tests.browser.people import hide, unique, until, until_live
from tests.browser.proxy import POLL, Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

GRACE_S = 20.0
GONE_S = 30.0  # when who went has to be gone at the latest
PATIENT_S = 60.0  # after a start nothing is ended that people may come back to
ROOM = "A moment"


@asynccontextmanager
async def alone(
    browser: Browser, server: Parley, *, scripts: bool = True
) -> AsyncIterator[tuple[Guest, str]]:
    """Somebody in a room of their own that disappears, where they have said something; its name."""
    async with guest(browser, server.url, "Ann", scripts=scripts) as ann:
        name = unique(ROOM)
        await ann.make_room(name, "Off the record")
        await ann.say("still here")
        yield ann, name


async def test_who_closes_the_page_is_gone_after_the_grace_and_so_is_a_room_with_its_last_person(
    server: Parley, browser: Browser
) -> None:
    async with guest(browser, server.url, "Wes") as watcher:
        ended = asyncio.Event()
        await asyncio.gather(
            closing_is_leaving(server, browser),
            the_last_one_goes(server, browser, watcher, ended),
            *(a_refresh_is_not_going(server, browser, ended, scripts=scripts) for scripts in (True, False)),
            a_dropped_network_is_not_going(server, browser, ended),
            a_hidden_tab_is_not_going(server, browser, ended),
            one_of_two_tabs_is_not_going(server, browser, ended),
        )


async def closing_is_leaving(server: Parley, browser: Browser) -> None:
    """It is said once there was time to load the page again; who comes back finds nothing."""
    async with (
        guests(browser, server.url, "Ann", "Bo") as (ann, bo),
        guest(browser, server.url, "Di", scripts=False) as di,
    ):
        name = unique(ROOM)
        await ann.make_room(name, "Off the record")
        for one in (bo, di):
            await one.join(name)
            await one.say("this is mine")
        closed = time.monotonic()
        for one in (bo, di):
            one.page, page = await one.context.new_page(), one.page
            await page.close()
        for one in (bo, di):
            await ann.told(one.first_name, " left", seconds=GONE_S)
            assert time.monotonic() - closed > GRACE_S - 1
        for one in (bo, di):
            await one.join(name)
            assert await one.words() == []
        assert await ann.words() == ["this is mine"] * 2


async def the_last_one_goes(
    server: Parley, browser: Browser, watcher: Guest, ended: asyncio.Event
) -> None:  # fmt: skip
    """Rooms leave the page Rooms that others have open; their addresses and codes lead nowhere."""
    async with (
        alone(browser, server) as (ann, first),
        alone(browser, server, scripts=False) as (bo, second),
        alone(browser, server) as (cy, third),
        guest(browser, server.url, "Di") as di,
    ):
        await di.make_room(unique(ROOM), "Drop-in")
        code = await di.code()
        addresses = [f"/rooms/{one.room}" for one in (ann, bo, cy, di)]
        await watcher.go("/rooms")
        await until_live(watcher.page)
        assert {first, second, third} <= set(await watcher.cards())
        for one in (di, ann, bo):
            await one.page.close()
        await cy.leave()
        limit_s = GONE_S + max(0.0, PATIENT_S - await uptime_s(watcher))
        for name in (first, second, third):
            card = watcher.page.locator(".room-main", has_text=name)
            await expect(card).to_have_count(0, timeout=limit_s * MS)
        ended.set()
        for address in addresses:
            answer = await watcher.go(address)
            assert answer
            assert answer.status == 404
        await watcher.join_by_code(code)
        await expect(watcher.page.locator("#code-error")).to_contain_text(f"No room has the code {code}.")
        await watcher.make_room(first, "Open room")


async def uptime_s(one: Guest) -> float:
    """How long the server has been running."""
    answer = await one.context.request.get(f"{one.url}/ready")
    return float((await answer.json())["uptime_s"])


async def stays(ann: Guest, name: str, ended: asyncio.Event) -> None:
    """Others' rooms have ended; this one is there, with what was said in it."""
    await ended.wait()
    assert await ann.words() == ["still here"]
    await ann.say("and on")
    tab = await ann.tab("/rooms")
    assert name in await tab.cards()


async def a_refresh_is_not_going(
    server: Parley, browser: Browser, ended: asyncio.Event, *, scripts: bool
) -> None:
    async with alone(browser, server, scripts=scripts) as (ann, name):
        for _ in range(3):
            await ann.page.reload(wait_until="domcontentloaded")
        await ann.reads("still here")
        await stays(ann, name, ended)


async def a_dropped_network_is_not_going(server: Parley, browser: Browser, ended: asyncio.Event) -> None:
    async with Proxy(server.port) as proxy, alone(browser, server) as (ann, name):
        await ann.page.goto(f"{proxy.origin}/rooms/{ann.room}", wait_until="domcontentloaded")
        await until_live(ann.page)
        proxy.faults = Faults(everything="hang")
        proxy.cut()
        await until(ann.page, "document.getElementById('status-text').textContent === 'Offline'")
        proxy.faults = Faults()
        proxy.cut()
        await until_live(ann.page, GRACE_S)
        await stays(ann, name, ended)


async def a_hidden_tab_is_not_going(server: Parley, browser: Browser, ended: asyncio.Event) -> None:
    async with Proxy(server.port, faults=POLL) as proxy, alone(browser, server) as (ann, name):
        await ann.page.goto(f"{proxy.origin}/rooms/{ann.room}", wait_until="domcontentloaded")
        await until_live(ann.page)
        async with ann.page.expect_request("**/changes?*away=1"):
            await ann.page.evaluate(hide(True))
        await ended.wait()
        await ann.page.evaluate(hide(False))
        await stays(ann, name, ended)


async def one_of_two_tabs_is_not_going(server: Parley, browser: Browser, ended: asyncio.Event) -> None:
    async with alone(browser, server) as (ann, name):
        tab = await ann.tab(f"/rooms/{ann.room}")
        await ann.page.close()
        ann.page = tab.page
        await stays(ann, name, ended)
