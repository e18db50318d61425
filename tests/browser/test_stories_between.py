"""Story: rooms that not everybody sees, messages for one person, and how much a newcomer is shown."""

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.guests import BOTH, MS, SOON_S, Guest, guest, guests
from tests.browser.people import person, unique
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEN_S = 1.0  # looked at for this long: read


@BOTH
async def test_a_private_room_is_nowhere_until_somebody_is_added(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        name = unique("Keyholders")
        room = await ann.make_room(name, "Private room")
        await ann.say("before Bo")
        await bo.go("/rooms")
        assert name not in await bo.cards()
        assert await looks(bo, f"/rooms/{room}") == await looks(bo, "/rooms/none")
        await bo.go("/rooms/lobby")
        await ann.go(f"/rooms/{room}/settings")
        await ann.page.fill("#member", bo.name.lower())
        await ann.send("#members form")
        await expect(ann.page.locator("#members .rows")).to_contain_text(bo.name)
        if not scripts:
            await bo.go("/rooms/lobby")
        link = bo.page.locator(f"#rooms-list [data-slug='{room}']")
        await expect(link).to_contain_text(name, timeout=SOON_S * MS)
        await bo.press(link)
        await ann.go(f"/rooms/{room}")
        await ann.say("welcome")
        await bo.reads("welcome")
        assert await bo.words() == ["welcome"]


async def looks(one: Guest, path: str) -> tuple[int, str]:
    """The status of an address, and everything its page says."""
    answer = await one.go(path)
    assert answer
    return answer.status, await answer.text()


def badge(one: Guest, other: Guest) -> Locator:
    """What marks the room of these two in the list of rooms."""
    return one.page.locator("#direct-list .nav-item", has_text=other.name).locator(".badge")


async def shows(one: Guest, other: Guest, words: str) -> None:
    """The mark comes by itself; without scripts, with the next page."""
    if not one.scripts:
        await one.go("/rooms/lobby")
    if words:
        await expect(badge(one, other)).to_contain_text(words, timeout=SOON_S * MS)
    else:
        await expect(badge(one, other)).to_have_count(0, timeout=(SEEN_S + SOON_S) * MS)


@BOTH
async def test_a_direct_message_shows_in_every_tab_and_waits(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        tab = await bo.tab("/rooms/testing")
        await ann.go("/rooms")
        await ann.page.fill("form[action='/direct'] [name=name]", bo.name)
        await ann.send("form[action='/direct']")
        await ann.say("psst")
        for one in (bo, tab):
            await shows(one, ann, "@1")
        await bo.press(bo.page.locator("#direct-list .nav-item", has_text=ann.name))
        assert bo.room == ann.room
        await bo.reads("psst")
        await expect(badge(bo, ann)).to_have_count(0)
        if not scripts:
            await bo.say("read")  # what tells that the rest was read
        await shows(tab, ann, "")
        await bo.go("/rooms/lobby")
        for page in (bo.page, tab.page):
            await page.close()
        await ann.say("are you there?")
        await ann.say("call me")
        bo.page = await bo.context.new_page()
        await bo.go("/rooms/lobby")
        await expect(badge(bo, ann)).to_contain_text("@2")
        assert [one for one in await ann.words() if one != "read"] == ["psst", "are you there?", "call me"]


@BOTH
async def test_a_newcomer_sees_the_last_hundred_messages(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with (
        person(server.url, unique("Lin")) as lin,
        guest(browser, server.url, "Bo", scripts=scripts) as bo,
    ):
        fields = {"name": unique("Charts"), "preset": "last-hundred"}
        answer = await lin.client.post("/rooms", data=fields)
        room = answer.headers["location"].removeprefix("/rooms/")
        for n in range(150):
            await lin.say(room, f"chart {n}")
        await bo.join(fields["name"])
        await bo.reads("chart 149")
        assert await (everything(bo) if scripts else page_by_page(bo)) == [
            f"chart {n}" for n in range(50, 150)
        ]


async def everything(one: Guest) -> list[str]:
    """All messages, once those before them have been asked for."""
    earlier = one.page.locator("#earlier a")
    while await earlier.count():
        shown = len(await one.words())
        await earlier.click()
        await expect(one.stream.locator("li.msg").nth(shown)).to_be_attached()
    return await one.words()


async def page_by_page(one: Guest) -> list[str]:
    """All messages, by following the links to those before."""
    words = await one.words()
    earlier = one.stream.locator("#earlier a")
    while await earlier.count():
        await one.press(earlier)
        words = await one.page.locator("#log li.msg .msg-body").all_inner_texts() + words
        earlier = one.page.locator("#earlier a")
    return words
