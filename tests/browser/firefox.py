"""Firefox over WebDriver BiDi, as far as one test needs it: Playwright drives only a Firefox of its own."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

START_S = 30.0  # a cold start on a busy machine
PREFERENCES = """
user_pref("remote.active-protocols", 1);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
"""


class Tab:
    """One tab; commands are sent one at a time."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._context = ""

    async def begin(self) -> None:
        await self._do("session.new", capabilities={})
        tree = await self._do("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def go(self, url: str) -> None:
        """Load a page, until its scripts have run."""
        await self._do("browsingContext.navigate", context=self._context, url=url, wait="interactive")

    async def ask(self, expression: str) -> Any:
        """The value of an expression that gives JSON: text, a number, a list of them."""
        target = {"context": self._context}
        json_text = f"JSON.stringify({expression})"
        found = await self._do(
            "script.evaluate", expression=json_text, target=target, awaitPromise=True, resultOwnership="none"
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    async def press(self, keys: str) -> None:
        """Press keys, one after the other, on whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        await self._do("input.performActions", context=self._context, actions=[source])

    async def until(self, expression: str, seconds: float = 10) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(seconds):
            while not await self.ask(f"!!({expression})"):  # noqa: ASYNC110 - a page rings no bell
                await asyncio.sleep(0.02)

    async def _do(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:  # events stand between the answers
            answer = json.loads(await self._socket.recv())
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Tab]:
    """A tab of a Firefox of its own, whose profile is in `folder`."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is not installed: `make system` installs what the tests need"
    (folder / "user.js").write_text(PREFERENCES)
    options = ("--headless", "--remote-debugging-port", "0", "--profile", str(folder), "--no-remote")
    process = await asyncio.create_subprocess_exec(
        program, *options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with connect(await _address(process), max_size=None) as socket:
            tab = Tab(socket)
            await tab.begin()
            yield tab
    finally:
        process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens, which it says once."""
    assert process.stderr is not None
    async with asyncio.timeout(START_S):
        while line := (await process.stderr.readline()).decode():
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return f"{found[1]}/session"
    raise RuntimeError("Firefox ended without a word")
