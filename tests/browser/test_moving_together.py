"""Moving messages while others do things too; and what stands between messages afterwards."""

import random
import sqlite3

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.people import Person, given, person, two, until, until_live, until_numbers, until_shown
from tests.browser.test_moving import FOCUS, LANDS, opened, room_of
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY_MS = 24 * 60 * 60 * 1000
BESIDE = """html => {
  const log = html ? new DOMParser().parseFromString(html, 'text/html').getElementById('log') : window.log;
  const told = li => li.textContent.replace(/\\s+/g, ' ').trim();
  const stands = li => li.id !== 'new' || !li.hidden;
  return [...log.children].filter(stands).map(li =>
    li.matches('.msg') ? li.id + (li.matches('.cont') ? ' cont' : '')
    : li.matches('.day') ? told(li) : li.matches('.told') ? 'told ' + li.dataset.of
    : li.id + ' ' + li.className);
}"""  # what a page's log is made of, or that of the page with this HTML


async def move(ann: Person, room: str, number: int, **where: int) -> None:
    fields = {name: str(target) for name, target in where.items()}
    answer = await ann.client.post(f"/rooms/{room}/messages/{number}/move", data=fields)
    assert answer.status_code == 303, answer.text


async def lift(page: Page, number: int) -> None:
    await page.locator(f"#m-{number}").focus()
    await page.keyboard.press("m")
    assert await page.evaluate(LANDS)


async def test_others_write_edit_and_move_while_a_message_is_lifted(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        page = await opened(ann, browser, server, room)
        await lift(page, said[4])
        for key in ("ArrowUp", "ArrowUp"):
            await page.keyboard.press(key)
        new = await ann.say(room, "news")
        await until_shown(page, new)
        await ann.edit(room, said[4], "better words")
        await until(page, f"document.getElementById('m-{said[4]}').textContent.includes('better words')")
        assert (await page.evaluate(LANDS), await page.evaluate(FOCUS)) == (
            f"after m-{said[1]}",
            f"m-{said[4]}",
        )
        await expect(page.locator(f"#m-{said[4]}.moving")).to_be_visible()
        await move(ann, room, said[4], before=said[0])
        await until_numbers(page, [said[4], *said[:4], new])
        assert (await page.evaluate(LANDS), await page.evaluate(FOCUS)) == (
            f"after m-{said[1]}",
            f"m-{said[4]}",
        )
        await page.keyboard.press("Enter")
        await until_numbers(page, [said[0], said[1], said[4], said[2], said[3], new])
        await page.context.close()


async def test_what_is_taken_away_while_it_is_lifted_is_said_to_be_gone(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        page = await opened(ann, browser, server, room)
        await lift(page, said[4])
        await ann.client.post(f"/rooms/{room}/messages/{said[4]}/delete")
        await expect(page.locator("#how")).to_have_text("The message is gone.")
        await expect(page.locator("#arrange button").first).to_be_hidden()
        assert await page.evaluate(LANDS) == ""
        await lift(page, said[1])
        await page.keyboard.press("ArrowDown")
        await ann.client.post(f"/rooms/{room}/clear", data={"name": "Harbour"})
        title = await page.locator("#room-title h1 .cut").inner_text()
        assert (await ann.client.post(f"/rooms/{room}/clear", data={"name": title})).status_code == 303
        await until_numbers(page, [])
        await expect(page.locator("#how")).to_have_text("The message is gone.")
        assert await page.locator("#composer").is_visible()
        await page.context.close()


async def test_what_cannot_be_moved_is_back_in_its_place(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        page = await opened(ann, browser, server, room)
        await lift(page, said[4])
        await page.keyboard.press("Home")
        await page.route("**/move", lambda route: route.abort())
        await page.keyboard.press("Enter")
        await expect(page.locator("#how")).to_have_text(
            "It could not be moved there. It is back in its place."
        )
        assert await page.locator(".moving").count() == 0
        await until_numbers(page, said)
        await page.unroute("**/move")
        await page.route("**/move", given("<p>Some other server's page</p>"))
        await lift(page, said[4])
        for key in ("Home", "Enter"):
            await page.keyboard.press(key)
        await expect(page.locator("#how")).to_contain_text("back in its place")
        await page.context.close()


async def test_what_is_moved_out_of_the_page_leaves_and_what_comes_in_is_not_new(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room, said = await room_of(ann, 70)
        await bo.come_in(room)
        page = await opened(bo, browser, server, room)
        shown = [number for number in said if await page.locator(f"#m-{number}").count()]
        assert 40 < len(shown) < len(said)
        await page.evaluate("document.getElementById('scroll').scrollTop = -400")
        await until(page, "document.getElementById('scroll').scrollTop < -300")
        await move(ann, room, shown[5], before=said[3])
        await until_numbers(page, [number for number in shown if number != shown[5]])
        await move(ann, room, said[0], before=shown[7])
        at = shown.index(shown[7])
        plain = [number for number in [*shown[:at], said[0], *shown[at:]] if number != shown[5]]
        await until_numbers(page, plain)
        assert await page.inner_text("#pill-text") == "Jump to latest"
        assert "(" not in await page.title()
        await page.click("#earlier a")
        whole = [said[1], said[2], shown[5], *said[3 : said.index(shown[0])], *plain]
        await until_numbers(page, whole)
        await page.context.close()


async def test_what_stands_between_messages_is_what_the_server_sets(server: Parley, browser: Browser) -> None:
    """Days, headings, lines of notices and "New", after each of some moves."""
    chance = random.Random(7)
    async with two(server) as (ann, bo):
        room, said = await room_of(ann, 2)
        await bo.come_in(room)
        for n in range(12):
            said.append(await (ann if n % 3 else bo).say(room, f"more {n}"))
        scatter(server, room, said)
        page = await bo.open(browser, server.url, "lobby", timezone_id="UTC")
        await page.context.route("**/read", lambda route: route.abort())
        await page.goto(f"{server.url}/rooms/{room}", wait_until="domcontentloaded")
        await until_live(page)
        await page.evaluate("window.log = document.getElementById('log')")
        plain, lines = list(said), set[int]()
        for _ in range(15):
            number, target = chance.sample(plain, 2)
            await move(ann, room, number, before=target)
            plain.remove(number)
            plain.insert(plain.index(target), number)
            await until_numbers(page, plain)
            html = (await bo.client.get(f"/rooms/{room}")).text
            assert await page.evaluate(BESIDE, "") == await page.evaluate(BESIDE, html)
            lines.add(await page.evaluate("[...log.children].findIndex(li => li.id === 'new' && !li.hidden)"))
        assert len(lines) > 2, "the line stood still"
        assert sum("cont" in one for one in await page.evaluate(BESIDE, "")) > 0
        await page.context.close()


def scatter(server: Parley, room: str, said: list[int]) -> None:
    """Have the messages be said on four days, some of them shortly after another."""
    with sqlite3.connect(server.folder / "data" / "chat.db", timeout=10) as database:
        for n, number in enumerate(said):
            back = DAY_MS * (3 - n * 4 // len(said)) - 30_000 * n
            which = "(SELECT id FROM rooms WHERE slug = ?)"
            database.execute(f"UPDATE messages SET at_ms = at_ms - ? WHERE room_id = {which} AND number = ?",
                             (back, room, number))  # fmt: skip


async def test_moving_is_live_where_the_network_is_bad(server: Parley, browser: Browser) -> None:
    """A page that has missed a move, and the positions made anew after it, loads again and has them."""
    async with person(server.url) as ann:
        room, said = await room_of(ann, 4)
        page = await opened(ann, browser, server, room)
        plain = list(said)
        for n in range(24):
            moved = said[2 + n % 2]
            await move(ann, room, moved, after=said[0])
            plain.remove(moved)
            plain.insert(1, moved)
        words = [f"words {said.index(number)}" for number in plain]
        await expect(page.locator("#log .msg-body")).to_have_text(words)
        html = (await ann.client.get(f"/rooms/{room}")).text
        epoch = await page.locator("#log").get_attribute("data-epoch")
        assert f'value="{epoch}.' in html
        await page.context.close()
