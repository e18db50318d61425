"""Dialogs, codes that copy themselves, and kinds of room that fill in the settings."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = "document.activeElement.textContent.trim()"


async def test_a_dialog_asks_before_loss_and_gives_the_focus_back(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "hello")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        for leave in ("Escape", "Enter"):
            await page.click("summary[aria-label='Room menu']")
            await page.click("[data-dialog='clear-dialog']")
            await page.wait_for_selector("#clear-dialog[open]")
            assert await page.evaluate(FOCUSED) == "Keep everything"
            await page.keyboard.press(leave)
            await page.wait_for_selector("#clear-dialog", state="hidden")
            assert await page.evaluate(FOCUSED) == "Clear…"
            await page.keyboard.press("Escape")
            assert await page.locator("details.menu[open]").count() == 0
        assert page.url.endswith(f"/rooms/{room}")
        assert await page.locator(f"#m-{number}").count() == 1
        await page.context.close()


async def test_a_code_copies_itself_and_says_so(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        made = await ann.client.post("/rooms", data={"name": "Slipway", "preset": "drop-in"})
        room = made.headers["location"].rpartition("/")[2]
        allowed = ["clipboard-read", "clipboard-write"]
        page = await ann.open(browser, server.url, room, permissions=allowed)
        await until_live(page)
        code = await page.inner_html("button.code")
        await page.press("button.code", "Enter")
        await until(page, "document.querySelector('button.code').textContent === '✓ Copied'")
        await until(page, "document.querySelector('p.vh[role=status]').textContent === 'Copied'")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await page.get_attribute("button.code", "data-copy")
        await until(page, "document.querySelector('button.code').textContent !== '✓ Copied'")
        assert await page.inner_html("button.code") == code
        await page.context.close()


async def test_who_comes_in_takes_nothing_from_under_the_hand(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as ben:
        made = await ann.client.post("/rooms", data={"name": "Winch", "preset": "drop-in"})
        page = await ann.open(browser, server.url, made.headers["location"].rpartition("/")[2])
        await until_live(page)
        await page.locator("button.code").focus()
        code = await page.get_attribute("button.code", "data-copy")
        await ben.client.post("/join", data={"code": str(code)})
        await page.wait_for_selector("#people-in li:nth-child(2)")
        assert await page.evaluate("document.activeElement.dataset.copy") == code
        await page.locator("#people-in a").first.focus()
        link = await page.evaluate("document.activeElement.id")
        await ben.client.post(f"{page.url}/leave")
        await page.wait_for_selector("#people-in li:nth-child(2)", state="detached")
        assert await page.evaluate("document.activeElement.id") == link
        await page.context.close()


async def test_a_kind_of_room_fills_in_the_settings_below_it(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await page.goto(f"{server.url}/rooms", wait_until="domcontentloaded")
        await page.click("#new .more-form > summary")
        await page.check("#new [name=preset][value='drop-in']")
        assert await page.input_value("#new [name=access]") == "code"
        assert await page.input_value("#new [name=lifetime]") == "ephemeral"
        await page.select_option("#new [name=lifetime]", "kept")
        assert await page.is_checked("#new [value='drop-in']")
        await page.check("#new [name=preset][value='private']")
        assert await page.input_value("#new [name=access]") == "private"
        await page.context.close()
