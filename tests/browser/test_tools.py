"""The tools of messages: one strip, in the message that is pointed at or has the focus."""

import pytest
from playwright.async_api import Browser, Dialog, Page, Route, expect

from tests.browser.people import Person, person, two, until, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZE = {"width": 1100, "height": 600}
AT = "document.querySelector('.msg-tools')?.closest('.msg').id"
FOCUSED = "[document.activeElement.closest('.msg')?.id, document.activeElement.ariaLabel]"
SEEN = "one => one.checkVisibility({ visibilityProperty: true })"
SHOWN = f"[...document.querySelectorAll('.msg-tools')].filter({SEEN}).length"
HOVERED = "document.querySelector('.msg:hover')?.id"
ADDRESSES = "[...document.querySelectorAll('.msg-tools a')].map(a => a.getAttribute('href'))"


async def opened(
    who: Person, browser: Browser, server: Parley, count: int = 3
) -> tuple[Page, str, list[int]]:
    """A live page of a room with some messages of its reader."""
    room = await who.make_room()
    said = [await who.say(room, f"line {n}") for n in range(count)]
    page = await who.open(browser, server.url, room, viewport=SIZE)
    await until_live(page)
    return page, room, said


async def react(who: Person, room: str, number: int) -> None:
    answer = await who.client.post(f"/rooms/{room}/messages/{number}/react", data={"emoji": "👀"})
    assert answer.status_code == 303, answer.text


async def test_they_are_where_the_pointer_is_else_where_the_focus_is(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        page, room, (one, two_, gone) = await opened(ann, browser, server)
        await ann.client.post(f"/rooms/{room}/messages/{gone}/delete")
        await page.wait_for_selector(f"#m-{gone}[data-deleted]")
        assert await page.evaluate(SHOWN) == 0
        for number in (one, two_):
            await page.hover(f"#m-{number}")
            assert (await page.evaluate(AT), await page.evaluate(SHOWN)) == (f"m-{number}", 1)
            path = f"/rooms/{room}/messages/{number}"
            assert await page.evaluate(ADDRESSES) == [
                f"{path}{anchor}" for anchor in ("#react", "#reply", "", "#edit", "#move", "#delete")
            ]
        await page.focus(f"#m-{one}")
        assert await page.evaluate(AT) == f"m-{one}"
        await page.hover(f"#m-{two_} .msg-body")
        assert await page.evaluate(AT) == f"m-{two_}"
        for elsewhere in (f"#m-{gone}", "#text"):
            await page.hover(elsewhere)
            assert (await page.evaluate(AT), await page.evaluate(SHOWN)) == (f"m-{one}", 1), elsewhere
        await page.focus(f"#m-{gone}")
        await page.keyboard.press("Tab")
        assert await page.evaluate(f"{AT} !== 'm-{gone}'"), "nothing can be done with it"
        assert await page.evaluate("violations") == []
        await page.context.close()


async def test_a_resting_pointer_takes_nothing_from_the_keyboard(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page, _, said = await opened(ann, browser, server, 40)
        await page.hover(f"#m-{said[-1]}", position={"x": 90, "y": 8})
        await page.focus("#scroll")
        await page.keyboard.press("Home")
        await until(page, f"![undefined, 'm-{said[-1]}'].includes({HOVERED})")
        assert await page.evaluate(AT) == f"m-{said[0]}"
        await page.mouse.move(500, 300)
        assert await page.evaluate(AT) == await page.evaluate(HOVERED)
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == [f"m-{said[0]}", "React"]
        await page.mouse.move(500, 330)
        assert await page.evaluate(FOCUSED) == [f"m-{said[0]}", None], (
            "it keeps what it has, but not the tool"
        )
        await page.context.close()


async def test_a_change_of_the_message_leaves_them_and_the_focus_where_they_are(
    server: Parley, browser: Browser
) -> None:
    async with two(server) as (ann, bo):
        page, room, (one, number, last) = await opened(ann, browser, server)
        await bo.come_in(room)
        await page.hover(f"#m-{number}")
        await react(bo, room, number)
        await page.wait_for_selector(f"#m-{number} button.react")
        assert (await page.evaluate(AT), await page.evaluate(SHOWN)) == (f"m-{number}", 1)
        await page.focus(f"#m-{number} [aria-label=Edit]")
        path = f"/rooms/{room}/messages/{number}"
        for deed, form in (("edit", {"body": "other words"}), ("move", {"before": str(one)})):
            before = await page.get_attribute(f"#m-{number}", "data-change")
            await ann.client.post(f"{path}/{deed}", data=form)
            await until(page, f"document.getElementById('m-{number}').dataset.change > {before}")
            assert await page.evaluate(FOCUSED) == [f"m-{number}", "Edit"], deed
        await page.hover("#text")
        await ann.client.post(f"{path}/delete")
        await page.wait_for_selector(f"#m-{number}[data-deleted]")
        assert await page.evaluate("document.activeElement.id") == f"m-{number}"
        assert await page.locator(".msg-tools").count() == 0
        await page.hover(f"#m-{last}")
        assert (await page.evaluate(AT), await page.evaluate(SHOWN)) == (f"m-{last}", 1)
        await page.context.close()


async def test_the_board_is_for_the_message_it_was_opened_at(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page, room, (one, other, _) = await opened(ann, browser, server)
        await page.hover(f"#m-{one}")
        await page.click(".msg-tools [aria-label=React]")
        await page.hover(f"#m-{other} .msg-body")
        await react(ann, room, one)
        await page.wait_for_selector(f"#m-{one} button.react")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(f"#m-{one} button.react[value='👍']")
        assert await page.evaluate(FOCUSED) == [f"m-{one}", None]
        assert await page.locator("button.react").count() == 2
        await page.context.close()


async def test_two_messages_are_deleted_while_the_first_is_under_way(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        page, room, said = await opened(ann, browser, server)
        held: list[Route] = []
        await page.route("**/delete", lambda route: held.append(route))
        page.on("dialog", lambda dialog: dialog.accept())
        for number in said[:2]:
            await page.hover(f"#m-{number}")
            await page.click(".msg-tools [aria-label=Delete]")
        await page.hover(f"#m-{said[2]}")
        assert [route.request.url.split("/rooms/")[1] for route in held] == [
            f"{room}/messages/{number}/delete" for number in said[:2]
        ]
        for route in held:
            await route.continue_()
        await expect(page.locator("#log .gone")).to_have_count(2)
        assert await page.locator("#log .msg-body").all_inner_texts() == ["line 2"]
        await page.context.close()


async def test_a_message_is_edited_that_changed_while_its_form_was_fetched(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        page, room, (*_, number) = await opened(ann, browser, server)
        held: list[Route] = []
        await page.route(f"**/messages/{number}", lambda route: held.append(route))
        await page.press("#text", "ArrowUp")
        await react(ann, room, number)
        await page.wait_for_selector(f"#m-{number} button.react")
        assert len(held) == 1
        await held[0].continue_()
        await page.wait_for_selector(f"#m-{number} #edit textarea:focus")
        await page.context.close()


async def test_without_scripts_the_time_leads_to_everything(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room = await ann.make_room()
        number = await ann.say(room, "by hand")
        page = await ann.open(browser, server.url, room, java_script_enabled=False)
        stream = page.frame_locator("iframe").frame_locator("iframe")
        await expect(stream.locator(".msg-tools")).to_have_count(0)
        await stream.locator(f"#m-{number} a.msg-time").click()
        for form in ("reply", "react", "edit", "delete"):
            await expect(page.locator(f"form#{form} button").first).to_be_visible()
        await page.context.close()


async def test_a_press_is_for_the_message_it_began_at(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        page, room, said = await opened(ann, browser, server, 40)
        asked: list[str] = []

        async def dismiss(dialog: Dialog) -> None:
            asked.append(dialog.message)
            await dialog.dismiss()

        page.on("dialog", dismiss)
        await page.hover(f"#m-{said[-1]}")
        await page.hover(f"#m-{said[-1]} [aria-label=Delete]", position={"x": 15, "y": 26})
        await page.mouse.down()
        number = await ann.say(room, "line 40")
        await until(page, f"{HOVERED} === 'm-{number}'")
        assert await page.evaluate(AT) == f"m-{said[-1]}"
        await page.mouse.up()
        await page.mouse.move(500, 300)
        assert await page.evaluate(AT) == await page.evaluate(HOVERED)
        assert not asked, "it would be another message that goes"
        await page.context.close()
