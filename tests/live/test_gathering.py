"""What comes together leaves together, and only who lacks something is looked at."""

import time

import pytest

from chat.live import feed as feed_module
from tests.live.fakes import FakeWire, Running, eventually, set_clock, turns

LONG_S = 2.0  # gathered for in this test, so that a busy machine cannot mistake it


async def test_a_lone_message_leaves_at_once_and_what_follows_it_in_one_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = set_clock(monkeypatch, feed_module)
    async with Running() as running:
        wire = FakeWire()
        running.feed.add(running.reader(wire))
        await turns()
        monkeypatch.setattr(feed_module, "GATHER_S", LONG_S)
        clock.now += LONG_S
        asked_s = time.monotonic()
        for _ in range(3):
            running.store.post()
            await running.ring()
        assert wire.numbers == [1]
        await eventually(lambda: wire.mark == 3)
        assert time.monotonic() - asked_s >= LONG_S
        assert [[fragment.change for fragment in batch.fragments] for batch in wire.batches] == [
            [],
            [1],
            [2, 3],
        ]


async def test_one_who_lacks_something_does_not_have_the_others_looked_at() -> None:
    async with Running() as running:
        others = [Counted() for _ in range(20)]
        for other in others:
            running.feed.add(running.reader(other))
        await turns()
        for other in others:
            other.asked = 0
        late = running.reader(FakeWire())
        running.feed.add(late)
        late.own.say("lists", b"rooms")
        running.feed.wake((late,))
        await turns()
        assert late.told == late.own.version
        assert sum(other.asked for other in others) == 0
        running.store.post()
        await running.ring()
        assert sum(other.asked for other in others) == 20


class Counted(FakeWire):
    """Counts how often the feed looks whether it can be written to."""

    asked = 0

    def ready(self) -> bool:
        self.asked += 1
        return super().ready()
