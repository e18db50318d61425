"""Story: people have names of their own, which some keep by a password on every device."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.guests import BOTH, MS, PATIENCE_S, SOON_S, Guest, guest
from tests.browser.people import unique
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "high water 10:40"


async def keep_name(one: Guest) -> None:
    """Give a password in the settings."""
    await one.go("/settings")
    await one.page.fill("#password-form [name=password]", PASSWORD)
    await one.send("#password-form")
    await expect(one.page.locator("#password-form [role=status]")).to_have_text("Saved")


async def at_the_door(browser: Browser, one: Guest) -> Guest:
    """A browser that does not know this person yet, at the door."""
    context = await browser.new_context(java_script_enabled=one.scripts)
    new = Guest(await context.new_page(), one.name, one.url, one.scripts)
    await new.go("/enter")
    return new


async def come_in(new: Guest, password: str) -> None:
    if not await new.page.locator("#password").is_visible():
        await new.page.click("summary:has-text('Use a password')")
    await new.page.fill("#name", new.name.upper())
    await new.page.fill("#password", password)
    await new.send("form")


@BOTH
async def test_a_name_that_will_not_do_says_why_and_stays(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with (
        guest(browser, server.url, "Ada Brandt", scripts=scripts) as ada,
        guest(browser, server.url, "Kai", scripts=scripts) as kai,
    ):
        await keep_name(kai)
        new = await at_the_door(browser, ada)
        bad = {
            "   ": "Give a name to go in by.",
            "A": "A name has 2 to 32 characters.",
            "b" * 33: "A name has 2 to 32 characters.",
            ada.name.upper(): f"{ada.name.upper()} is taken here. Add a letter, or give the password if it",
            kai.name.lower(): f"{kai.name.lower()} is taken here. Add a letter, or give the password if it",
        }
        field = new.page.locator("#name")
        for typed, words in bad.items():
            await field.fill(typed)
            await new.send("form")
            await expect(new.page.locator("#name-error")).to_contain_text(words)
            await expect(field).to_have_value(typed)
            await expect(field).to_be_focused()
            await expect(field).to_have_accessible_description(re.compile(re.escape(words)))
        await field.fill("")
        await new.page.get_by_role("button", name="Come in").click()
        await expect(new.page.locator("#name:invalid")).to_be_focused()
        await field.fill(unique("Bo"))
        await new.send("form")
        assert new.room == "lobby"
        await new.context.close()


@BOTH
async def test_a_kept_name_opens_on_another_device_and_ends_there_at_once(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guest(browser, server.url, "Kai", scripts=scripts) as kai:
        room = await kai.make_room(unique("Boat shed"), "Open room")
        await kai.say("from my desk")
        await keep_name(kai)
        away = await at_the_door(browser, kai)
        await come_in(away, "low water 16:55")
        await expect(away.page.locator("#password-error")).to_contain_text("That is not the password for")
        await come_in(away, PASSWORD)
        assert away.room == room
        await away.say("from the quay")
        await kai.go("/settings")
        places = kai.page.locator("#sessions li")
        await expect(places).to_have_count(2)
        await expect(places.filter(has_text="this one")).to_have_count(1)
        await kai.press(kai.page.get_by_role("button", name="End all others"))
        await expect(places).to_have_count(1)
        await out(away)
        await kai.go(f"/rooms/{room}")
        await kai.reads("from the quay", PATIENCE_S)
        await away.context.close()


async def out(one: Guest) -> None:
    """The page goes to the door by itself; without scripts its stream ends, and the next step leads there."""
    if one.scripts:
        await one.page.wait_for_url("**/enter?next=**", timeout=SOON_S * MS)
    else:
        await one.go(f"/rooms/{one.room}")
    await expect(one.page.locator("#name")).to_be_visible()
    assert "/enter?next=/rooms/" in one.page.url
