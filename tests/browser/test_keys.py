"""The keyboard: through the list, the rooms, one's own words; and what Escape closes, in which order."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import person, two, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOCUSED = "document.activeElement.closest('.msg')?.dataset.number"
SIZE = {"width": 1100, "height": 600}


async def focused(page: Page) -> int:
    return int(await page.evaluate(f"{FOCUSED} ?? 0"))


async def test_keys_walk_through_the_list_and_its_tools(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        one, other, last = [await ann.say(room, f"line {n}") for n in range(3)]
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.focus("#scroll")
        walk = (("k", last), ("k", other), ("j", last), ("j", last), ("ArrowUp", other), ("ArrowDown", last))
        for key, number in (*walk, ("Home", one), ("ArrowUp", one), ("End", last)):
            await page.keyboard.press(key)
            assert await focused(page) == number, key
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.ariaLabel") == "React"
        await page.keyboard.press("Escape")
        assert await page.evaluate("document.activeElement.id") == f"m-{last}"
        await page.keyboard.press("e")
        await page.keyboard.press("Delete")
        assert await page.locator("#edit").count() == 0, "somebody else's words"
        await page.context.close()


async def test_letters_are_no_keys_elsewhere_or_when_switched_off(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "hello")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.focus("#text")
        await page.keyboard.type("jek?")
        assert await page.input_value("#text") == "jek?"
        await page.fill("#text", "")
        await page.focus(f"#m-{number}")
        await page.keyboard.press("?")
        await page.uncheck("#keys #single-keys")
        await page.keyboard.press("Escape")
        assert not await page.evaluate("document.getElementById('keys').open")
        assert await focused(page) == number
        await page.reload(wait_until="domcontentloaded")
        await until_live(page)
        await page.focus(f"#m-{number}")
        for key in ("?", "e", "j"):
            await page.keyboard.press(key)
        assert not await page.evaluate("document.querySelector('dialog[open], #edit')")
        await page.keyboard.press("Home")
        assert await focused(page) == number
        await page.context.close()


async def test_words_are_changed_where_they_stand(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "Hight tide")
        await bo.come_in(room)
        theirs = await bo.say(room, "yes")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.press("#text", "ArrowUp")
        await page.wait_for_selector(f"#m-{number} #edit textarea:focus")
        await page.keyboard.press("Escape")
        assert await page.locator("#edit").count() == 0
        assert await page.evaluate("document.activeElement.id") == f"m-{number}"
        await page.keyboard.press("e")
        await page.wait_for_selector("#edit textarea:focus")
        await page.keyboard.press("End")
        await page.keyboard.type("s")
        await ann.edit(room, number, "High tide!")
        await page.wait_for_selector(f"#m-{number} .msg-edited")
        assert await page.input_value("#edit textarea") == "Hight tides", "kept while the message changed"
        assert await page.evaluate("document.activeElement.name") == "body"
        await page.fill("#edit textarea", "High tide")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#edit", state="detached")
        await until(page, f"document.querySelector('#m-{number} .msg-body').innerText === 'High tide'")
        assert await page.evaluate("document.activeElement.id") == f"m-{number}"
        assert await page.locator(f"#m-{theirs}").count() == 1
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_words_that_cannot_be_saved_stay_with_the_reason(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "hello")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.locator(f"#m-{number}").hover()
        await page.locator(f"#m-{number} a.own").click()
        await page.fill("#edit textarea", "  ")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#edit .error")
        assert await page.inner_text("#edit .error")
        await page.click("#edit a:has-text('Cancel')")
        assert await page.locator("#edit").count() == 0
        assert await page.inner_text(f"#m-{number} .msg-body") == "hello"
        await page.context.close()


async def test_escape_closes_one_thing_at_a_time(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        for n in range(40):
            number = await ann.say(room, f"line {n}")
        page = await ann.open(browser, server.url, room, viewport=SIZE)
        await until_live(page)
        await page.press("#text", "ArrowUp")
        await page.wait_for_selector("#edit textarea:focus")
        await page.evaluate("document.getElementById('scroll').scrollTop = -700")
        await until(page, "document.getElementById('scroll').scrollTop < -600")
        await page.click("summary[aria-label='Room menu']")
        away = "document.getElementById('scroll').scrollTop < -80"
        await page.keyboard.press("Escape")
        assert await page.locator("details.menu[open]").count() == 0
        assert await page.locator("#edit").count() == 1
        await page.keyboard.press("Escape")
        assert await page.locator("#edit").count() == 0
        assert await page.evaluate(away)
        await page.focus("#text")
        await page.keyboard.press("Control+k")
        await page.wait_for_selector("#switcher[open]")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("#switcher", state="hidden")
        assert await page.evaluate(away)
        await page.keyboard.press("Escape")
        await until(page, "document.getElementById('scroll').scrollTop === 0")
        assert number in await page.evaluate(
            "[...document.querySelectorAll('.msg')].map(li => +li.dataset.number)"
        )
        await page.context.close()


async def test_alt_and_arrows_go_to_the_next_room(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        here, _ = await ann.make_room(), await ann.make_room()
        page = await ann.open(browser, server.url, here)
        await until_live(page)
        slugs = await page.evaluate(
            "[...document.querySelectorAll('#rooms-list a')].map(a => a.dataset.slug)"
        )
        at = slugs.index(here)
        await page.keyboard.press("Alt+ArrowDown")
        await page.wait_for_url(f"**/rooms/{slugs[(at + 1) % len(slugs)]}", wait_until="domcontentloaded")
        await page.keyboard.press("Alt+ArrowUp")
        await page.wait_for_url(f"**/rooms/{here}", wait_until="domcontentloaded")
        await until_live(page)
        await page.evaluate(
            "document.querySelector(`#rooms-list a:not([aria-current])`)"
            ".insertAdjacentHTML('beforeend', '<span class=badge>3</span>')"
        )
        news = await page.evaluate("document.querySelector('#rooms-list a:has(.badge)').dataset.slug")
        await page.keyboard.press("Alt+Shift+ArrowUp")
        await page.wait_for_url(f"**/rooms/{news}", wait_until="domcontentloaded")
        await page.context.close()
