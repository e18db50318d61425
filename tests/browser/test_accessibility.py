"""axe-core finds nothing to say about our pages, in every theme and size."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })
  .then(result => result.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html)}`))"""
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(server: Parley, browser: Browser, theme: str, size: str) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        number = await ann.say(room, "Good **morning**, see `slip.txt`")
        await bo.come_in(room)
        await bo.say(room, "And to you")
        width, height = SIZES[size]
        look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
        page = await ann.open(browser, server.url, room, **look)
        await until_live(page)
        for path in (f"/rooms/{room}", "/rooms", f"/rooms/{room}/messages/{number}", "/rooms/none", "/enter"):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            await page.evaluate(AXE)
            assert await page.evaluate(RUN, TAGS) == [], path
        await page.context.close()
