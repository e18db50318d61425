"""Moving a message in the room's page: by the grip, by keys, by buttons, while others go on."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.people import Person, person, until, until_live, until_numbers, until_shown
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOW = "#how"
FOCUS = "document.activeElement.id"
LANDS = "[...document.querySelectorAll('[data-lands]')].map(li => `${li.dataset.lands} ${li.id}`).join()"
TOP = "document.getElementById('scroll').scrollTop"
SIZE = {"width": 1000, "height": 600}


async def room_of(ann: Person, count: int = 5) -> tuple[str, list[int]]:
    """A room of Ann's with messages in it."""
    room = await ann.make_room()
    return room, [await ann.say(room, f"words {n}") for n in range(count)]


async def opened(ann: Person, browser: Browser, server: Parley, room: str, **options: object) -> Page:
    page = await ann.open(browser, server.url, room, viewport=SIZE, **options)
    await until_live(page)
    return page


async def grab(page: Page, number: int, *, by: float = 0) -> float:
    """Press on a message's grip, and pull it `by` pixels: where the pointer is then."""
    await page.locator(f"#m-{number}").scroll_into_view_if_needed()
    box = await page.locator(f"#m-{number}").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 8, box["y"] + 12)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 8, box["y"] + 12 + by, steps=4)
    return box["y"] + 12 + by


async def drag(page: Page, number: int, target: int, *, after: bool) -> None:
    """Pull a message beside another one, and let it go."""
    await grab(page, number, by=8)
    box = await page.locator(f"#m-{target}").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 8, box["y"] + box["height"] * (0.8 if after else 0.2), steps=4)
    await page.mouse.up()


async def test_a_message_is_dragged_by_its_grip(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        page = await opened(ann, browser, server, room)
        await drag(page, said[4], said[1], after=False)
        plain = [said[0], said[4], *said[1:4]]
        await until_numbers(page, plain)
        await drag(page, said[0], said[3], after=True)
        await until_numbers(page, [*plain[1:], said[0]])
        await page.reload(wait_until="domcontentloaded")
        await until_numbers(page, [*plain[1:], said[0]])
        await until(page, "violations.length === 0")
        await page.context.close()


async def test_a_press_and_what_is_pulled_back_change_nothing(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        page = await opened(ann, browser, server, room)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        for by in (0.0, 3.0):
            await grab(page, said[2], by=by)
            assert await page.evaluate(LANDS) == ""
            await page.mouse.up()
        await grab(page, said[2], by=6)
        assert await page.evaluate(LANDS)
        await page.mouse.up()
        await page.locator(f"#m-{said[2]}").click()
        await grab(page, said[2], by=-80)
        assert await page.evaluate(LANDS)
        await page.keyboard.press("Escape")
        await page.mouse.up()
        assert await page.evaluate(LANDS) == ""
        assert await page.locator(".moving").count() == 0
        await until_numbers(page, said)
        assert not [url for url in asked if url.endswith("/move")]
        await page.context.close()


async def test_the_list_scrolls_at_its_edges_while_something_is_dragged(
    server: Parley, browser: Browser
) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann, 45)
        page = await opened(ann, browser, server, room)
        await grab(page, said[44], by=-20)
        edge = await page.locator("#scroll").bounding_box()
        assert edge
        await page.mouse.move(edge["x"] + 8, edge["y"] + 10, steps=4)
        await until(page, f"document.getElementById('m-{said[0]}').getBoundingClientRect().top > 0")
        await page.mouse.move(edge["x"] + 8, edge["y"] + 200, steps=4)
        top = await page.evaluate(TOP)
        first = await page.locator(f"#m-{said[0]}").bounding_box()
        assert first
        await page.mouse.move(edge["x"] + 8, first["y"] + 2)
        await page.mouse.up()
        await until_numbers(page, [said[44], *said[:44]])
        assert abs(await page.evaluate(TOP) - top) < 200, "it does not go back to the end"
        await page.context.close()


async def test_a_message_is_moved_by_keys_and_keeps_the_focus(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann, 15)
        page = await opened(ann, browser, server, room)
        name, first = ann.name, ann.name.split()[0]
        times = await page.locator("#log .msg-time time").all_inner_texts()
        keys = page.keyboard
        await page.locator(f"#m-{said[12]}").focus()
        await keys.press("m")
        await expect(page.locator(HOW)).to_have_text(
            f"Moving {first}’s message. Now after {times[11]}, {name}."
        )
        for key, lands in (
            ("ArrowUp", f"after m-{said[10]}"), ("Shift+ArrowUp", f"after m-{said[0]}"),
            ("ArrowUp", f"before m-{said[0]}"), ("ArrowUp", f"before m-{said[0]}"),
            ("ArrowDown", f"after m-{said[0]}"), ("End", f"after m-{said[14]}"),
            ("Home", f"before m-{said[0]}"), ("Shift+ArrowDown", f"after m-{said[9]}"),
        ):  # fmt: skip
            await keys.press(key)
            assert await page.evaluate(LANDS) == lands, key
            assert await page.evaluate(FOCUS) == f"m-{said[12]}"
        await page.locator(f"#m-{said[11]}").hover()
        await page.locator(f"#m-{said[11]} .answer").dispatch_event("click")
        await page.locator(f"#m-{said[12]}").focus()
        await keys.press("Escape")  # what the bar offers, before anything under it
        assert await page.input_value("#reply-to") == str(said[11])
        assert (await page.evaluate(LANDS), await page.locator("#arrange").is_visible()) == ("", False)
        await until_numbers(page, said)
        assert await page.evaluate(FOCUS) == f"m-{said[12]}"
        for key in ("m", "Home", "ArrowDown", "Enter"):
            await keys.press(key)
        await until_numbers(page, [said[0], said[12], *said[1:12], *said[13:]])
        assert await page.evaluate(FOCUS) == f"m-{said[12]}"
        await expect(page.locator("[role=status]", has_text="Moved")).to_have_count(1)
        await expect(page.locator("#composer")).to_be_visible()
        await page.context.close()


async def test_with_a_finger_it_is_moved_by_buttons(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann:
        room, said = await room_of(ann)
        context = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 700}}
        page = await ann.open(browser, server.url, room, **context)
        await until_live(page)
        await page.locator(f"#m-{said[3]} .msg-body").tap()
        await page.locator(f"#m-{said[3]} .arr").tap()
        for _ in range(2):
            await page.get_by_role("button", name="Up", exact=True).tap()
        await page.get_by_role("button", name="Down", exact=True).tap()
        await page.get_by_role("button", name="Drop here").tap()
        await until_numbers(page, [*said[:2], said[3], said[2], said[4]])
        assert await page.evaluate(FOCUS) == f"m-{said[3]}"
        await page.locator(f"#m-{said[3]} .arr").tap()
        await page.get_by_role("button", name="Cancel").tap()
        await expect(page.locator("#arrange")).to_be_hidden()
        await page.context.close()


async def test_who_may_not_move_messages_has_no_tool_for_it(server: Parley, browser: Browser) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room, said = await room_of(ann)
        page = await opened(bo, browser, server, room)
        await page.locator(f"#m-{said[2]}").focus()
        await page.keyboard.press("m")
        await grab(page, said[4], by=-80)
        assert await page.evaluate(LANDS) == ""
        assert await page.locator(".arr:visible, .movable").count() == 0
        await page.mouse.up()
        await until_shown(page, await ann.say(room, "more"))
        await page.context.close()
