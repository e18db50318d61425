"""Dead workers are shown as gone soon and buried late."""

from collections.abc import Mapping

import pytest

from chat.core.ids import RoomId, WorkerId
from chat.core.presence import BEAT_S, GIVEN_UP, GRACE_S, JANITOR_START_S, LEASE_S
from chat.core.problems import Unavailable
from chat.live import janitor as module
from chat.live.janitor import Duties, Janitor
from tests.live.fakes import Clock, set_clock

DEAD, ALIVE = WorkerId("dead"), WorkerId("alive")


class Watch:
    """A janitor over beats that stand still or rise, looked at as often as it looks itself."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.beats = {DEAD: 5, ALIVE: 0}
        self.away = False
        self.done: list[tuple[str, WorkerId]] = []
        self.empty: set[RoomId] = set()
        self.ended: list[RoomId] = []
        self.janitor = Janitor(
            Duties(
                lambda: ALIVE,
                self._beats,
                self._show_gone,
                self._bury,
                self._empty_rooms,
                self._end_room,
                self._tidy,
            )
        )

    async def _beats(self) -> Mapping[WorkerId, int]:
        if self.away:
            raise Unavailable
        return self.beats

    async def _show_gone(self, worker: WorkerId, seen: int) -> None:
        assert self.beats[worker] == seen
        self.beats[worker] = GIVEN_UP
        self.done.append(("gone", worker))

    async def _bury(self, worker: WorkerId) -> None:
        self.done.append(("buried", worker))
        self.beats.pop(worker, None)

    async def _empty_rooms(self) -> set[RoomId]:
        return self.empty

    async def _end_room(self, room: RoomId) -> None:
        self.ended.append(room)
        self.empty.discard(room)

    async def _tidy(self) -> None: ...

    async def pass_time(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += BEAT_S / 2
            self.beats[ALIVE] += 1
            if self.away:
                with pytest.raises(Unavailable):
                    await self.janitor._look()
            else:
                await self.janitor._look()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(set_clock(monkeypatch, module))


async def test_a_dead_worker_is_shown_as_gone_once_and_buried_after_the_start(watch: Watch) -> None:
    await watch.pass_time(LEASE_S)
    assert watch.done == []
    await watch.pass_time(BEAT_S)
    assert watch.done == [("gone", DEAD)]
    await watch.pass_time(JANITOR_START_S - LEASE_S - 2 * BEAT_S)
    assert watch.done == [("gone", DEAD)], "its people get a minute to come back"
    await watch.pass_time(2 * BEAT_S)
    assert watch.done == [("gone", DEAD), ("buried", DEAD)]


async def test_long_after_the_start_a_dead_worker_is_buried_as_soon_as_its_lease_is_over(
    watch: Watch,
) -> None:
    watch.beats = {ALIVE: 0}
    await watch.pass_time(2 * JANITOR_START_S)
    watch.beats[DEAD] = 1
    await watch.pass_time(LEASE_S + BEAT_S)
    assert watch.done == [("gone", DEAD), ("buried", DEAD)]


async def test_a_store_that_was_away_makes_nobody_dead_and_gives_them_a_minute(watch: Watch) -> None:
    watch.beats = {ALIVE: 0}
    await watch.pass_time(2 * JANITOR_START_S)
    watch.away = True
    await watch.pass_time(10 * LEASE_S)
    watch.away = False
    await watch.pass_time(BEAT_S)
    assert watch.done == []
    watch.beats[DEAD] = 1
    await watch.pass_time(LEASE_S + BEAT_S)
    assert watch.done == [("gone", DEAD)]
    await watch.pass_time(JANITOR_START_S)
    assert watch.done == [("gone", DEAD), ("buried", DEAD)]


async def test_a_room_that_stays_empty_ends_after_the_grace_and_none_does_right_after_a_start(
    watch: Watch,
) -> None:
    room, busy = RoomId(7), RoomId(8)
    watch.empty = {room, busy}
    await watch.pass_time(JANITOR_START_S - BEAT_S)
    assert watch.ended == []
    await watch.pass_time(GRACE_S - BEAT_S)
    watch.empty.discard(busy)  # somebody came back
    await watch.pass_time(BEAT_S / 2)
    watch.empty.add(busy)
    await watch.pass_time(2 * BEAT_S)
    assert watch.ended == [room]
