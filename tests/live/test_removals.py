"""Who is removed gets everything up to the removal and nothing after it."""

from chat.live.batch import End
from tests.live.fakes import (
    BO,
    Running,
    Store,
    eventually,
    member,
    turns,
)


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
