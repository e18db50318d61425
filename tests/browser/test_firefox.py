"""The main story in Firefox."""

from pathlib import Path

import pytest

from tests.browser.firefox import firefox
from tests.browser.people import IS_LIVE, NUMBERS, person
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTER = "\ue007"  # WebDriver's name of the key


async def test_somebody_enters_reads_and_writes_in_firefox(server: Parley, tmp_path: Path) -> None:
    async with person(server.url) as ann, firefox(tmp_path) as tab:
        await tab.go(server.url)
        await tab.ask("document.getElementById('name').focus()")
        await tab.press("Fay Fox" + ENTER)
        await tab.until("document.readyState !== 'loading' && document.body.dataset.room")
        await tab.until(IS_LIVE)
        room = await tab.ask("document.body.dataset.room")
        await ann.come_in(room)
        number = await ann.say(room, "Hello, Fay")
        await tab.until(f"document.getElementById('m-{number}')", 1)
        await tab.ask("document.getElementById('text').focus()")
        await tab.press("Hello, Ann" + ENTER)
        await tab.until(
            "[...document.querySelectorAll('#log .msg')].at(-1).innerText.includes('Hello, Ann')", 1
        )
        await ann.edit(room, number, "Hello again")
        await tab.until(f"document.getElementById('m-{number}').innerText.includes('Hello again')", 1)
        numbers = await tab.ask(NUMBERS)
        assert numbers == sorted(set(numbers))
        assert await tab.ask("document.getElementById('text').value") == ""
        assert await tab.ask("document.getElementById('scroll').scrollTop") == 0
