"""A feed gives every reader complete ranges, in order, and nothing they may not see."""

import asyncio
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.core.changes import Change, Cursor, Floor
from chat.core.ids import Number
from chat.core.message import Message, Notice
from chat.live import feed as feed_module
from chat.live.batch import End, Fragment
from chat.live.log import LOG_BYTES, LOG_CHANGES, Log
from chat.live.reader import DRAIN_S
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
    set_clock,
    turns,
)


def reached(wire: FakeWire, head: int) -> bool:
    return wire.mark == head


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


async def test_a_removed_member_receives_nothing_after_the_removal() -> None:
    async with Running() as running:
        gone, stays = running.join(who=member(BO)), running.join()
        for change in (running.store.post, lambda: running.store.leave(BO), running.store.post):
            change()
        await running.ring()
        assert stays.numbers == [1, 2, 3]
        assert (gone.numbers, gone.mark, gone.ended) == ([1, 2], 2, End.DENIED)
        assert len(running.feed.readers) == 1


async def test_a_reader_of_an_earlier_membership_is_cut_at_the_first_removal() -> None:
    """Left at 2, came back, left again at 5, all in one range: 3 to 5 are not the old reader's."""
    async with Running() as running:
        old = running.join(who=member(BO, joined=0))
        store = running.store
        store.post()
        store.leave(BO)
        store.post()
        store.post()
        store.leave(BO)
        store.post()
        await running.ring()
        assert (old.numbers, old.mark, old.ended) == ([1, 2], 2, End.DENIED)


async def test_a_removal_of_an_earlier_membership_does_not_end_the_present_one() -> None:
    store = Store()
    store.post()
    store.leave(BO)
    async with Running(store) as running:
        back = running.join(1, member(BO, joined=3))
        store.post()
        await running.ring()
        assert (back.numbers, back.ended) == ([2, 3], None)
        store.leave(BO)
        store.post()
        await running.ring()
        assert (back.numbers, back.ended) == ([2, 3, 4], End.DENIED)


async def test_a_removal_is_cut_in_a_replay_too() -> None:
    store = Store()
    for change in (store.post, lambda: store.leave(BO), store.post):
        change()
    async with Running(store, at=3) as running:
        gone = running.join(0, member(BO))
        await turns()
        assert (gone.numbers, gone.mark, gone.ended) == ([1, 2], 2, End.DENIED)


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
        await eventually(lambda: reached(wire, 200))
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


async def test_a_lagging_reader_is_cut_at_its_removal_though_the_room_was_cleared_since() -> None:
    async with Running() as running:
        gone, stays = running.join(who=member(BO)), running.join()
        gone.full = True
        running.store.post()
        running.store.leave(BO)
        await running.ring()
        running.store.clear()
        running.store.post()
        await running.ring()
        gone.full = False
        await eventually(lambda: gone.ended is not None)
        assert (gone.numbers, gone.mark, gone.ended) == ([2], 2, End.DENIED)
        assert stays.numbers == [1, 2, 3, 4]


def test_a_clearing_that_says_so_is_a_floor_and_of_floors_only_the_last_is_kept() -> None:
    log = Log(Number(0))
    for n in (1, 2):
        log.add(render("", Message(Number(n), Number(n), n, ANN, "x", 0)))
    log.add(render("", Floor(Number(2), Number(3))))
    log.add(render("", Floor(Number(3), Number(4))))
    assert [fragment.change for fragment in log.after(Number(0))] == [4]
    log.add(render("", Notice(Number(5), Number(5), 5, "cleared", ANN, 0)))
    assert [fragment.change for fragment in log.after(Number(0))] == [5]
