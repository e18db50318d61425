"""What is told in passing, without a number: signals, and the marks that keep a line alive."""

import asyncio

import pytest

from chat.live import feed as feed_module
from tests.live.fakes import (
    Running,
    Store,
    turns,
)


async def test_the_last_signal_of_a_name_wins_and_is_given_on_connecting() -> None:
    async with Running() as running:
        early = running.join()
        running.feed.signal("people", b"<one>")
        await turns()
        running.feed.signal("people", b"<two>")
        running.feed.signal("typing", b"<ann>")
        await turns()
        late = running.join()
        await turns()
        assert early.signals == [b"<one>", b"<two><ann>"]
        assert late.signals == [b"<two><ann>"]


async def test_a_reader_that_was_replayed_gets_the_signals_too() -> None:
    store = Store()
    for _ in range(5):
        store.post()
    async with Running(store, at=5) as running:
        running.feed.signal("people", b"<who>")
        await turns()
        late = running.join(2)
        await turns()
        assert late.numbers == [3, 4, 5]
        assert late.signals == [b"<who>"]


async def test_a_signal_that_comes_during_a_delivery_reaches_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "WRITES_A_TURN", 2)
    async with Running() as running:
        wires = [running.join() for _ in range(6)]
        await turns()
        running.feed.signal("people", b"<one>")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        begun = [wire for wire in wires if wire.signals]
        assert 0 < len(begun) < len(wires), "it was to come in the middle"
        running.feed.signal("people", b"<two>")
        await turns()
        assert [wire.signals[-1] for wire in wires] == [b"<two>"] * 6


async def test_a_heartbeat_is_a_mark_of_the_readers_own_cursor() -> None:
    async with Running() as running:
        wire, full = running.join(), running.join()
        running.store.post()
        await running.ring()
        full.full = True
        running.feed.beat()
        await turns()
        assert [(b.since, b.mark.number, list(b.fragments)) for b in wire.batches[2:]] == [(1, 1, [])]
        assert len(full.batches) == 2
