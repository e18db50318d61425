"""Story: rooms that a code opens."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import BOTH, Guest, guest, guests
from tests.browser.people import unique
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOIN = "form[action='/join']"


@BOTH
async def test_a_code_opens_its_room_in_any_spelling(
    server: Parley, browser: Browser, scripts: bool
) -> None:  # fmt: skip
    async with guests(browser, server.url, "Ann", "Bo", "Cy", scripts=scripts) as (ann, bo, cy):
        name = unique("Until the numbers fit")
        room = await ann.make_room(name, "Drop-in")
        code = await ann.code()
        await ann.say("welcome")
        await bo.go("/rooms")
        assert name not in await bo.cards()
        for one, typed in ((bo, code.lower()), (cy, code.replace("-", "").lower())):
            await one.join_by_code(typed)
            assert one.room == room
            await one.reads("welcome")
            assert await one.code() == code
        await cy.say("thank you")
        for one in (ann, bo):
            await one.reads("thank you")


@BOTH
async def test_a_code_opens_its_room_at_the_door(server: Parley, browser: Browser, scripts: bool) -> None:
    async with guest(browser, server.url, "Ann", scripts=scripts) as ann:
        room = await ann.make_room(unique("Until the numbers fit"), "Drop-in")
        code = await ann.code()
        for typed in (code.lower(), code.replace("-", "").lower()):
            context = await browser.new_context(java_script_enabled=scripts)
            new = Guest(await context.new_page(), unique("Di"), server.url, scripts)
            await new.go("/enter")
            await new.page.fill("#name", new.name)
            await new.page.fill("#code", typed)
            await new.send("form")
            assert new.room == room
            await context.close()


@BOTH
async def test_a_wrong_or_empty_code_says_so_and_stays(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guest(browser, server.url, "Ann", scripts=scripts) as ann:
        wrong = "No room has the code QQZZ-07. It may have closed."
        await ann.join_by_code("qqzz07")
        await expect(ann.page.locator(f"{JOIN} .error")).to_have_text(wrong)
        code = ann.page.locator(f"{JOIN} [name=code]")
        await expect(code).to_have_value("qqzz07")
        await expect(code).to_be_focused()
        await expect(code).to_have_accessible_description(wrong)
        await ann.join_by_code("  ")
        await expect(ann.page.locator(f"{JOIN} .error")).to_have_text("Give the code you were told.")
        await code.fill("")
        await ann.page.click(f"{JOIN} button")
        await expect(ann.page.locator(f"{JOIN} :invalid")).to_be_focused()
        await ann.context.clear_cookies()
        await ann.go("/enter")
        name = unique("Bo")
        await ann.page.fill("#name", name)
        await ann.page.fill("#code", "qqzz-07")
        await ann.send("form")
        await expect(ann.page.locator("#code-error")).to_have_text(wrong)
        await expect(ann.page.locator("#code")).to_have_value("qqzz-07")
        await expect(ann.page.locator("#name")).to_have_value(name)


@BOTH
async def test_a_full_room_takes_one_more_when_somebody_leaves(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", "Cy", scripts=scripts) as (ann, bo, cy):
        name = unique("For two")
        room = await ann.make_room(name, "Drop-in", capacity="2")
        code = await ann.code()
        await bo.join_by_code(code)
        assert bo.room == room
        await cy.join_by_code(code)
        full = f"{name} is full (2). Try again in a while."
        await expect(cy.page.locator(f"{JOIN} .error")).to_have_text(full)
        await expect(cy.page.locator(f"{JOIN} [name=code]")).to_have_value(code)
        await bo.leave()
        await cy.join_by_code(code)
        assert cy.room == room
        await ann.told("Cy came in")
