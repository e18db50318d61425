"""Story: everything by the keyboard alone, and one always sees where one is."""

import pytest
from playwright.async_api import Browser, Dialog, Page, expect

from tests.browser.guests import guest
from tests.browser.people import unique, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

TABS = 90  # presses after which something counts as out of reach
SEEN = """() => {
  const ringed = (one) => [undefined, '::after'].some((part) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one, part);
    const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1.5;
    return outlined || boxShadow.includes(' 0px 0px 0px 1px');
  });
  const at = document.activeElement;
  const { top, bottom, left, right } = (at.closest('label') ?? at).getBoundingClientRect();
  const shown = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth && bottom > top;
  for (let one = at; one && one !== document.body; one = one.parentElement)
    if (ringed(one)) return shown || `out of sight: ${at.outerHTML.slice(0, 120)}`;
  return `no ring: ${at.outerHTML.slice(0, 120)}`;
}"""  # true where the focus has a ring around it, in the window
IS_AT = "wanted => document.activeElement.matches(wanted)"


async def tab_to(page: Page, wanted: str, key: str = "Tab") -> None:
    """Walk to what is wanted; at every step one sees where one is."""
    for _ in range(TABS):
        await page.keyboard.press(key)
        if await page.evaluate("document.activeElement !== document.body"):
            assert await page.evaluate(SEEN) is True
        if await page.evaluate(IS_AT, wanted):
            return
    raise AssertionError(f"not within {TABS} tabs: {wanted}")


async def leads_on(page: Page, key: str = "Enter") -> None:
    """Press a key that leads to another page."""
    async with page.expect_event("domcontentloaded"):
        await page.keyboard.press(key)
    if await page.locator("#status").count():
        await until_live(page)


async def accept(dialog: Dialog) -> None:
    await dialog.accept()


async def test_everything_is_done_by_keys(server: Parley, browser: Browser) -> None:
    async with guest(browser, server.url, "Bo") as bo:
        context = await browser.new_context(viewport={"width": 1200, "height": 800})
        page = await context.new_page()
        page.on("dialog", accept)
        await page.goto(f"{server.url}/enter")
        await page.keyboard.type(unique("Ann"))
        await leads_on(page)
        name = await make_a_room(page)
        await write_edit_delete(page)
        await change_settings(page, bo.name)
        await bo.go("/rooms/lobby")
        await expect(bo.page.locator("#rooms-list")).to_contain_text(name)
        await tab_to(page, "a[aria-label^='Back to']")
        await leads_on(page)
        await tab_to(page, "summary[aria-label='Room menu']", "Shift+Tab")
        await page.keyboard.press("Enter")
        await tab_to(page, "form[action$='/leave'] button")
        await leads_on(page)
        assert page.url.endswith("/rooms")
        await context.close()


async def make_a_room(page: Page) -> str:
    await page.keyboard.press("Control+k")
    await page.keyboard.type("all rooms")
    await leads_on(page)
    await tab_to(page, ".bar-tools a[href='#new']")  # past the cards of all rooms
    await page.keyboard.press("Enter")
    await tab_to(page, "#new [name=name]")
    name = unique("By hand")
    await page.keyboard.type(name)
    await tab_to(page, "#new [name=preset]")
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate(SEEN) is True
    assert await page.evaluate("document.activeElement.value") == "private"
    await tab_to(page, "#new summary")
    await page.keyboard.press("Enter")
    await tab_to(page, "#new [name=who_posts]")
    await tab_to(page, "#new button:not([type=button])")
    await leads_on(page)
    await expect(page.locator("#room-title h1")).to_contain_text(name)
    return name


async def write_edit_delete(page: Page) -> None:
    """Two messages, one of which stays, and with other words."""
    assert await page.evaluate("document.activeElement.id") == "text"
    for words in ("taken back", "first words"):
        await page.keyboard.type(words)
        await page.keyboard.press("Enter")
        await page.wait_for_selector(f"#log .msg:has-text('{words}')")
    await page.keyboard.press("ArrowUp")
    await page.wait_for_selector("#edit textarea:focus")
    assert await page.evaluate(SEEN) is True
    await page.keyboard.press("Control+a")
    await page.keyboard.type("better words")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#log .msg:has-text('better words'):focus")
    await page.keyboard.press("k")
    assert await page.evaluate(SEEN) is True
    await page.keyboard.press("Delete")
    await page.wait_for_selector("#log .gone")
    assert await page.locator("#log .msg-body").all_inner_texts() == ["better words"]


async def change_settings(page: Page, other: str) -> None:
    """A topic, and one more person."""
    await tab_to(page, "summary[aria-label='Room menu']", "Shift+Tab")
    await page.keyboard.press("Enter")
    await tab_to(page, ".menu-panel a[href$='/settings']")
    await leads_on(page)
    await tab_to(page, "#topic")
    await page.keyboard.type("Made without a mouse")
    await leads_on(page)
    await expect(page.locator("#about [role=status]")).to_have_text("Saved")
    await expect(page.locator("#topic")).to_have_value("Made without a mouse")
    await tab_to(page, "#member")
    await page.keyboard.type(other)
    await leads_on(page)
    await expect(page.locator("#members .rows")).to_contain_text(other)
