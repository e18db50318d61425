"""Tidying up after workers that died. Every worker watches; what it does is safe when two do it at once."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from chat.core.ids import RoomId, WorkerId
from chat.core.presence import BEAT_S, GRACE_S, JANITOR_START_S, Leases
from chat.core.problems import Unavailable
from chat.live.tasks import Tasks, every

TIDY_S = 3600.0  # how often things past their days are forgotten


@dataclass(frozen=True, slots=True)
class Duties:
    """What a janitor looks at and does; it knows no SQL of its own."""

    own: Callable[[], WorkerId]
    beats: Callable[[], Awaitable[Mapping[WorkerId, int]]]
    show_gone: Callable[[WorkerId, int], Awaitable[None]]  # of a worker whose beat stands still
    bury: Callable[[WorkerId], Awaitable[None]]
    empty_rooms: Callable[[], Awaitable[Collection[RoomId]]]  # ephemeral ones without a visit
    end_room: Callable[[RoomId], Awaitable[None]]  # unless somebody is in it by then
    tidy: Callable[[], Awaitable[None]]


class Janitor:
    """Shows the people of dead workers as gone and ends their visits once they had time to come back.

    Ends ephemeral rooms that everybody has left for good, or that lost their people with a worker.
    """

    def __init__(self, duties: Duties) -> None:
        self._do = duties
        self._leases = Leases()
        self._shown: set[WorkerId] = set()
        self._empty_since: dict[RoomId, float] = {}
        self._patient_until = self._tidy_at = time.monotonic() + JANITOR_START_S
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to watch."""
        self._tasks.start(every(BEAT_S / 2, self._look))

    def stop(self) -> None:
        """End."""
        self._tasks.cancel()

    async def _look(self) -> None:
        try:
            beats = await self._do.beats()
        except Unavailable:
            self._patient_until = time.monotonic() + JANITOR_START_S
            raise
        now_s = time.monotonic()
        dead = self._leases.look(beats, self._do.own(), now_s)
        for worker in dead - self._shown:
            await self._do.show_gone(worker, beats[worker])
        self._shown = dead
        if now_s < self._patient_until:
            return
        await self._end_rooms(now_s)
        for worker in dead:
            await self._do.bury(worker)
        if now_s >= self._tidy_at:
            self._tidy_at = now_s + TIDY_S
            await self._do.tidy()

    async def _end_rooms(self, now_s: float) -> None:
        empty = await self._do.empty_rooms()
        self._empty_since = {room: self._empty_since.get(room, now_s) for room in empty}
        for room, since_s in self._empty_since.items():
            if now_s - since_s >= GRACE_S:
                await self._do.end_room(room)
