"""Small manners of the room's page: lines, words and controls that say what is so."""

import pytest
from playwright.async_api import Browser

from tests.browser.people import person, two, until, until_live, until_shown, write
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOLD = "[...document.querySelectorAll('#log > .told > span:nth-child(2)')].map(one => one.textContent)"
NOTICE = """person => {
  const target = document.getElementById('log');
  const [epoch, n] = document.getElementById('cursor').value.split('.');
  const [next, li] = [Number(n) + 1, `class="notice" data-kind="host" data-person="${person}"`];
  htmx.swap({ sourceElement: target, target, swap: 'beforeend', text: `<li ${li} id="c-${next}"
    data-number="${next}" data-change="${next}" data-pos="${next}000000"><span></span><span></span></li>
    <i data-mark="${epoch}.${next}" hidden></i>` });
}"""
TOP = "document.getElementById('scroll').scrollTop"


async def test_comings_and_goings_are_one_line_live_and_after_a_reload(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo), person(server.url) as cy, person(server.url) as di:
        room = await ann.make_room()
        await ann.say(room, "hello")
        page = await ann.open(browser, server.url, room)
        await until_live(page)
        for one in (bo, cy):
            await one.come_in(room)
        await until(page, f"{TOLD}.join() === 'Ann and Ann came in'")
        await di.come_in(room)
        await di.client.post(f"/rooms/{room}/leave")
        await until(page, f"{TOLD}.join() === 'Ann and Ann came in, Ann came and went'")
        line = await page.evaluate("document.querySelector('#log > .told').innerHTML")
        await page.reload(wait_until="domcontentloaded")
        await until_live(page)
        assert await page.evaluate("document.querySelectorAll('#log > .told').length") == 1
        assert await page.evaluate(TOLD) == ["Ann and Ann came in, Ann came and went"]
        squeeze = "document.querySelector('#log > .told').innerHTML.replace(/\\s+/g, '')"
        assert await page.evaluate(squeeze) == "".join(line.split())
        assert await page.evaluate("shift") == 0, await page.evaluate("shifted")
        words = await ann.say(room, "words between")
        await until_shown(page, words)
        await bo.client.post(f"/rooms/{room}/leave")
        await until(page, "document.querySelector('#log > li:last-child').dataset.kind === 'left'")
        assert len(await page.evaluate(TOLD)) == 1
        await page.context.close()


async def test_whoever_stays_is_moved_by_nothing_until_they_follow(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        for n in range(30):
            await ann.say(room, f"line {n}")
        page = await bo.open(browser, server.url, room, viewport={"width": 1100, "height": 600})
        await until_live(page)
        await page.click("#follow")
        assert await page.inner_text("#follow") == "Staying here"
        assert "#i-stay" in str(await page.get_attribute("#follow use", "href"))
        await page.evaluate("window.seen = document.querySelector('#log .msg:nth-last-child(2)')")
        stood = await page.evaluate("seen.getBoundingClientRect().top")
        await until_shown(page, await ann.say(room, "news"))
        await write(page, "mine")
        await page.wait_for_selector("#log .msg:has-text('mine')")
        assert abs(await page.evaluate("seen.getBoundingClientRect().top") - stood) < 2
        await page.click("#follow")
        await until(page, f"{TOP} === 0")
        assert await page.inner_text("#follow") == "Following"
        await page.context.close()


async def test_a_message_that_is_not_sent_says_so_and_can_be_sent_again(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann, Proxy(server.port) as proxy:
        page = await ann.open(browser, proxy.origin, await ann.make_room())
        await until_live(page)
        proxy.faults = Faults(post="reset")
        await write(page, "again and again")
        failed = page.locator("#outbox .msg-state[data-state=failed]")
        await failed.wait_for(timeout=20_000)
        assert "Not sent." in await failed.inner_text()
        assert await page.locator("#outbox .msg-state[data-state=sending]").is_hidden()
        proxy.faults = Faults()
        await page.click("#outbox [data-again]")
        await page.wait_for_selector("#log .msg:has-text('again and again')")
        await until(page, "!document.querySelector('#outbox > li')")
        await page.context.close()


async def test_words_that_are_too_long_are_refused_until_they_are_shorter(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        page = await ann.open(browser, server.url, await ann.make_room())
        await until_live(page)
        await write(page, "x" * 4001)
        assert await page.inner_text("#composer-error") == "1 character too many. Shorten it."
        assert await page.get_attribute("#text", "aria-invalid") == "true"
        assert await page.inner_text("#left") == "-1 left"
        await page.press("#text", "Backspace")
        assert await page.locator("#composer-error").is_hidden()
        assert await page.get_attribute("#text", "aria-invalid") is None
        await page.context.close()


async def test_a_menu_closes_by_escape_and_by_a_press_elsewhere(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        phone = {"viewport": {"width": 390, "height": 844}}
        page = await ann.open(browser, server.url, await ann.make_room(), **phone)
        await until_live(page)
        await page.click("details.menu summary")
        await page.click(".menu-panel [data-follow]")
        assert await page.inner_text(".menu-panel [data-follow]") == "Staying here"
        await page.keyboard.press("Escape")
        assert not await page.evaluate("document.querySelector('details.menu').open")
        await page.click("details.menu summary")
        await page.mouse.click(100, 400)
        assert not await page.evaluate("document.querySelector('details.menu').open")
        await page.context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 225), (390, 844), (1440, 900)])
async def test_nothing_has_to_be_scrolled_sideways(
    server: Parley, browser: Browser, width: int, height: int
) -> None:
    async with person(server.url, f"Wolfeschlegelstein{width} {'b' * 8}") as ann:
        answer = await ann.client.post("/rooms", data={"name": f"{width}{'w' * 44}", "topic": "long " * 39})
        room = answer.headers["location"].rpartition("/")[2]
        number = await ann.say(
            room, "word" * 100 + "\n\n```\n" + "code " * 80 + "\n```\n" + "https://a.example/" * 9
        )
        size = {"width": width, "height": height}
        page = await ann.open(browser, server.url, room, viewport=size)
        for path in (f"/rooms/{room}", f"/rooms/{room}/messages/{number}", "/rooms", "/rooms/none", "/enter"):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        await page.context.close()


async def test_a_page_without_scripts_shows_its_reader_in_the_room(server: Parley, browser: Browser) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.goto(server.url + "/rooms")
        await until_live(page)
        quiet = await bo.open(browser, server.url, room, java_script_enabled=False)
        assert bo.name in await quiet.inner_text("#people ul:first-of-type")
        await quiet.context.close()
        await page.context.close()


async def test_a_page_whose_rights_have_changed_loads_again_with_its_draft(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        room = await ann.make_room()
        page = await bo.open(browser, server.url, room)
        await until_live(page)
        await page.fill("#text", "half a thought")
        await page.evaluate("window.first = true")
        await page.evaluate(NOTICE, "u-0")
        await page.wait_for_timeout(100)
        assert await page.evaluate("window.first"), "somebody else's rights"
        async with page.expect_event("domcontentloaded"):
            await page.evaluate(NOTICE, await page.evaluate("document.body.dataset.me"))
        assert await page.input_value("#text") == "half a thought"
        await page.context.close()
