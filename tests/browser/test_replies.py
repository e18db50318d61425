"""Answering: chosen at a message, kept with the draft, sent with every retry; also without scripts."""

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.people import given, person, two, until, until_live, until_shown, write
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTE = "document.getElementById('reply-note')"
SIZE = {"width": 1100, "height": 600}


async def until_quoted(page: Page, answer: int, words: str) -> None:
    """Wait until an answer shows these words last of what it answers."""
    await until(page, f"document.querySelector('#m-{answer} .quote')?.textContent.endsWith('{words}')")


async def until_note(page: Page, words: str) -> None:
    """Wait until the note above the box says this; an empty one is hidden."""
    await until(page, f"({NOTE}.hidden ? '' : {NOTE}.textContent) === '{words}'")


async def last_number(page: Page) -> int:
    return int(await page.evaluate("document.querySelector('#log > .msg:last-child').dataset.number"))


async def test_an_answer_is_written_and_follows_what_it_answers(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "Crane is **booked**\n\nfor eight")
        his = await bo.open(browser, server.url, room, viewport=SIZE)
        hers = await ann.open(browser, server.url, room, viewport=SIZE)
        for page in (his, hers):
            await until_live(page)
        await his.hover(f"#m-{number}")
        await his.click(f"#m-{number} .msg-tools [aria-label=Reply]")
        await until_note(his, f"Replying to {ann.name}: Crane is booked for eight")
        assert await his.evaluate("document.activeElement.id") == "text"
        await write(his, "Good")
        await until_note(his, "")
        await until(his, "document.querySelector('#log .quote')")
        answer = await last_number(his)
        for page in (his, hers):
            await until_quoted(page, answer, "Crane is booked for eight")
            assert not await page.evaluate(f"document.getElementById('m-{answer}').matches('.cont')")
        await ann.edit(room, number, "Crane is at nine")
        for page in (his, hers):
            await until_quoted(page, answer, "Crane is at nine")
        await his.click(f"#m-{answer} .quote")
        assert await his.evaluate("location.hash") == f"#m-{number}"
        await ann.client.post(f"/rooms/{room}/messages/{number}/delete")
        for page in (his, hers):
            await until_quoted(page, answer, "The message is gone")
            assert "nine" not in await page.inner_text("#log")
            assert await page.evaluate("violations") == []
            await page.context.close()


async def test_keys_begin_and_leave_an_answer(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "one")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        await until_note(page, f"Replying to {ann.name}: one")
        await page.keyboard.type("words")
        await page.keyboard.press("Escape")
        await until_note(page, "")
        assert await page.input_value("#text") == "words"
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        await page.click("#reply-note button")
        await until_note(page, "")
        assert await page.evaluate("document.activeElement.id") == "text"
        await page.keyboard.press("Enter")
        await until(page, "document.querySelectorAll('#log > .msg').length === 2")
        assert await page.locator("#log .quote").count() == 0
        await page.context.close()


async def test_an_answer_that_is_being_written_outlives_the_page_and_follows_its_message(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "first words")
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        await page.keyboard.type("half")
        await page.reload(wait_until="domcontentloaded")
        await until_live(page)
        await until_note(page, f"Replying to {ann.name}: first words")
        assert await page.input_value("#text") == "half"
        await ann.edit(room, number, "other words")
        await until_note(page, f"Replying to {ann.name}: other words")
        await ann.client.post(f"/rooms/{room}/messages/{number}/delete")
        await until_note(page, "Replying to an earlier message")
        await page.press("#text", "Enter")
        await until(page, "document.querySelector('p.quote')")
        await page.reload(wait_until="domcontentloaded")
        await until_note(page, "")
        await page.context.close()


async def test_a_retry_carries_what_it_answers_and_a_refusal_gives_it_back(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "one")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        tries = 0

        async def fail_twice(route: Route) -> None:
            nonlocal tries
            tries += 1
            await (route.abort() if tries < 3 else route.continue_())

        await page.route("**/messages", fail_twice)
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        await write(page, "yes")
        await until(page, "document.querySelector('#log .quote')")
        assert tries == 3
        await page.unroute("**/messages")
        await page.route("**/messages", given("<p class='error'>The message is gone.</p>", 422))
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        await write(page, "and no")
        await until(page, "document.getElementById('text').value === 'and no'")
        await until_note(page, f"Replying to {ann.name}: one")
        await page.context.close()


async def test_an_unsent_answer_is_sent_after_a_reload(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "one")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        await page.route("**/messages", lambda route: route.abort())
        await page.focus(f"#m-{number}")
        await page.keyboard.press("r")
        async with page.expect_event("requestfailed"):
            await write(page, "yes")
        await page.unroute("**/messages")
        await page.reload(wait_until="domcontentloaded")
        await until(page, "document.querySelector('#log .quote')")
        await page.context.close()


async def test_without_scripts_the_messages_page_has_a_form_to_answer(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        number = await ann.say(room, "Crane is booked")
        page = await bo.open(browser, server.url, room, java_script_enabled=False)
        await page.goto(f"{server.url}/rooms/{room}/messages/{number}")
        async with page.expect_navigation(wait_until="domcontentloaded"):
            await page.click("#reply button")
        assert await page.inner_text("#reply-note") == f"Replying to {ann.name}: Crane is booked"
        assert "Write something first." in await page.inner_text("#composer-error")
        await page.fill("#text", "Good")
        async with page.expect_navigation(wait_until="commit"):
            await page.click(".send")
        look = await ann.open(browser, server.url, room)
        await until_live(look)
        await until_quoted(look, await last_number(look), "Crane is booked")
        await until_shown(look, number)
        await look.context.close()
        await page.context.close()
