"""Reactions between people who look on, the board of emoji, and both without scripts."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import Person, given, person, two, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHIPS = "[...document.querySelectorAll('#m-{} button.react')].map(one => one.textContent).join(' ')"
FOCUSED = "document.activeElement.closest('li')?.id"
SIZE = {"width": 1100, "height": 600}


async def until_chips(page: Page, number: int, shown: str) -> None:
    """Wait until a message has exactly these reactions."""
    await until(page, f"{CHIPS.format(number)} === '{shown}'")


async def react(who: Person, room: str, number: int, emoji: str) -> None:
    answer = await who.client.post(f"/rooms/{room}/messages/{number}/react", data={"emoji": emoji})
    assert answer.status_code == 303, answer.text


async def test_two_people_see_each_others_reactions_and_which_are_their_own(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "Crane is booked")
        hers = await ann.open(browser, server.url, room, viewport=SIZE)
        his = await bo.open(browser, server.url, room, viewport=SIZE)
        for page in (hers, his):
            await until_live(page)
        await his.hover(f"#m-{number}")
        await his.click(f"#m-{number} .msg-tools [aria-label=React]")
        await his.click("#emoji [value='🎉']")
        for page in (hers, his):
            await until_chips(page, number, "🎉1")
        colour = "getComputedStyle(document.querySelector('.react')).backgroundColor"
        assert await hers.evaluate(colour) != await his.evaluate(colour), "his own has another colour"
        await hers.click(f"#m-{number} .react >> nth=0")
        for page in (hers, his):
            await until_chips(page, number, "🎉2")
        await his.click(f"#m-{number} .react >> nth=0")
        for page in (hers, his):
            await until_chips(page, number, "🎉1")
        for page in (hers, his):
            assert await page.evaluate("violations") == []
            await page.context.close()


async def test_a_double_press_is_on_and_off_and_a_third_on_again(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "Crane is booked")
        await bo.come_in(room)
        await react(bo, room, number, "👍")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.evaluate("""[1, 2, 3].forEach(() => document.querySelector('button.react').click())""")
        await until(page, f"document.getElementById('m-{number}').dataset.change >= {number} + 5")
        assert await page.evaluate(CHIPS.format(number)) == "👍2"
        await page.context.close()


async def test_the_keyboard_reacts_and_keeps_its_place(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number, last = [await ann.say(room, words) for words in ("one", "two")]
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.focus(f"#m-{number}")
        await page.keyboard.press("+")
        await until(page, "document.activeElement.value === '👍'")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await until_chips(page, number, "❤️1")
        assert await page.evaluate(FOCUSED) == f"m-{number}"
        await page.focus(f"#m-{number} button.react")
        await react(ann, room, number, "👀")
        await until_chips(page, number, "❤️1 👀1")
        assert await page.evaluate("document.activeElement.value") == "❤️", (
            "somebody's reaction took the focus"
        )
        await page.keyboard.press("Enter")
        await until_chips(page, number, "👀1")
        assert await page.evaluate(FOCUSED) == f"m-{number}"
        await page.focus(f"#m-{last}")
        await page.keyboard.press("+")
        await page.keyboard.press("Escape")
        await until(page, f"!document.querySelector('#emoji:popover-open') && {FOCUSED} === 'm-{last}'")
        await page.context.close()


async def test_the_board_stands_beside_what_opened_it(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        said = [await ann.say(room, f"line {n}") for n in range(6)]
        page = await ann.open(browser, server.url, room, viewport={"width": 1100, "height": 800})
        await until_live(page)
        for number in (said[0], said[-1]):
            link = page.locator(f"#m-{number} .msg-tools [aria-label=React]")
            await page.hover(f"#m-{number}")
            await link.click()
            tool, board = await link.bounding_box(), await page.locator("#emoji").bounding_box()
            assert tool
            assert board
            assert board["x"] + board["width"] == pytest.approx(tool["x"] + tool["width"], abs=1)
            gaps = (board["y"] - tool["y"] - tool["height"], tool["y"] - board["y"] - board["height"])
            assert min(map(abs, gaps)) < 1, gaps
            await page.keyboard.press("Escape")
        await page.click("[popovertarget=emoji]")
        assert await page.get_attribute("#emoji", "style") is None, "it stands by the box again"
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_reactions_never_scroll(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        said = [await ann.say(room, f"line {n}") for n in range(40)]
        page = await bo.open(browser, server.url, room, viewport=SIZE)
        await until_live(page)
        await page.evaluate(f"document.getElementById('m-{said[10]}').scrollIntoView({{block: 'center'}})")
        await page.evaluate("new Promise(requestAnimationFrame)")
        top = f"document.getElementById('m-{said[10]}').getBoundingClientRect().top"
        before = await page.evaluate(top)
        for number in (said[2], said[12], said[39]):
            await react(ann, room, number, "👍")
            await until_chips(page, number, "👍1")
        assert abs(await page.evaluate(top) - before) < 2
        await page.context.close()


async def test_the_board_writes_into_the_box_at_the_caret(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.fill("#text", "ab")
        await page.evaluate("document.getElementById('text').setSelectionRange(1, 1)")
        await page.click("#composer [aria-label=Emoji]")
        await page.click("#emoji [value='⚓']")
        assert await page.input_value("#text") == "a⚓b"
        assert await page.evaluate("document.activeElement.id") == "text"
        assert await page.get_attribute(".auto", "data-value") == "a⚓b"
        await page.context.close()


async def test_a_reaction_that_is_refused_is_told(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "hello")
        await bo.come_in(room)
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        refusal = given("<p class='error'>32 kinds are enough.</p>", 422)
        await page.route("**/react", refusal)
        await page.focus(f"#m-{number}")
        await page.keyboard.press("+")
        await page.keyboard.press("Enter")
        await until(page, "document.getElementById('composer-error').textContent === '32 kinds are enough.'")
        await page.context.close()


async def test_without_scripts_a_reaction_is_a_button_and_the_board_is_on_the_messages_page(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "hello")
        page = await bo.open(browser, server.url, room, java_script_enabled=False)
        assert not await page.is_visible("#composer [aria-label=Emoji]")
        await page.goto(f"{server.url}/rooms/{room}/messages/{number}")
        await page.click("#react [value='👍']")
        await page.wait_for_url(f"**/rooms/{room}?at={number}#m-{number}", wait_until="commit")
        await page.goto(f"{server.url}/rooms/{room}/messages/{number}")
        assert await page.text_content(f"#m-{number} button.react") == "👍1"
        async with page.expect_navigation(wait_until="commit"):
            await page.click(f"#m-{number} button.react")
        await page.goto(f"{server.url}/rooms/{room}/messages/{number}")
        assert await page.locator(f"#m-{number} button.react").count() == 0
        await page.context.close()
