"""Story: no account, just a name: people who talk at the same time see the same room."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import BOTH, MS, PATIENCE_S, Guest, guest, guests
from tests.browser.people import unique, write
from tests.contract.visitor import TEXT
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

EACH = {True: 20, False: 5}  # messages of one person; without scripts each of them is a page


@BOTH
async def test_two_browsers_are_two_people_who_see_one_order(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        name = unique("Quay")
        await ann.make_room(name, "Open room")
        await bo.join(name)
        await asyncio.gather(talk(ann), talk(bo))
        for one in (ann, bo):
            await expect(one.stream.locator("li.msg:not(.sending)")).to_have_count(
                2 * EACH[scripts], timeout=PATIENCE_S * MS
            )
        transcript = await ann.context.request.get(f"{server.url}/rooms/{ann.room}", headers=TEXT)
        said = [line.split("\t")[2:4] for line in (await transcript.text()).splitlines()]
        expected = [[one.name, f"{one.name}: {n}"] for one in (ann, bo) for n in range(EACH[scripts])]
        assert sorted(said) == sorted(expected)
        for one in (ann, bo):
            assert await one.words() == [words for _, words in said]


async def talk(one: Guest) -> None:
    """Write many messages, one after the other."""
    for n in range(EACH[one.scripts]):
        if one.scripts:
            await write(one.page, f"{one.name}: {n}")
        else:
            await one.say(f"{one.name}: {n}")


@BOTH
async def test_two_tabs_of_one_browser_are_one_person(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with (
        guest(browser, server.url, "Ann", scripts=scripts) as ann,
        guest(browser, server.url, "Bo") as bo,
    ):
        name = unique("Quay")
        room = await ann.make_room(name, "Open room")
        tab = await ann.tab("/")
        assert tab.room == room, "back where they were"
        await bo.join(name)
        assert sorted(await bo.here()) == sorted([ann.name, bo.name])
        await tab.say("from the other tab")
        await ann.reads("from the other tab")
        await ann.say("from this one")
        await bo.reads("from this one")
        names = bo.page.locator("#log li.msg .msg-name")
        assert await names.all_inner_texts() == [ann.name, ann.name]
        await expect(ann.page.locator(".side-me .cut")).to_have_text(ann.name)
        await expect(tab.page.locator(".side-me .cut")).to_have_text(ann.name)
