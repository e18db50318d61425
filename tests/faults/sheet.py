"""What the messages on somebody's open page are, as its script would have them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect

from tests.faults import wire
from tests.faults.http import ask


@dataclass(slots=True)
class Sheet:
    """Messages by number, from a page and the batches after it; a floor takes what is below it away.

    `places` may have more than is shown.
    """

    cursor: wire.Cursor
    shown: dict[int, str] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    resets: int = 0
    dropped: int = 0  # messages that floors have taken away

    @property
    def order(self) -> list[int]:
        """The messages as they stand one after another."""
        return sorted(self.shown, key=lambda number: (self.places[number], number))

    def apply(self, text: str) -> None:
        """Take a batch, in order of change, as far as it is news."""
        self.resets += wire.is_reset(text)
        at = wire.mark(text)
        if at is None or at.epoch != self.cursor.epoch:
            return
        steps: list[tuple[int, int, wire.Thing | None]] = [
            (thing.change, 0, thing) for thing in wire.things(text)
        ]
        steps += [(change, floor, None) for change, floor in wire.floors(text).items()]
        for change, floor, thing in sorted(steps, key=lambda step: step[:2]):
            if change <= self.cursor.number:
                continue
            if thing is None:
                before = len(self.shown)
                self.shown = {number: body for number, body in self.shown.items() if number >= floor}
                self.dropped += before - len(self.shown)
            elif thing.body is not None:
                self.shown[thing.number] = thing.body
                self.places[thing.number] = thing.pos
        self.cursor = wire.Cursor(at.epoch, max(at.number, self.cursor.number))


async def whole_page(url: str, slug: str, cookie: str) -> Sheet:
    """Everything that a reader may scroll through."""
    page = (await ask(url, f"/rooms/{slug}", cookie)).text
    sheet, older = Sheet(wire.page_cursor(page)), wire.before(page)
    things = wire.things(page)
    while older:
        answer = await ask(url, f"/rooms/{slug}?before={older}", cookie, headers={"HX-Request": "true"})
        assert answer.status == 200
        things, older = things + wire.things(answer.text), wire.before(answer.text)
    sheet.shown = {thing.number: thing.body for thing in things if thing.body is not None}
    sheet.places = {thing.number: thing.pos for thing in things}
    return sheet


async def follow(sheet: Sheet, url: str, slug: str, cookie: str) -> None:
    """Keep a page up to date over a websocket, until cancelled or told to load it again."""
    address = f"{url.replace('http', 'ws')}/rooms/{slug}/live?since={sheet.cursor}"
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "proxy": None, "max_size": None}
    async with connect(address, additional_headers={"Cookie": cookie}, **options) as socket:
        while not sheet.resets:
            sheet.apply(str(await socket.recv()))


async def follow_by_polls(sheet: Sheet, url: str, slug: str, cookie: str) -> None:
    """The same by long polls."""
    while not sheet.resets:
        answer = await ask(url, f"/rooms/{slug}/changes?wait=5&since={sheet.cursor}", cookie)
        assert answer.status == 200
        sheet.apply(answer.text)
        await asyncio.sleep(0)
