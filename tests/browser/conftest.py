"""A real Chromium for the tests of pages, started once."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser import scripts
from tests.servers import Parley

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: str | None) -> AsyncIterator[Browser]:
    """Chromium, shared: each test opens contexts of its own."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path, args=ARGS)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """The program, alone on SQLite, for all tests of pages: each makes rooms and people of its own."""
    parley = Parley(tmp_path_factory.mktemp("pages") / "parley")
    try:
        parley.start()
        yield parley
    finally:
        parley.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page with the log, the composer and our scripts, and no server behind it."""
    context = await browser.new_context()
    page = await context.new_page()
    htmx = scripts.ROOT / "static" / "vendor" / "htmx-4.0.1.min.js"
    await page.route("**/*", lambda route: route.abort())
    for path, kind, body in (
        ("/rooms/harbour", "text/html", scripts.PAGE),
        ("/htmx.js", "text/javascript", htmx.read_text()),
        ("/parley.js", "text/javascript", scripts.joined()),
    ):
        await page.route(scripts.ORIGIN + path, _answer(kind, body))
    await page.route_web_socket("**/*", lambda socket: None)
    await page.goto(scripts.ORIGIN + "/rooms/harbour")
    yield page
    await context.close()


def _answer(kind: str, body: str):
    async def answer(route):
        await route.fulfill(content_type=kind, body=body)

    return answer
