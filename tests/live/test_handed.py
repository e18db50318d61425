"""What comes with the bell need not be read, and says nothing else than what would be read."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from chat.core.changes import REPLAY_MAX, Change, Cursor
from chat.core.ids import Number
from chat.core.message import Message
from chat.live.batch import Fragment
from chat.live.rendering import RENDERS_A_TURN
from tests.live.fakes import BO, EPOCH, Running, assert_complete, turns


async def test_what_is_told_with_the_bell_is_not_read_again() -> None:
    async with Running() as running:
        wire, store = running.join(), running.store
        for _ in range(3):
            running.feed.ring(store.post(), store.snapshot(store.head - 1))
        await turns()
        assert wire.numbers == [1, 2, 3]
        running.feed.ring(store.post(), store.snapshot(store.head - 1))
        await running.ring()
        assert wire.numbers == [1, 2, 3, 4]
        assert store.reads == []
        assert_complete(wire, 0)


@pytest.mark.parametrize("first", ["unknown", "late", "of another epoch"])
async def test_what_is_told_is_read_all_the_same_unless_it_is_all_that_lacks(first: str) -> None:
    async with Running() as running:
        wire, store = running.join(), running.store
        one, early = store.post(), store.snapshot(0)
        news = store.snapshot(store.head - 1) if (two := store.post()) else None
        if first == "of another epoch":
            running.feed.ring(one, replace(early, epoch="other"))
        running.feed.ring(two, news)
        if first == "late":
            running.feed.ring(Number(store.head + 1))
        await turns()
        running.feed.ring(one, early)
        await running.ring()
        assert (wire.numbers, wire.mark) == ([1, 2], 2)
        assert store.reads == [(0, 0)]
        assert_complete(wire, 0)


@given(st.data())
@settings(max_examples=60)
def test_what_a_feed_knows_is_what_the_store_would_say(data: st.DataObject) -> None:
    """Answers to forms are made of it: whatever was posted, edited, read or only rung for meanwhile."""
    asyncio.run(_know(data))


async def _know(data: st.DataObject) -> None:
    async with Running() as running:
        feed, store, known = running.feed, running.store, 0
        for _ in range(data.draw(st.integers(1, 12))):
            match data.draw(st.sampled_from(["post", "post", "silent", "edit", "leave", "serve"])):
                case "post":
                    feed.ring(store.post(), store.snapshot(store.head - 1))
                case "silent":  # the bell is lost
                    store.post()
                case "edit" if said := [n for n, one in store.things.items() if isinstance(one, Message)]:
                    feed.ring(store.edit(min(said)))
                case "leave":
                    feed.ring(store.leave(BO))
                case _:
                    await turns()
            since, seen = (data.draw(st.integers(0, store.head)) for _ in range(2))
            if batch := await feed.known(Cursor(EPOCH, Number(since)), Number(store.head), Number(seen)):
                known += 1
                assert [one.of for one in batch.fragments] == list(store.snapshot(since, seen).changes)
                assert (batch.since, batch.mark) == (since, Cursor(EPOCH, Number(store.head)))
        target(known)
        assert await feed.known(Cursor("other", Number(0)), Number(0), Number(0)) is None


async def test_a_feed_knows_what_it_was_told_before_it_has_delivered_it() -> None:
    running = Running()
    number = running.store.post()
    running.feed.ring(number, running.store.snapshot(0))
    batch = await running.feed.known(Cursor(EPOCH, Number(0)), number, Number(0))
    assert batch
    assert [one.change for one in batch.fragments] == [number]
    assert await running.feed.known(Cursor(EPOCH, Number(0)), Number(number + 1), Number(0)) is None


async def test_news_of_a_room_that_is_not_read_does_not_pile_up() -> None:
    running = Running()
    for number in range(2 * REPLAY_MAX):
        running.feed.ring(running.store.post(), running.store.snapshot(number))
    assert len(running.feed._handed._by_since) == REPLAY_MAX


async def test_others_get_their_turn_while_an_answer_is_rendered_of_many_posts() -> None:
    running, turn = Running(), 0
    rendered: list[int] = []
    render = running.feed._render

    def counting(slug: str, change: Change) -> Fragment:
        rendered.append(turn)
        return render(slug, change)

    running.feed._render = counting
    for number in range(100):
        running.feed.ring(running.store.post(), running.store.snapshot(number))
    answer = asyncio.ensure_future(running.feed.known(Cursor(EPOCH, Number(0)), Number(100), Number(0)))
    while not answer.done():
        turn += 1
        await asyncio.sleep(0)
    batch = await answer
    assert batch
    assert [one.change for one in batch.fragments] == list(range(1, 101))
    assert max(Counter(rendered).values()) <= RENDERS_A_TURN
