"""Who is connected to this worker, told to the store as visits come and go; and its proof of life."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

from chat.core.ids import PersonId, RoomId, WorkerId
from chat.core.presence import (
    AWAY_S,
    BEAT_S,
    GRACE_S,
    HOUSE_S,
    PROVISIONAL_S,
    SHOWN_AWAY_S,
    Turn,
    Visit,
    VisitState,
)
from chat.core.problems import Unavailable
from chat.core.room import HOUSE
from chat.live.tasks import Tasks, every

GATHER_S = 0.05  # comings and goings within this time are one transaction
TICK_S = 0.5  # how often visits without a connection are looked at
GROUP_MAX = 100  # turns a transaction

Settle = Callable[[WorkerId, Sequence[Turn]], Awaitable[None]]
Prove = Callable[[WorkerId, bool], Awaitable[bool]]
"""Prove that the worker lives; true as second argument enters a new one. False if it was given up."""


class Presence:
    """The visits this worker holds. What the store says of them follows within a fraction of a second.

    The store is made to agree with memory, again and again until it does, so an outage delays
    what others see and loses nothing.
    """

    def __init__(self, settle: Settle, prove: Prove) -> None:
        self._settle, self._prove = settle, prove
        self._visits: dict[tuple[RoomId, PersonId], Visit] = {}
        self._unsettled: set[tuple[RoomId, PersonId]] = set()
        self._woken = asyncio.Event()
        self._tasks = Tasks()
        self.worker = _new_worker()

    async def start(self) -> None:
        """Begin to prove that this worker lives and to enter its visits."""
        await self._prove(self.worker, True)
        self._tasks.start(self._settle_forever())
        self._tasks.start(every(BEAT_S, self._beat))

    def stop(self) -> None:
        """End, leaving the visits: their people are about to connect to another worker, or the next start."""
        self._tasks.cancel()

    def opened(self, room: RoomId, person: PersonId, *, entered: bool) -> None:
        """A page of the room was printed; `entered` tells that the visit is in the store already."""
        visit = self._hold(room, person, PROVISIONAL_S)
        if entered:
            visit.entered = "here"

    def around(self, person: PersonId) -> None:
        """The person asked for something; keeps a guest's name for a minute."""
        self._hold(HOUSE, person, HOUSE_S)

    def away(self, room: RoomId, person: PersonId) -> None:
        """A hidden tab of the person has polled."""
        self._hold(room, person, AWAY_S, away=True)
        self._hold(HOUSE, person, AWAY_S)

    def connected(self, room: RoomId, person: PersonId) -> None:
        """The person reads the room over one connection more."""
        for key in {(room, person), (HOUSE, person)}:
            self._visit(key).connected()

    def disconnected(self, room: RoomId, person: PersonId) -> None:
        """One of the person's connections has ended."""
        now_s = time.monotonic()
        for key in {(room, person), (HOUSE, person)}:
            shown_s, grace_s = (HOUSE_S, HOUSE_S) if key[0] == HOUSE else (SHOWN_AWAY_S, GRACE_S)
            if visit := self._visits.get(key):  # else it was forgotten: the person had left before
                visit.disconnected(now_s, shown_s, grace_s)
                self._look_at(key)

    def forget(self, room: RoomId, person: PersonId) -> None:
        """The person left the room for good, and the store knows."""
        self._visits.pop((room, person), None)
        self._unsettled.discard((room, person))

    def _hold(self, room: RoomId, person: PersonId, for_s: float, *, away: bool = False) -> Visit:
        visit = self._visit((room, person))
        visit.hold(time.monotonic(), for_s, away=away)
        return visit

    def _visit(self, key: tuple[RoomId, PersonId]) -> Visit:
        if (visit := self._visits.get(key)) is None:
            visit = self._visits[key] = Visit()
        self._look_at(key)
        return visit

    def _look_at(self, key: tuple[RoomId, PersonId]) -> None:
        self._unsettled.add(key)
        self._woken.set()

    async def _settle_forever(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), TICK_S)
                await asyncio.sleep(GATHER_S)
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await self._settle_all()
            except Unavailable:
                await asyncio.sleep(TICK_S)  # the store is away; what is unsettled stays so

    async def _settle_all(self) -> None:
        now_s = time.monotonic()
        turns = [self._turn(key, now_s) for key in self._unsettled]
        due = sorted(
            (t for t in turns if t.state != self._visits[t.room, t.person].entered), key=lambda t: t.room
        )
        for start in range(0, len(due), GROUP_MAX):
            group = due[start : start + GROUP_MAX]
            await self._settle(self.worker, group)
            for turn in group:
                if visit := self._visits.get((turn.room, turn.person)):
                    visit.entered = turn.state
        for turn in turns:
            self._done(turn)

    def _turn(self, key: tuple[RoomId, PersonId], now_s: float) -> Turn:
        state: VisitState | None = self._visits[key].state(now_s)
        return Turn(*key, state)

    def _done(self, turn: Turn) -> None:
        """Watch on only what changes by the passing of time."""
        key = (turn.room, turn.person)
        visit = self._visits.get(key)
        if visit is None or (visit.connections and visit.entered == "here"):
            self._unsettled.discard(key)
        elif turn.state is None and not visit.connections and visit.state(time.monotonic()) is None:
            del self._visits[key]
            self._unsettled.discard(key)

    async def _beat(self) -> None:
        if await self._prove(self.worker, False):
            return
        self.worker = _new_worker()  # given up by the others: enter everything again
        await self._prove(self.worker, True)
        for key, visit in self._visits.items():
            visit.entered = None
            self._unsettled.add(key)
        self._woken.set()


def _new_worker() -> WorkerId:
    return WorkerId(secrets.token_hex(8))
