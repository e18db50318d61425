"""A real Chromium for the tests of pages, started once."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser import scripts
from tests.servers import Parley, serving

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
    with serving(tmp_path_factory.mktemp("pages") / "parley") as parley:
        yield parley


@pytest_asyncio.fixture(loop_scope="session")
async def bare(browser: Browser) -> AsyncIterator[Page]:
    """A page with the log, the composer and our scripts, and no server behind it."""
    async with scripts.bare_page(browser, scripts.joined()) as page:
        yield page
