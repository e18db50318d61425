"""Full collections come when there is something to collect, and not while readers come."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from chat.live import garbage as module
from chat.live.garbage import OF_READER, SPARE, Garbage


class Ring:
    """Something that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Thresholds as they were, and nothing of this test's that stays frozen."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def old(objects: int) -> list[Ring]:
    """So many objects that have survived all looks at the young; each has a dict that may be untracked."""
    made = [Ring() for _ in range(objects)]
    gc.collect(1)
    return made


async def test_what_readers_account_for_is_not_looked_through() -> None:
    readers = SPARE // OF_READER + 1
    garbage = Garbage(lambda: readers)
    garbage.start()
    garbage.stop()
    living = old(SPARE)
    ring = weakref.ref(living.pop())
    await garbage.look()
    assert ring() is not None
    readers = 0
    living += old(SPARE)
    await garbage.look()
    assert ring() is None


async def test_what_is_left_by_a_full_collection_is_not_looked_through_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However wrong the guess of what a reader weighs is."""
    garbage = Garbage(lambda: 0)
    garbage.start()
    living = old(SPARE + 10_000)
    await garbage.look()
    ring = weakref.ref(old(1)[0])
    await garbage.look()
    assert ring() is not None
    monkeypatch.setattr(module, "GROWN", 1.0)
    living += old(10)
    await garbage.look()
    assert ring() is None


async def test_python_does_no_full_collection_by_itself() -> None:
    Garbage(lambda: 0).start()
    before = gc.get_stats()[2]["collections"]
    kept = [[Ring()] for _ in range(400_000)]
    assert len(kept) == 400_000
    assert gc.get_stats()[2]["collections"] == before
    assert gc.get_stats()[1]["collections"] > 0
