"""Story: at 400 % on a usual screen, 320 by 256 is what is left; nothing is cut off or out of reach."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.people import person, two, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

ZOOMED = {"width": 320, "height": 256}
OPENED = {
    "details.menu summary": ".menu-panel",
    "[popovertarget=people]": "#people",
    "[popovertarget=sidebar]": "#sidebar",
}
LONG = "Wolfeschlegelsteinhausenbergerdorff"[:30]
CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary"
OUT_OF_REACH = """([inside, controls]) => {
  const slides = (one) => /auto|scroll/.test(getComputedStyle(one).overflowX);
  const scrolls = (one) => one && (slides(one) || scrolls(one.parentElement));
  const hidden = '.vh, :is(details, dialog):not([open]) > :not(summary) *, [popover]:not(:popover-open) *';
  const out = [];
  for (const control of document.querySelector(inside).querySelectorAll(controls)) {
    const one = control.closest('label.choice, label.tick') ?? control;
    if (!one.checkVisibility({ visibilityProperty: true }) || one.matches(hidden)) continue;
    one.scrollIntoView({ block: 'center', inline: 'nearest' });
    const { top, bottom, left, right } = one.getBoundingClientRect();
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const wide = (left < -0.5 || right > innerWidth + 0.5) && !scrolls(one.parentElement);
    if (wide || !(one.contains(hit) || (hit?.contains(one) && hit.matches('a, button, label'))))
      out.push([one, hit].map((at) => at?.outerHTML.slice(0, 100)).join(' is under '));
  }
  return out;
}"""  # controls that no scrolling brings into the window, or that lie under something
SIDEWAYS = "document.scrollingElement.scrollWidth - innerWidth"


async def reach(page: Page, inside: str = "body") -> None:
    """Everything in there that can be pressed or filled in can be brought into the window."""
    assert await page.evaluate(SIDEWAYS) <= 0, page.url
    assert await page.evaluate(OUT_OF_REACH, [inside, CONTROLS]) == [], page.url
    assert await page.evaluate(SIDEWAYS) <= 0, page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_is_cut_off_at_four_hundred_percent(
    server: Parley, browser: Browser, theme: str
) -> None:
    async with two(server) as (ann, bo), person(server.url, f"{LONG}{theme[0]}") as lin:
        fields = {"name": f"{LONG} {theme}", "topic": "high water " * 9, "preset": "drop-in"}
        answer = await ann.client.post("/rooms", data=fields)
        room = answer.headers["location"].removeprefix("/rooms/")
        await ann.say(room, "A word with " + "no end" * 20)
        await ann.client.post(f"/rooms/{room}/invites")
        for one in (bo, lin):
            await ann.client.post(f"/rooms/{room}/members", data={"name": one.name})
        page = await ann.open(browser, server.url, room, viewport=ZOOMED, color_scheme=theme)
        await until_live(page)
        await reach(page)
        for opener, opened in OPENED.items():
            await page.locator(opener).locator("visible=true").first.click()
            await reach(page, opened)
            await page.keyboard.press("Escape")
        for path in ("/rooms", f"/rooms/{room}/settings", "/settings"):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            for summary in await page.locator("main summary:visible").all():
                await summary.click()
            await reach(page)
        await page.context.clear_cookies()
        await page.goto(f"{server.url}/enter")
        await page.click("summary")
        await reach(page)
        await page.context.close()
