"""A worker's visits reach the store, survive its outages and leave no ghosts."""

import asyncio
from collections.abc import Sequence

import pytest

from chat.core.ids import PersonId, RoomId, WorkerId
from chat.core.presence import AWAY_S, GRACE_S, HOUSE_S, PROVISIONAL_S, SHOWN_AWAY_S, Turn, VisitState
from chat.core.problems import Unavailable
from chat.core.room import HOUSE
from chat.live import presence as module
from chat.live.presence import Presence
from tests.live.fakes import Clock, eventually, set_clock

ROOM, ANN = RoomId(7), PersonId(1)


class Ledger:
    """What the store was told, and what it holds."""

    def __init__(self) -> None:
        self.visits: dict[tuple[WorkerId, RoomId, PersonId], VisitState] = {}
        self.turns: list[Turn] = []
        self.away = False
        self.living: set[WorkerId] = set()
        self.strangers: set[tuple[RoomId, PersonId]] = set()  # who are no members

    async def settle(self, worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        if self.away:
            raise Unavailable
        for turn in turns:
            self.turns.append(turn)
            key = (worker, turn.room, turn.person)
            if turn.state is None:
                self.visits.pop(key, None)
            elif (turn.room, turn.person) not in self.strangers:
                self.visits[key] = turn.state
        return [self.visits.get((worker, turn.room, turn.person)) for turn in turns]

    async def enlist(self, worker: WorkerId) -> None:
        self.living.add(worker)

    async def beat(self, worker: WorkerId) -> bool:
        if self.away:
            raise Unavailable
        return worker in self.living


class Watched:
    """A presence over a ledger, by a clock set by hand and settled when the test says so."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.ledger = clock, Ledger()
        self.presence = Presence(self.ledger.settle, self.ledger.enlist, self.ledger.beat)

    async def after(self, seconds: float) -> str | None:
        """What the store says of Ann in the room once that much time has passed."""
        self.clock.now += seconds
        await self.presence._settle_all()
        return self.ledger.visits.get((self.presence.worker, ROOM, ANN))

    def house(self) -> str | None:
        return self.ledger.visits.get((self.presence.worker, HOUSE, ANN))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(set_clock(monkeypatch, module))


async def test_a_visit_lasts_from_the_first_connection_to_the_last_plus_the_grace(watched: Watched) -> None:
    presence = watched.presence
    presence.connected(ROOM, ANN)
    held = presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    presence.disconnected(held)
    assert await watched.after(1000) == "here"
    presence.disconnected(held)
    assert await watched.after(SHOWN_AWAY_S - 0.1) == "here"
    assert await watched.after(0.1) == "closing"
    assert await watched.after(GRACE_S - SHOWN_AWAY_S - 0.1) == "closing"
    assert await watched.after(0.1) is None
    assert watched.house() == "here"
    await watched.after(HOUSE_S)
    assert watched.house() is None
    assert not presence._visits
    assert not presence._unsettled


async def test_a_page_that_was_printed_holds_the_visit_until_it_connects(watched: Watched) -> None:
    watched.presence.opened(ROOM, ANN, entered=True)
    assert await watched.after(PROVISIONAL_S - 0.1) is None, "the action that printed it has entered it"
    assert watched.ledger.turns == []
    await watched.after(0.1)
    assert [turn.state for turn in watched.ledger.turns] == [None]


async def test_a_visit_is_looked_at_only_when_it_may_have_changed(watched: Watched) -> None:
    """Thousands of pages that were printed and not connected from would be looked at twice a second."""
    watched.presence.opened(ROOM, ANN, entered=False)
    assert await watched.after(0) == "here"
    assert watched.presence._unsettled[ROOM, ANN] == watched.clock.now + PROVISIONAL_S
    held = watched.presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    assert not watched.presence._unsettled
    watched.presence.disconnected(held)
    assert await watched.after(0) == "here"
    assert watched.presence._unsettled[ROOM, ANN] == watched.clock.now + SHOWN_AWAY_S
    assert await watched.after(SHOWN_AWAY_S) == "closing"
    assert watched.presence._unsettled[ROOM, ANN] == watched.clock.now + GRACE_S - SHOWN_AWAY_S


async def test_a_reload_over_a_slow_line_is_no_departure(watched: Watched) -> None:
    """The new page is printed, then the old one's connection ends, then the new one's takes its time."""
    presence = watched.presence
    held = presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    presence.opened(ROOM, ANN, entered=True)
    presence.disconnected(held)
    assert await watched.after(GRACE_S + 5) == "here"
    held = presence.connected(ROOM, ANN)
    presence.disconnected(held)
    assert await watched.after(SHOWN_AWAY_S) == "closing", "once it has connected nothing is held any more"
    assert await watched.after(GRACE_S) is None


async def test_a_hidden_tab_that_polls_is_away_for_ten_minutes(watched: Watched) -> None:
    watched.presence.away(ROOM, ANN)
    assert await watched.after(0) == "away"
    assert await watched.after(AWAY_S - 1) == "away"
    watched.presence.away(ROOM, ANN)
    assert await watched.after(AWAY_S - 1) == "away"
    assert await watched.after(1) is None


async def test_a_person_with_a_hidden_and_a_visible_tab_is_here(watched: Watched) -> None:
    held = watched.presence.connected(ROOM, ANN)
    watched.presence.away(ROOM, ANN)
    assert await watched.after(0) == "here"
    watched.presence.disconnected(held)
    assert await watched.after(GRACE_S) == "away", "the hidden tab is still there"


async def test_who_left_for_good_is_no_ghost_when_the_stream_ends_after_that(watched: Watched) -> None:
    presence = watched.presence
    held = presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    presence.forget(ROOM, ANN)
    watched.ledger.visits.pop((presence.worker, ROOM, ANN))
    watched.ledger.turns.clear()
    presence.disconnected(held)
    assert await watched.after(0) is None
    assert await watched.after(1000) is None
    assert [turn.state for turn in watched.ledger.turns if turn.room == ROOM] == [None]
    assert not presence._visits


async def test_who_comes_back_before_the_old_stream_has_ended_stays(watched: Watched) -> None:
    presence = watched.presence
    held = presence.connected(ROOM, ANN)
    await watched.after(0)
    presence.forget(ROOM, ANN)
    presence.opened(ROOM, ANN, entered=True)
    presence.connected(ROOM, ANN)
    presence.disconnected(held)
    await watched.after(1000)
    assert {turn.state for turn in watched.ledger.turns if turn.room == ROOM} == {"here"}


async def test_a_turn_that_reaches_the_store_after_the_person_left_leaves_no_ghost(watched: Watched) -> None:
    presence, settle = watched.presence, watched.ledger.settle

    async def slow(worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        presence._settle = settle
        presence.forget(ROOM, ANN)
        return await settle(worker, turns)

    presence._settle = slow
    held = presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    assert await watched.after(0) is None
    presence.disconnected(held)
    await watched.after(1000)
    assert not presence._visits


async def test_who_left_by_another_worker_and_came_back_is_entered_again(watched: Watched) -> None:
    """The other worker ended the visit, which this one has no word of: it must not trust its memory."""
    presence = watched.presence
    held = presence.connected(ROOM, ANN)
    assert await watched.after(0) == "here"
    presence.disconnected(held)
    watched.ledger.visits.clear()
    presence.connected(ROOM, ANN)
    assert await watched.after(SHOWN_AWAY_S - 1) == "here"


async def test_who_is_no_member_yet_is_entered_once_they_are(watched: Watched) -> None:
    watched.ledger.strangers.add((ROOM, ANN))
    watched.presence.opened(ROOM, ANN, entered=False)
    assert await watched.after(0) is None
    watched.ledger.strangers.clear()
    assert await watched.after(0) == "here"
    assert await watched.after(PROVISIONAL_S) is None
    assert not watched.presence._visits, "a page that never came leaves nothing behind"


async def test_a_closed_tab_leaves_a_hidden_one_away(watched: Watched) -> None:
    watched.presence.away(ROOM, ANN)
    watched.presence.disconnected(watched.presence.connected(ROOM, ANN))
    assert await watched.after(SHOWN_AWAY_S - 1) == "here"
    assert await watched.after(GRACE_S) == "away"


async def test_an_unexpected_error_does_not_end_presence(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger()
    calls = 0

    async def settle(worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("unexpected")
        return await ledger.settle(worker, turns)

    presence = Presence(settle, ledger.enlist, ledger.beat)
    await presence.start()
    try:
        presence.connected(ROOM, ANN)
        await eventually(lambda: len(ledger.visits) == 2)
        assert "periodic work failed" in caplog.text
    finally:
        presence.stop()


async def test_an_outage_of_the_store_delays_and_loses_nothing(watched: Watched) -> None:
    watched.ledger.away = True
    watched.presence.connected(ROOM, ANN)
    with pytest.raises(Unavailable):
        await watched.after(0)
    watched.ledger.away = False
    assert await watched.after(0) == "here"


async def test_what_changes_while_it_is_being_told_is_told_next(watched: Watched) -> None:
    presence, settle = watched.presence, watched.ledger.settle

    async def slow(worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        presence.disconnected(held)
        watched.clock.now += SHOWN_AWAY_S
        presence._settle = settle
        return await settle(worker, turns)

    presence._settle = slow
    held = presence.connected(ROOM, ANN)
    await watched.after(0)
    assert await watched.after(0) == "closing"


async def test_a_worker_that_was_given_up_takes_a_new_id_and_enters_its_visits_again(
    watched: Watched,
) -> None:
    presence = watched.presence
    await presence._enlist(presence.worker)
    presence.connected(ROOM, ANN)
    await watched.after(0)
    await presence._beat()
    first = presence.worker
    assert first in watched.ledger.living
    watched.ledger.living.clear()
    watched.ledger.visits.clear()
    await presence._beat()
    assert presence.worker != first
    assert await watched.after(0) == "here"


async def test_comings_and_goings_are_gathered_and_told_within_a_fraction_of_a_second() -> None:
    ledger = Ledger()
    calls = 0

    async def settle(worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        nonlocal calls
        calls += 1
        return await ledger.settle(worker, turns)

    presence = Presence(settle, ledger.enlist, ledger.beat)
    await presence.start()
    try:
        for person in range(1, 21):
            presence.connected(ROOM, PersonId(person))
        await eventually(lambda: len(ledger.visits) == 40)
        assert calls == 1
        ledger.away = True
        presence.connected(ROOM, PersonId(50))
        await asyncio.sleep(0.1)
        ledger.away = False
        await eventually(lambda: len(ledger.visits) == 42)
    finally:
        presence.stop()
