"""axe-core finds nothing to say about our pages, in every theme and size."""

import json
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import Browser

from tests.browser.people import person, until_live
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing(server: Parley, browser: Browser, theme: str, size: str) -> None:
    async with person(server.url) as ann, person(server.url) as bo:
        room = await ann.make_room()
        number = await ann.say(room, "Good **morning**, see `slip.txt`")
        await bo.say(room, "And to you")
        width, height = SIZES[size]
        look = {"color_scheme": theme, "viewport": {"width": width, "height": height}}
        page = await ann.open(browser, server.url, room, **look)
        await until_live(page)
        for path in (f"/rooms/{room}", "/rooms", f"/rooms/{room}/messages/{number}", "/rooms/none", "/enter"):
            await page.goto(server.url + path, wait_until="domcontentloaded")
            await page.evaluate(AXE)
            run = f"axe.run(document, {{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}})"
            found = await page.evaluate(
                f"{run}.then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html)))"
            )
            assert found == [], path
        await page.context.close()
