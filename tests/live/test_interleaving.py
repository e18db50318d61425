"""Whatever happens in whatever order, every reader gets all it may see, once."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.core.ids import Number
from chat.core.message import Message
from tests.live.fakes import (
    ANN,
    BO,
    FakeWire,
    Running,
    Store,
    assert_complete,
    eventually,
    member,
    turns,
)

Step = st.sampled_from(
    [
        "post",
        "edit",
        "leave",
        "clear",
        "ring",
        "join",
        "join old",
        "full",
        "drain",
        "turn",
        "beat",
    ]
)


@settings(max_examples=60)
@given(st.lists(Step, max_size=40), st.integers(0, 3))
def test_whatever_the_interleaving_every_reader_gets_all_it_may_see_once(steps: list[str], seen: int) -> None:
    asyncio.run(interleave(steps, seen))


class Interleaving:
    """Readers come, go slow and drain in any order while the room changes and bells are late or lost."""

    def __init__(self, running: Running, visible_from: int) -> None:
        self.running, self.store, self.visible_from = running, running.store, visible_from
        self.wires: list[tuple[FakeWire, int, int]] = []

    def change(self, what: str) -> None:
        said = [number for number, thing in self.store.things.items() if isinstance(thing, Message)]
        if what == "edit" and said:
            self.store.edit(said[len(said) // 2])
        elif what == "leave":
            self.store.leave(BO)
        elif what == "clear":
            self.store.clear()
        else:
            self.store.post()

    def join(self, *, back: int) -> None:
        since = max(3, self.visible_from, self.store.head - back)
        seen = self.visible_from if len(self.wires) % 2 else 0
        self.wires.append((self.running.join(since, member(ANN, visible_from=seen)), since, seen))

    async def step(self, what: str) -> None:
        match what:
            case "post" | "edit" | "leave" | "clear":
                self.change(what)
            case "ring":
                self.running.feed.ring(Number(self.store.head))
            case "join" | "join old":
                self.join(back=2 if what == "join old" else 0)
            case "full" | "drain" if self.wires:
                self.wires[-1][0].full = what == "full"
            case "beat":
                self.running.feed.beat()
            case _:
                await turns(2)

    async def finish(self) -> None:
        for wire, _, _ in self.wires:
            wire.full = False
        self.running.feed.ring(Number(self.store.head))
        await eventually(lambda: all(wire.mark == self.store.head for wire, _, _ in self.wires))


async def interleave(steps: list[str], visible_from: int) -> None:
    store = Store()
    for _ in range(3):
        store.post()
    async with Running(store, at=3) as running:
        story = Interleaving(running, visible_from)
        for step in steps:
            await story.step(step)
        await story.finish()
        for wire, since, seen in story.wires:
            assert_complete(wire, since)
            expected = {change.change for change in store.snapshot(since, seen).changes}
            assert expected <= set(wire.numbers)
            assert all(int(text.split("@")[0]) > seen for text in wire.html if "@" in text)
