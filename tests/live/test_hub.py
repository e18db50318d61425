"""A hub brings news to feeds, and repairs by asking what a bell failed to say."""

import asyncio
from dataclasses import replace

import pytest

from chat.core.ids import Number, SessionId
from chat.core.room import HOUSE, in_the_house
from chat.live import feed as feed_module
from chat.live import hub as module
from chat.live import shown
from chat.live.batch import End
from chat.live.hub import FEED_IDLE_S
from tests.live.fakes import (
    ANN,
    BO,
    EPOCH,
    ROOM,
    eventually,
    member,
    set_clock,
    turns,
)
from tests.live.worker import Worker


async def test_a_reader_is_brought_to_the_head_without_any_bell(worker: Worker) -> None:
    worker.store.post()
    worker.store.post()
    wire = worker.follow(1)
    await turns()
    assert wire.numbers == [2]
    assert worker.hub.count() == 1


@pytest.mark.parametrize(
    ("since", "visible_from"),
    [("other.1", 0), (f"{EPOCH}.9", 0), (f"{EPOCH}.1", 2)],
    ids=["another lineage", "beyond the head", "below what may be seen"],
)
async def test_a_cursor_that_cannot_be_gone_on_from_is_reset(
    worker: Worker, since: str, visible_from: int
) -> None:
    for _ in range(3):
        worker.store.post()
    wire = worker.follow(since, member(visible_from=visible_from, head=3))
    worker.store.post()
    worker.hub.rang(ROOM, Number(4))
    await turns()
    assert (wire.reset, wire.numbers, wire.ended) == (True, [], End.RESTART)
    assert worker.hub.count() == 0


async def test_a_lost_bell_is_repaired_by_the_sweep(worker: Worker) -> None:
    wire = worker.follow()
    worker.store.post()
    await turns()
    assert wire.numbers == []
    await worker.hub.sweep()
    await turns()
    assert wire.numbers == [1]


async def test_a_bell_that_comes_back_sweeps(worker: Worker) -> None:
    wire = worker.follow()
    worker.store.post()
    worker.hub.bell_restored()
    await turns()
    assert wire.numbers == [1]


async def test_readers_of_an_ended_session_are_let_go_and_no_others(worker: Worker) -> None:
    first, second = worker.follow(session=1), worker.follow(session=2)
    lobby = worker.follow("house.0", in_the_house(ANN), session=1)
    worker.ended.append(1)
    worker.hub.sessions_ended()
    await turns()
    assert (first.ended, lobby.ended, second.ended) == (End.DENIED, End.DENIED, None)


async def test_a_reader_that_begins_as_its_session_ends_is_let_go(worker: Worker) -> None:
    """The session was recognised, then ended and announced, and only then the reader was added."""
    worker.follow(session=2)
    worker.ended.append(1)
    await worker.hub.sweep()
    late = worker.follow(session=1)
    await worker.hub.sweep()
    await turns()
    assert late.ended is End.DENIED


async def test_readers_of_a_room_that_is_gone_are_let_go(worker: Worker) -> None:
    wire = worker.follow()
    worker.store.gone = True
    await worker.hub.sweep()
    await turns()
    assert wire.ended is End.DENIED


async def test_after_a_restore_everybody_loads_again_and_the_room_goes_on(worker: Worker) -> None:
    old = worker.follow()
    worker.store.epoch = "new"
    await worker.hub.sweep()
    assert (old.reset, old.ended) == (True, End.RESTART)
    who = member(head=worker.store.head)
    fresh = worker.follow("new.0", replace(who, room=replace(who.room, epoch="new")))
    worker.store.post()
    worker.hub.rang(ROOM, Number(1))
    await turns()
    assert fresh.numbers == [1]


async def test_who_was_read_in_the_lineage_before_is_sent_back_alone(worker: Worker) -> None:
    """A rule has narrowed, or the address is another: whoever knows of it is newer by number."""
    before = member(head=0)
    worker.store.epoch, worker.store.head = "new", 1
    after = member(head=1)
    fresh = worker.follow("new.1", replace(after, room=replace(after.room, epoch="new", slug="moved")))
    late = worker.follow(0, before)
    assert (late.reset, fresh.reset) == (True, False)
    worker.store.post()
    worker.hub.rang(ROOM, Number(2))
    await turns()
    assert fresh.numbers == [2]


async def test_who_knows_of_a_newer_lineage_has_the_others_load_again(worker: Worker) -> None:
    early = worker.follow()
    worker.store.epoch, worker.store.head = "new", 1
    after = member(head=1)
    fresh = worker.follow("new.1", replace(after, room=replace(after.room, epoch="new", slug="moved")))
    assert (early.reset, fresh.reset) == (True, False)
    assert worker.hub._feeds[ROOM].slug == "moved"


async def test_the_list_of_people_is_given_to_those_who_come_and_when_it_changes(worker: Worker) -> None:
    wire = worker.follow()
    await eventually(lambda: wire.signals == [b"<people>"], "the page may have been printed before a change")
    worker.people = b"<more>"
    for _ in range(5):
        worker.hub.people_changed(ROOM)
    await eventually(lambda: len(wire.signals) > 1)
    await asyncio.sleep(0.02)
    assert wire.signals == [b"<people>", b"<more>"]


async def test_who_comes_is_not_given_a_list_of_people_from_before_they_came(worker: Worker) -> None:
    early = worker.follow()
    await eventually(lambda: early.signals == [b"<people>"])
    worker.people, worker.people_away = b"<more>", True
    worker.hub.people_changed(ROOM)
    late = worker.follow()
    await turns()
    assert late.signals == []
    worker.people_away = False
    await worker.hub.sweep()
    await eventually(lambda: late.signals == [b"<more>"])


async def test_a_store_that_is_away_delays_the_list_of_people(worker: Worker) -> None:
    wire = worker.follow()
    await eventually(lambda: len(wire.signals) == 1)
    worker.people, worker.people_away = b"<new>", True
    worker.hub.people_changed(ROOM)
    await asyncio.sleep(0.02)
    worker.people_away = False
    await worker.hub.sweep()
    await eventually(lambda: wire.signals[-1] == b"<new>")


async def test_a_feed_is_kept_for_a_minute_after_its_last_reader(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = set_clock(monkeypatch, module, feed_module)
    worker.follow()
    worker.open.close()
    clock.now += FEED_IDLE_S
    await worker.hub.sweep()
    assert ROOM in worker.hub._feeds
    clock.now += 1
    await worker.hub.sweep()
    assert worker.hub._feeds == {}
    worker.store.post()
    again = worker.follow()
    await turns()
    assert again.numbers == [1]


async def test_pages_that_stopped_answering_are_let_go(worker: Worker) -> None:
    wire, other = worker.follow(), worker.follow(who=member(BO), session=2)
    worker.hub.page_alive(SessionId(2), ROOM)
    wire.is_stale = True
    await worker.hub.sweep()
    assert (wire.ended, other.ended) == (End.SLOW, None)
    assert (wire.answers, other.answers) == (0, 1)


async def test_a_change_that_cannot_be_shown_lets_its_readers_go_instead_of_holding_them(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = worker.follow()

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(worker.hub._feeds[ROOM], "_read", broken)
    worker.store.post()
    worker.hub.rang(ROOM, Number(1))
    await turns()
    assert wire.ended is End.RESTART
    again = worker.follow()
    await turns()
    assert again.numbers == [1]


async def test_stopping_tells_everybody_to_come_back(worker: Worker) -> None:
    wires = [worker.follow(), worker.follow("house.0", in_the_house(BO), session=2)]
    await worker.hub.stop()
    assert [wire.ended for wire in wires] == [End.RESTART] * 2
    assert worker.hub.count() == 0
    assert HOUSE in worker.hub._feeds


async def test_people_lists_are_shown_anew_when_the_bell_is_back_and_now_and_then_while_it_is_silent(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = worker.follow()
    clock = set_clock(monkeypatch, shown)
    await eventually(lambda: len(wire.signals) == 1)  # what a new feed shows
    worker.hub.bell_restored()
    await eventually(lambda: len(wire.signals) == 2)
    for _ in range(3):
        worker.hub.bell_silent()
        await turns()
    assert len(wire.signals) == 2
    clock.now += shown.PEOPLE_UNHEARD_S
    for _ in range(3):
        worker.hub.bell_silent()
    await eventually(lambda: len(wire.signals) == 3)
