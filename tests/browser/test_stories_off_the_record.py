"""Story: rooms where nothing stays. You see what is said while you are there."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import BOTH, guests
from tests.browser.people import unique
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")


@BOTH
async def test_somebody_sees_what_is_said_while_they_are_there_and_no_more(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        name = unique("Night watch")
        room = await ann.make_room(name, "Off the record")
        await ann.say("before Bo")
        await bo.join(name)
        assert bo.room == room
        await ann.told("Bo came in")
        await bo.say("here I am")
        await ann.reads("here I am")
        assert await bo.words() == ["here I am"]
        await expect(ann.message("here I am").locator("> svg.av").first).to_be_visible()
        await expect(ann.stream.locator(".notice:visible svg.av").last).to_be_visible()
        await expect(bo.page.locator(f"#rooms-list [data-slug='{room}'] svg.flag")).to_be_visible()
        await bo.leave()
        await ann.told("Bo left")
        await ann.say("while Bo is away")
        await bo.join(name)
        await ann.say("Bo is back")
        await bo.reads("Bo is back")
        assert await bo.words() == ["Bo is back"]


@BOTH
async def test_the_panel_of_people_says_who_is_here(server: Parley, browser: Browser, scripts: bool) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        name = unique("Night watch")
        room = await ann.make_room(name, "Off the record")
        assert await ann.here() == [ann.name]
        await bo.join(name)
        assert sorted(await bo.here()) == sorted([ann.name, bo.name])
        if not scripts:
            await ann.go(f"/rooms/{room}")
        people = ann.page.locator("#people-in ul:first-of-type")
        await expect(people).to_contain_text(bo.name)
        await expect(people.locator("li", has_text=bo.name).locator("svg.av")).to_have_count(1)
        await bo.leave()
        if not scripts:
            await ann.go(f"/rooms/{room}")
        await expect(ann.page.locator("#people-in")).not_to_contain_text(bo.name)
