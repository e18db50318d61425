"""What is a person's own reaches all their pages, and costs nothing where nobody needs it."""

import pytest

from chat.core.ids import Number, RoomId
from chat.core.problems import Unavailable
from chat.core.room import in_the_house
from chat.live import persons as module
from chat.live import shown
from chat.live import typing as typing_module
from tests.live.fakes import ANN, BO, ROOM, FakeWire, eventually, member, set_clock, turns
from tests.live.worker import Worker

OTHER = RoomId(8)


@pytest.fixture(autouse=True)
def _without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BADGES_S", 0.0)
    monkeypatch.setattr(shown, "ROOMS_S", 0.0)


async def turn(worker: Worker) -> None:
    await worker.hub.turn()
    await turns()


def own(wire: FakeWire) -> list[bytes]:
    """What was given of the person's own: in batches without fragments and signals of the room."""
    return [batch.signals for batch in wire.batches if batch.signals and batch.signalled < 0]


async def test_a_reader_is_given_its_lists_and_badges_once_and_with_no_range(worker: Worker) -> None:
    worker.unread[ROOM] = 3
    worker.store.post()
    wire = worker.follow()
    await turns()
    await turn(worker)
    await turn(worker)
    assert own(wire) == [b"<lists ['harbour'] [(7, 3)]><badge 7 3>"]
    assert [b.mark.number for b in wire.batches if b.signals.startswith(b"<lists")] == [1]


async def test_a_page_that_opens_later_is_asked_for_anew_and_others_are_not_told_again(
    worker: Worker,
) -> None:
    first = worker.follow()
    await turn(worker)
    worker.unread[ROOM] = 1
    second = worker.follow(who=in_the_house(ANN), since="house.0")
    await turn(worker)
    assert own(second) == [b"<lists ['harbour'] [(7, 1)]><badge 7 1>"]
    assert own(first)[1:] == [b"<badge 7 1>"]


async def test_lists_that_were_given_are_kept_no_longer(worker: Worker) -> None:
    """Thousands of people with dozens of rooms would weigh more than their connections."""
    worker.follow()
    await turn(worker)
    await turn(worker)
    assert worker.hub._persons._own[ANN.id].signals.after(-1) == b""
    second = worker.follow(who=in_the_house(ANN), since="house.0")
    await turn(worker)
    assert own(second) == [b"<lists ['harbour'] []><badge 7 0>"]


async def test_what_is_said_shows_in_pages_beside_the_room_and_asks_nothing_for_those_in_it(
    worker: Worker,
) -> None:
    inside = worker.follow(who=member(BO))
    beside = worker.follow("house.0", in_the_house(ANN))
    await turn(worker)
    worker.asked.clear()
    worker.unread[ROOM] = 1
    worker.hub.rang(ROOM, Number(1))
    worker.hub.rang(OTHER, Number(1))
    await turn(worker)
    assert worker.asked == [("badges", (ROOM, [ANN.id]))]
    assert own(beside)[-1] == b"<badge 7 1>"
    assert len(own(inside)) == 1


async def test_a_busy_room_that_everybody_is_in_asks_for_nothing(worker: Worker) -> None:
    worker.follow()
    await turn(worker)
    worker.asked.clear()
    worker.hub.rang(ROOM, Number(0))
    await turn(worker)
    worker.hub.read(ROOM, ANN.id)
    await turn(worker)
    assert worker.asked == []


async def test_reading_on_one_page_is_seen_on_the_others(worker: Worker) -> None:
    worker.unread[ROOM] = 2
    worker.follow()
    beside = worker.follow("house.0", in_the_house(ANN), session=2)
    await turn(worker)
    worker.unread[ROOM] = 0
    worker.hub.read(ROOM, ANN.id)
    await turn(worker)
    assert own(beside)[-1] == b"<badge 7 0>"


async def test_lists_are_told_again_only_when_rooms_or_names_are_others(worker: Worker) -> None:
    wire = worker.follow()
    await turn(worker)
    worker.hub.person_changed(ANN.id)
    await turn(worker)
    assert len(own(wire)) == 1
    worker.rooms[OTHER] = "quay"
    worker.hub.person_changed(ANN.id)
    await turn(worker)
    assert own(wire)[1:] == [b"<lists ['harbour', 'quay'] []><badge 8 0>"]


async def test_people_are_asked_for_in_chunks_and_again_after_the_store_was_away(
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LISTS_AT_ONCE", 1)
    wires = [worker.follow(who=member(who)) for who in (ANN, BO)]
    worker.store.away = True
    with pytest.raises(Unavailable):
        await turn(worker)
    worker.store.away = False
    await turn(worker)
    assert all(len(own(wire)) == 1 for wire in wires)
    assert worker.asked[-2:] == [("lists", [ANN.id]), ("lists", [BO.id])]


async def test_nothing_is_kept_of_who_reads_no_more(worker: Worker) -> None:
    worker.follow()
    worker.open.close()
    worker.hub.bell_restored()
    await turn(worker)
    assert worker.asked == []
    assert worker.hub._persons._own == {}


async def test_own_signals_wait_for_a_wire_that_is_full(worker: Worker) -> None:
    wire = worker.follow()
    wire.full = True
    await turn(worker)
    assert own(wire) == []
    wire.full = False
    await eventually(lambda: len(own(wire)) == 1)


async def test_the_list_of_rooms_is_shown_outside_rooms_when_anything_of_it_changes(worker: Worker) -> None:
    lobby = worker.follow("house.0", in_the_house(ANN))
    await eventually(lambda: lobby.signals == [b"<cards>"])
    worker.hub.people_changed(OTHER)
    worker.hub.rooms_changed()
    await turns()
    assert lobby.signals == [b"<cards>"], "nothing of it has changed"
    worker.cards = b"<more>"
    worker.hub.people_changed(OTHER)
    await eventually(lambda: lobby.signals[-1] == b"<more>")


async def test_who_writes_is_shown_until_they_have_said_it(worker: Worker) -> None:
    wire = worker.follow()
    await eventually(lambda: wire.signals == [b"<people>"])
    worker.hub.typing(ROOM, BO.id)
    await eventually(lambda: b"<typing 2>" in wire.signals)
    worker.hub.typing(ROOM, ANN.id)
    await eventually(lambda: b"<typing 2 1>" in wire.signals)
    worker.store.post(BO)
    worker.hub.rang(ROOM, Number(1))
    await eventually(lambda: wire.signals[-1] == b"<typing 1>")
    assert wire.numbers == [1]


async def test_who_writes_is_forgotten_after_six_seconds(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = set_clock(monkeypatch, typing_module)
    wire = worker.follow()
    await eventually(lambda: wire.signals == [b"<people>"])
    worker.hub.typing(ROOM, BO.id)
    await eventually(lambda: b"<typing 2>" in wire.signals)
    clock.now += typing_module.TYPING_S
    worker.hub.typing(ROOM, ANN.id)
    await eventually(lambda: wire.signals[-1] == b"<typing 1>")
    clock.now += typing_module.TYPING_S
    worker.hub._feeds[ROOM].typing.said(ANN.id)
    await eventually(lambda: wire.signals[-1] == b"<typing >")


async def test_nobody_is_asked_who_writes_in_a_room_without_readers(worker: Worker) -> None:
    worker.hub.typing(ROOM, BO.id)
    worker.hub.typing(OTHER, BO.id)
    assert worker.hub._feeds == {}
