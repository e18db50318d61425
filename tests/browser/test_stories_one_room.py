"""Story: one room that everybody shares: written in, put in order, and emptied for all."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import BOTH, MS, SOON_S, Guest, guest, guests
from tests.browser.people import unique, until
from tests.browser.test_moving import drag
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINES = ["the keel is done", "rota is up", "who has the key?", "I have"]
TOP = "document.getElementById('scroll').scrollTop"


async def number_of(one: Guest, words: str) -> int:
    found = await one.message(words).get_attribute("data-number")
    assert found
    return int(found)


async def shows(one: Guest, lines: list[str]) -> None:
    """See these messages in this order, soon."""
    await expect(one.stream.locator("li.msg .msg-body")).to_have_text(lines, timeout=2 * SOON_S * MS)


async def talk(ann: Guest, bo: Guest) -> str:
    """A workshop with both in it, who have said the lines in turn: its name."""
    name = unique("Slipway")
    await ann.make_room(name, "Workshop")
    await bo.join(name)
    for n, line in enumerate(LINES):
        await (bo if n % 2 else ann).say(line)
    for one in (ann, bo):
        await shows(one, LINES)
    return name


async def clear(one: Guest, name: str) -> None:
    """Empty the room for all, by its menu."""
    await one.page.click("summary[aria-label='Room menu']")
    if one.scripts:
        await one.page.get_by_text("Clear…").click()
    else:
        await one.press(one.page.get_by_text("Clear…"))
    await one.page.fill("#clear-name", name)
    await one.press(one.page.get_by_role("button", name="Clear the room"))


@BOTH
async def test_a_room_is_put_in_order_and_emptied_for_everybody(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        name = await talk(ann, bo)
        if scripts:
            for one in (ann, bo):
                await expect(one.page.locator("#status-text")).to_have_text("Live")
                await expect(one.page.locator("#status .dot")).to_be_visible()
        first, second, third, last = LINES
        await stands_before(bo, third, second)
        for one in (ann, bo):
            await shows(one, [first, third, second, last])
        await stands_before(ann, third, first)
        lines = [third, first, second, last]
        for one in (ann, bo):
            await shows(one, lines)
            await one.go(f"/rooms/{one.room}")
            await shows(one, lines)
        async with guest(browser, server.url, "Cy", scripts=scripts) as cy:
            await cy.join(name)
            await shows(cy, lines)
        await clear(bo, name)
        for one in (ann, bo):
            await shows(one, [])
            await one.told("Bo", "cleared the room")
        await ann.say("from the start")
        await bo.reads("from the start")
        async with guest(browser, server.url, "Di", scripts=scripts) as di:
            await di.join(name)
            await shows(di, ["from the start"])


async def stands_before(one: Guest, words: str, next_one: str) -> None:
    """Have a message stand before the one that it follows: by the hand, or by the form on its page."""
    if one.scripts:
        await drag(one.page, await number_of(one, words), await number_of(one, next_one), after=False)
    else:
        await one.go(f"/rooms/{one.room}/messages/{await number_of(one, words)}")
        await one.press(one.page.get_by_role("button", name="One up"))
        await one.go(f"/rooms/{one.room}")


async def test_without_scripts_a_place_is_chosen_from_a_list(server: Parley, browser: Browser) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=False) as (ann, bo):
        await talk(ann, bo)
        first, second, third, last = LINES
        room = ann.room
        number = await number_of(ann, first)
        await ann.go(f"/rooms/{room}/messages/{number}")
        place = ann.page.get_by_label("Have it stand")
        await place.select_option(
            label=next(one for one in await place.locator("option").all_inner_texts() if third in one)
        )
        await ann.press(ann.page.get_by_role("button", name="Move", exact=True))
        await shows(bo, [second, third, first, last])
        await ann.go(f"/rooms/{room}/messages/{number}")
        await ann.press(ann.page.get_by_role("button", name="To the end"))
        await shows(bo, [second, third, last, first])
        await ann.go(f"/rooms/{room}/messages/{number}")
        await expect(ann.page.get_by_role("button", name="One down")).to_have_count(0)
        await ann.press(ann.page.get_by_role("button", name="To the start"))
        await shows(bo, LINES)


async def test_the_view_is_locked_by_hand_and_stays_whatever_arrives(
    server: Parley, browser: Browser
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", viewport={"width": 1000, "height": 500}) as (ann, bo):
        await talk(ann, bo)
        for n in range(15):
            await ann.say(f"line {n}")
        await bo.reads("line 14")
        assert await bo.page.evaluate(TOP) == 0
        await bo.page.get_by_role("button", name="Following").click()
        await expect(bo.page.locator("#follow")).to_have_text("Staying here")
        seen = bo.message("line 14")
        box = await seen.bounding_box()
        assert box
        await ann.say("one more")
        await bo.page.locator("#pill:not([hidden])").wait_for()
        await drag(ann.page, await number_of(ann, "one more"), await number_of(ann, "line 13"), after=True)
        await expect(bo.page.locator("#pill-text")).to_have_text("1 new message")
        moved = bo.page.locator("li.msg:has-text('one more') + li.msg:has-text('line 14')")
        await expect(moved).to_have_count(1, timeout=SOON_S * MS)
        await bo.page.get_by_role("button", name="Staying here").click()
        await expect(bo.page.locator("#follow")).to_have_text("Following")
        await ann.say("and another")
        await bo.reads("and another")
        await until(bo.page, f"{TOP} === 0")
