"""Going to a room by a few letters, and the marks of the lists."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOWN = "[...document.querySelectorAll('#choices > :not([hidden])')].map(one => one.innerText.trim())"
CHOSEN = "document.querySelector('#choices [aria-selected=true]')?.innerText.trim()"
SAID = "document.querySelector('p.vh[role=status]').textContent"


async def test_a_few_letters_lead_to_a_room(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        here = await ann.make_room()
        answer = await ann.client.post("/rooms", data={"name": f"Café Ölüdeniz {here}"})
        there = answer.headers["location"]
        page = await ann.open(browser, server.url, here)
        await until_live(page)
        await page.keyboard.press("Control+k")
        assert await page.evaluate("document.activeElement.matches('#switcher input')")
        everything = await page.evaluate(SHOWN)
        assert everything[-3:] == ["All rooms", "Search messages", "Settings"]
        assert await page.evaluate(CHOSEN) == everything[0]
        await page.keyboard.press("ArrowUp")
        assert await page.evaluate(CHOSEN) == "Settings"
        await page.keyboard.press("ArrowDown")
        assert await page.evaluate(CHOSEN) == everything[0]
        await page.keyboard.type("OLUDENIZ " + here)
        assert await page.evaluate(SHOWN) == [f"Café Ölüdeniz {here}", "Search messages"]
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{there}", wait_until="domcontentloaded")
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_the_button_opens_it_and_has_the_focus_again(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await until_live(page)
        await page.click(".side-jump a")
        await page.keyboard.type("nothing of this name")
        assert await page.evaluate(SHOWN) == ["Search messages"]
        await page.keyboard.press("Escape")
        await page.wait_for_selector("#switcher", state="hidden")
        assert await page.evaluate("document.activeElement.matches('.side-jump a')")
        await page.goto(f"{server.url}/rooms", wait_until="domcontentloaded")
        await page.keyboard.press("Control+k")
        assert await page.evaluate("document.getElementById('switcher').open")
        await page.context.close()


async def test_people_are_found_once_and_nobody_finds_themselves(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo, person(server.url) as cy:
        room = await ann.make_room()
        for other in (bo, cy):
            await other.come_in(room)
        await ann.client.post("/direct", data={"name": bo.name})
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.keyboard.press("Control+k")
        names = await page.evaluate(
            "[...document.querySelectorAll('#choices [data-person] .cut')].map(one => one.textContent)"
        )
        assert names == [bo.name, cy.name]
        await page.context.close()


async def test_the_page_of_rooms_scrolls_inside_its_frame_only(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await page.click("a[aria-label='Message somebody']")
        await page.wait_for_url("**/rooms#message", wait_until="domcontentloaded")
        await until_live(page)
        assert await page.evaluate("[scrollY, document.documentElement.scrollHeight - innerHeight]") == [0, 0]
        await page.context.close()


async def test_lists_keep_their_marks_when_they_come_anew(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        here, there = await ann.make_room(), await ann.make_room()
        await bo.come_in(there)
        page = await ann.open(browser, server.url, here)
        await until_live(page)
        await bo.say(there, "hello")
        await until(page, "document.getElementById('news').textContent === '1'")
        assert await page.evaluate(SAID) == ""
        last = await bo.say(there, f"@{ann.name} come over")
        await until(page, f"{SAID}.startsWith('Mention in Harbour')")
        assert await page.evaluate("document.getElementById('news').className") == "badge at"
        assert await page.get_attribute(".back", "aria-label") == "Rooms, 1 with news"
        current = "document.querySelector('#rooms-list [aria-current]')"
        await page.evaluate(f"{current}.removeAttribute('aria-current')")
        await ann.client.post(f"/rooms/{there}/read", data={"number": str(last)})  # on another device
        await until(page, "document.getElementById('news').hidden")
        await until(page, f"{current}?.dataset.slug === '{here}'")
        await page.context.close()
