"""Tidying up after workers that died. Every worker watches; what it does is safe when two do it at once."""

import time
from collections.abc import Awaitable, Callable, Mapping

from chat.core.ids import WorkerId
from chat.core.presence import BEAT_S, JANITOR_START_S, Leases
from chat.core.problems import Unavailable
from chat.live.tasks import Tasks, every

TIDY_S = 3600.0  # how often things past their days are forgotten


class Janitor:
    """Shows the people of dead workers as gone, and ends their visits once they had time to come back."""

    def __init__(
        self,
        beats: Callable[[], Awaitable[Mapping[WorkerId, int]]],
        own: Callable[[], WorkerId],
        show_gone: Callable[[WorkerId, int], Awaitable[None]],
        bury: Callable[[WorkerId], Awaitable[None]],
        tidy: Callable[[], Awaitable[None]],
    ) -> None:
        self._beats, self._own = beats, own
        self._show_gone, self._bury, self._tidy = show_gone, bury, tidy
        self._leases = Leases()
        self._shown: set[WorkerId] = set()
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
            beats = await self._beats()
        except Unavailable:
            self._patient_until = time.monotonic() + JANITOR_START_S
            raise
        now_s = time.monotonic()
        dead = self._leases.look(beats, self._own(), now_s)
        for worker in dead - self._shown:
            await self._show_gone(worker, beats[worker])
        self._shown = dead
        if now_s < self._patient_until:
            return
        for worker in dead:
            await self._bury(worker)
        if now_s >= self._tidy_at:
            self._tidy_at = now_s + TIDY_S
            await self._tidy()
