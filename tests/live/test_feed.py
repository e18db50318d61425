"""A feed gives every reader complete ranges, in order, and nothing they may not see."""

import asyncio
from itertools import pairwise

from chat.core.changes import Change, Cursor, Floor
from chat.core.ids import Number
from chat.core.message import Message, Notice
from chat.live.batch import End, Fragment
from chat.live.log import Log
from chat.live.rendering import RENDERS_A_TURN
from tests.live.fakes import (
    ANN,
    BO,
    FakeWire,
    Running,
    Store,
    assert_complete,
    eventually,
    member,
    render,
    turns,
)


async def test_a_reader_is_greeted_with_its_own_cursor_and_then_given_what_it_lacks() -> None:
    store = Store()
    for _ in range(5):
        store.post()
    async with Running(store) as running:
        wire = running.join(2)
        assert [(b.since, b.mark.number, list(b.fragments)) for b in wire.batches] == [(2, 2, [])]
        await running.ring()
        assert (wire.numbers, wire.mark) == ([3, 4, 5], 5)
        assert_complete(wire, 2)


async def test_readers_at_the_same_place_share_one_batch_and_one_encoding() -> None:
    async with Running() as running:
        wires = [running.join() for _ in range(3)]
        running.store.post()
        await running.ring()
        batches = {id(wire.batches[-1]) for wire in wires}
        assert len(batches) == 1
        encodings = 0

        def encoder(batch: object) -> bytes:
            nonlocal encodings
            encodings += 1
            return b"x"

        assert {wire.batches[-1].encoded(encoder) for wire in wires} == {b"x"}
        assert encodings == 1
        assert running.store.reads == [(0, 0)], "one read serves all"


async def test_a_reader_never_gets_what_was_said_before_it_may_see_not_even_as_an_edit() -> None:
    store = Store()
    for _ in range(4):
        store.post()
    async with Running(store, at=4) as running:
        newcomer = running.join(4, member(BO, visible_from=4, joined=4))
        old = running.join(4)
        store.edit(2)
        store.post()
        await running.ring()
        assert old.numbers == [5, 6]
        assert (newcomer.numbers, newcomer.mark) == ([6], 6)


async def test_readers_who_differ_only_below_the_range_share_their_batch() -> None:
    store = Store()
    for _ in range(4):
        store.post()
    async with Running(store, at=4) as running:
        wires = [running.join(4, member(visible_from=seen)) for seen in (0, 1, 4)]
        store.post()
        await running.ring()
        assert len({id(wire.batches[-1]) for wire in wires}) == 1


async def test_a_later_state_takes_the_place_of_an_earlier_one() -> None:
    async with Running() as running:
        store = running.store
        slow = FakeWire()
        running.join(wire=slow)
        slow.full = True
        first = store.post()
        await running.ring()
        store.edit(first)
        store.post()
        store.edit(first)
        await running.ring()
        slow.full = False
        await eventually(lambda: slow.mark == 4)
        assert slow.html == ["3@3 m3", "1@4 edited 4"]
        assert_complete(slow, 0)


async def test_a_floor_takes_away_what_is_below_it() -> None:
    async with Running() as running:
        live, slow = running.join(), running.join()
        slow.full = True
        running.store.post()
        running.store.post()
        await running.ring()
        running.store.clear()
        running.store.post()
        await running.ring()
        slow.full = False
        await eventually(lambda: slow.mark == 4)
        assert live.html == ["1@1 m1", "2@2 m2", "floor 3", "4@4 m4"]
        assert slow.html == ["floor 3", "4@4 m4"]


async def test_a_new_lineage_of_numbers_resets_everybody() -> None:
    async with Running() as running:
        wire = running.join()
        running.store.post()
        await running.ring()
        running.store.epoch = "new"
        running.store.post()
        await running.ring()
        assert wire.reset
        assert wire.ended is End.RESTART
        assert not running.feed.readers
        assert running.feed.epoch == "new"


async def test_a_ring_during_a_read_is_not_lost() -> None:
    store = Store()
    store.post()
    async with Running(store) as running:
        wire = running.join()
        held = asyncio.Event()

        async def hold() -> None:
            await held.wait()

        store.after_read = hold
        running.feed.ring(Number(1))
        await turns()
        assert store.reads == [(0, 0)]
        store.post()
        running.feed.ring(Number(2))
        held.set()
        await turns()
        assert wire.numbers == [1, 2]


async def test_a_store_that_is_away_delays_and_loses_nothing() -> None:
    async with Running() as running:
        wire = running.join()
        running.store.post()
        running.store.away = True
        await running.ring()
        assert wire.numbers == []
        running.store.away = False
        await running.ring()  # the sweep names the head again
        assert wire.numbers == [1]


async def test_doubled_and_late_bells_do_nothing() -> None:
    async with Running() as running:
        wire = running.join()
        running.store.post()
        running.store.post()
        await running.ring()
        for head in (2, 1, 2, 0):
            running.feed.ring(Number(head))
        await turns()
        assert len(wire.batches) == 2
        assert running.store.reads == [(0, 0)]


async def test_others_get_their_turn_while_much_is_rendered() -> None:
    store = Store()
    for _ in range(200):
        store.post()
    async with Running(store) as running:
        wire = running.join(0)
        rendered: list[int] = []
        render = running.feed._render

        def counting(slug: str, change: Change) -> Fragment:
            rendered.append(change.change)
            return render(slug, change)

        running.feed._render = counting
        running.feed.ring(Number(200))
        seen = {len(rendered)}
        while len(rendered) < 200:
            await asyncio.sleep(0)
            seen.add(len(rendered))
        assert max(b - a for a, b in pairwise(sorted(seen))) <= RENDERS_A_TURN
        await eventually(lambda: wire.mark == 200)
        assert_complete(wire, 0)


async def test_what_was_rendered_while_the_room_started_over_is_forgotten() -> None:
    store = Store()
    for _ in range(100):
        store.post()
    async with Running(store) as running:
        rendered: list[int] = []
        render = running.feed._render

        def starting_over(slug: str, change: Change) -> Fragment:
            rendered.append(change.change)
            if len(rendered) == 30:
                running.feed.start_over(Cursor("other", Number(3)))
            return render(slug, change)

        running.feed._render = starting_over
        running.feed.ring(Number(100))
        await turns(50)
        assert (running.feed.epoch, running.feed.head) == ("other", 3)


async def test_readers_of_a_room_that_is_gone_are_let_go_at_once() -> None:
    async with Running() as running:
        wire = running.join()
        running.store.post()
        running.store.gone = True
        await running.ring()
        assert wire.ended is End.DENIED


def test_a_clearing_that_says_so_is_a_floor_and_of_floors_only_the_last_is_kept() -> None:
    log = Log(Number(0))
    for n in (1, 2):
        log.add(render("", Message(Number(n), Number(n), n, ANN, "x", 0)))
    log.add(render("", Floor(Number(2), Number(3))))
    log.add(render("", Floor(Number(3), Number(4))))
    assert [fragment.change for fragment in log.after(Number(0))] == [4]
    log.add(render("", Notice(Number(5), Number(5), 5, "cleared", ANN, 0)))
    assert [fragment.change for fragment in log.after(Number(0))] == [5]
