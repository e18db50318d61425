"""Rooms made and changed in a browser, while others look on."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until, until_live, until_numbers
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_kind_of_room_fills_in_the_settings_and_what_is_changed_after_it_holds(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, "lobby")
        await page.goto(f"{server.url}/rooms", wait_until="domcontentloaded")
        await until_live(page)
        await page.click("text=Workshop")
        await page.click("summary:has-text('Advanced')")
        assert await page.input_value("#keep") == "500"
        assert await page.input_value("#who_clears") == "everyone"
        await page.fill("#keep", "20")
        await page.fill("#new #name", f"Yard of {ann.name}")
        await page.click("text=Make room")
        await page.wait_for_selector("#room-title")
        await page.click("summary[aria-label='Room menu']")
        await page.click("text=Room settings")
        await page.wait_for_selector("#keep")
        assert await page.input_value("#keep") == "20"
        assert await page.input_value("#who_clears") == "everyone"
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_a_new_name_and_topic_are_in_open_pages_at_once(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        fields = {"name": f"Pier of {ann.name}", "topic": "<b>Boats</b>"}
        await ann.client.post(f"/rooms/{room}/settings", data=fields)
        await until(page, "document.querySelector('#room-title').textContent.includes('Boats')")
        title = await page.text_content("#room-title")
        assert title is not None
        assert fields["name"] in title
        assert "<b>Boats</b>" in title
        async with page.expect_event("domcontentloaded"):  # who may write is in more places of the page
            await ann.client.post(f"/rooms/{room}/settings", data={"who_posts": "moderators"})
        await page.wait_for_selector(".closed")
        assert "announcements" in str(await page.text_content("#room-title"))
        await page.context.close()


async def test_a_new_name_is_in_every_place_of_an_open_page(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        name = f"<i>Pier of {ann.name}"
        await ann.client.post(f"/rooms/{room}/settings", data={"name": name})
        await until(page, f"document.title === '{name} · Parley'")
        assert await page.get_attribute("#text", "placeholder") == f"Message {name}"
        assert await page.get_attribute("#scroll", "aria-label") == f"Messages in {name}"
        assert await page.text_content("#earlier h2") == f"This is the beginning of {name}"
        assert await page.text_content("#clear-title") == f"Clear {name}?"
        flags = "['.bar-face', '[aria-current]'].map(one => document.querySelector(one + ' .flag').innerHTML)"
        await until(page, f"new Set({flags}).size === 1")
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_pages_load_anew_as_often_as_a_room_s_rules_change(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        for history in ("joined", "visit"):
            epoch = await page.get_attribute("#log", "data-epoch")
            await ann.client.post(f"/rooms/{room}/settings", data={"history": history})
            await page.wait_for_selector(f"#log:not([data-epoch='{epoch}'])", timeout=8_000)
            await until_live(page)
        await page.context.close()


async def test_the_code_in_open_pages_is_the_one_that_opens(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        made = await ann.client.post("/rooms", data={"name": f"Cabin of {ann.name}", "preset": "private"})
        room = made.headers["location"].removeprefix("/rooms/")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        assert await page.locator("[data-copy]").count() == 0
        await ann.client.post(f"/rooms/{room}/settings", data={"access": "code"})
        await page.wait_for_selector("#room-code > button.code")
        first = await page.get_attribute("#room-code > button", "data-copy")
        await ann.client.post(f"/rooms/{room}/code")
        await until(page, f"document.querySelector('#room-code > button')?.dataset.copy !== '{first}'")
        now = await page.get_attribute("#room-code > button", "data-copy")
        assert await page.get_attribute("#menu-code > *", "data-copy") == now
        assert f'data-copy="{now}"' in (await ann.client.get(f"/rooms/{room}")).text
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_clearing_by_the_dialog_empties_every_open_page(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        await ann.say(room, "Chalk")
        mine = await ann.open(browser, server.url, room)
        others = await bo.open(browser, server.url, room)
        await until_live(mine)
        await until_live(others)
        name = await mine.text_content("#room-title .cut")
        await mine.click("summary[aria-label='Room menu']")
        await mine.click("[data-dialog=clear-dialog]")
        await mine.fill("#clear-name", str(name))
        await mine.click("text=Clear the room")
        for page in (mine, others):
            await until(page, "document.querySelector('#log [data-kind=cleared]')")
            await until_numbers(page, [])
        assert mine.url.endswith(f"/rooms/{room}")
        kept = await ann.say(room, "Ink")
        for page in (mine, others):
            await until_numbers(page, [kept])
            await page.context.close()
