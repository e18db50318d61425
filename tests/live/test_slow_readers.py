"""Readers that do not keep up: they hold nobody up, and are given everything or let go."""

import asyncio
from functools import partial

import pytest

from chat.live import feed as feed_module
from chat.live.batch import End
from chat.live.log import LOG_BYTES, LOG_CHANGES
from chat.live.reader import DRAIN_S
from tests.live.fakes import (
    BO,
    FakeWire,
    Running,
    Store,
    assert_complete,
    eventually,
    member,
    set_clock,
    turns,
)


def reached(wire: FakeWire, head: int) -> bool:
    return wire.mark == head


async def test_a_slow_reader_is_skipped_and_then_given_everything_in_one_batch() -> None:
    async with Running() as running:
        slow, quick = running.join(), running.join()
        slow.full = True
        for _ in range(5):
            running.store.post()
            await running.ring()
        assert len(slow.batches) == 1
        assert quick.numbers == [1, 2, 3, 4, 5]
        slow.full = False
        await eventually(lambda: slow.mark == 5)
        assert [fragment.change for fragment in slow.batches[1].fragments] == [1, 2, 3, 4, 5]


async def test_a_reader_whose_bytes_do_not_drain_is_closed_after_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = set_clock(monkeypatch, feed_module)
    async with Running() as running:
        slow = running.join()
        slow.full = True
        running.store.post()
        await running.ring()
        clock.now += DRAIN_S
        await running.ring()
        await asyncio.sleep(0.15)  # a few rounds of the timer for stalled readers
        assert slow.ended is None
        clock.now += 0.1
        await eventually(lambda: slow.ended is End.SLOW)
        assert len(slow.batches) == 1, "it gets no heartbeat and no change meanwhile"
        assert not running.feed.readers


async def test_many_who_do_not_drain_are_let_go_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand endings in one turn would hold up everybody else for a third of a second."""
    clock = set_clock(monkeypatch, feed_module)
    async with Running() as running:
        slow = [running.join() for _ in range(feed_module.ENDS_A_TURN * 2 + 10)]
        for wire in slow:
            wire.full = True
        running.store.post()
        await running.ring()
        clock.now += DRAIN_S + 0.1
        ended = []
        while len(running.feed.readers):
            before = len(running.feed.readers)
            await eventually(lambda: len(running.feed.readers) < before)  # noqa: B023
            ended.append(before - len(running.feed.readers))
        assert ended == [feed_module.ENDS_A_TURN] * 2 + [10]
        assert {wire.ended for wire in slow} == {End.SLOW}


async def test_a_reader_that_drains_now_and_then_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = set_clock(monkeypatch, feed_module)
    async with Running() as running:
        slow = running.join()
        for n in range(4):
            slow.full = True
            running.store.post()
            await running.ring()
            clock.now += DRAIN_S - 1
            slow.full = False
            await eventually(partial(reached, slow, n + 1))
        assert slow.ended is None


async def test_a_wire_that_takes_no_more_loses_its_reader() -> None:
    async with Running() as running:
        wire = running.join()
        wire.broken = True
        running.store.post()
        await running.ring()
        running.store.post()
        await running.ring()
        assert wire.numbers == [1]
        assert not running.feed.readers


@pytest.mark.parametrize("size", [10, 5000])
async def test_a_feed_forgets_its_oldest_and_readers_behind_it_still_get_everything(size: int) -> None:
    async with Running() as running:
        slow = running.join()
        slow.full = True
        for n in range(LOG_CHANGES):
            running.store.post(body="x" * size)
            if n % 50 == 49:
                await running.ring()
        running.store.edit(1)
        await running.ring()
        kept = running.feed._log._fragments
        assert len(kept) <= LOG_CHANGES
        assert sum(len(f.html) for f in kept.values()) == running.feed._log._bytes <= LOG_BYTES
        assert running.feed._log.base < min(f.change for f in kept.values())
        slow.full = False
        await eventually(lambda: slow.mark == running.store.head)
        assert slow.ended is None
        assert slow.numbers == list(range(2, LOG_CHANGES + 2))
        assert_complete(slow, 0)


async def test_readers_at_the_same_old_place_share_one_read() -> None:
    store = Store()
    for _ in range(20):
        store.post()
    async with Running(store, at=20) as running:
        wires = [running.join(5) for _ in range(10)] + [running.join(7)]
        await turns()
        assert sorted(store.reads) == [(5, 0), (7, 0)]
        assert all(wire.numbers[-1] == 20 for wire in wires)
        assert len({id(wire.batches[-1]) for wire in wires}) == 2


async def test_a_reader_too_far_behind_is_reset_and_one_who_may_see_less_is_not() -> None:
    store = Store()
    for _ in range(LOG_CHANGES + 10):
        store.post()
    async with Running(store, at=store.head) as running:
        far, newcomer = running.join(1), running.join(100, member(BO, visible_from=100))
        await turns()
        assert (far.reset, far.numbers, far.ended) == (True, [], End.RESTART)
        await eventually(lambda: reached(newcomer, store.head))
        assert (newcomer.reset, newcomer.numbers[0], newcomer.mark) == (False, 101, store.head)
