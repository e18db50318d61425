"""Who is connected to this worker, told to the store as visits come and go; and its proof of life."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

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
NOW = 0.0  # of a visit that is to be looked at as soon as may be
GROUP_MAX = 100  # turns a transaction

Settle = Callable[[WorkerId, Sequence[Turn]], Awaitable[Sequence[VisitState | None]]]
"""Tell the store of turns; what it says of each visit then, which for who is no member is nothing."""
Enlist = Callable[[WorkerId], Awaitable[None]]
Beat = Callable[[WorkerId], Awaitable[bool]]
"""Prove that the worker lives; false if it was given up."""

Key = tuple[RoomId, PersonId]
Held = tuple[RoomId, PersonId, Visit, Visit]
"""Whose connection it is, and the visits it belongs to: to the room, and to the house."""


class Presence:
    """The visits this worker holds. What the store says of them follows within a fraction of a second.

    The store is made to agree with memory, again and again until it does, so an outage delays
    what others see and loses nothing.
    """

    def __init__(self, settle: Settle, enlist: Enlist, beat: Beat) -> None:
        self._settle, self._enlist, self._prove = settle, enlist, beat
        self._visits: dict[Key, Visit] = {}
        self._unsettled: dict[Key, float] = {}  # when each is looked at next, by the monotonic clock
        self._woken = asyncio.Event()
        self._tasks = Tasks()
        self.worker = _new_worker()

    async def start(self) -> None:
        """Begin to prove that this worker lives and to enter its visits."""
        await self._enlist(self.worker)
        self._tasks.start(every(0, self._settle_next))
        self._tasks.start(every(BEAT_S, self._beat))

    def stop(self) -> None:
        """End, leaving the visits: their people are about to connect to another worker, or the next start."""
        self._tasks.cancel()

    def opened(self, room: RoomId, person: PersonId, *, entered: bool) -> None:
        """A page of the room is printed; `entered` tells that the visit is in the store already."""
        visit = self._visit((room, person))
        visit.hold(time.monotonic(), HOUSE_S if room == HOUSE else PROVISIONAL_S)
        if entered:
            visit.entered = "here"

    def around(self, person: PersonId) -> None:
        """The person asked for something; keeps a guest's name for a minute."""
        self.opened(HOUSE, person, entered=False)

    def away(self, room: RoomId, person: PersonId) -> None:
        """A hidden tab of the person has polled."""
        now_s = time.monotonic()
        for key in {(room, person), (HOUSE, person)}:
            self._visit(key).away(now_s, AWAY_S)

    def connected(self, room: RoomId, person: PersonId) -> Held:
        """The person reads the room over one connection more; `disconnected` takes what is returned."""
        house = self._visit((HOUSE, person))
        visit = house if room == HOUSE else self._visit((room, person))
        for one in {house, visit}:
            one.connected()
        return room, person, visit, house

    def disconnected(self, held: Held) -> None:
        """A connection has ended. Visits that were forgotten meanwhile are of no interest any more."""
        now_s = time.monotonic()
        room, person, visit, house = held
        for at, one in {(room, visit), (HOUSE, house)}:
            shown_s, grace_s = (HOUSE_S, HOUSE_S) if at == HOUSE else (SHOWN_AWAY_S, GRACE_S)
            one.disconnected(now_s, shown_s, grace_s)
            if self._visits.get((at, person)) is one:
                self._look_at((at, person))

    def holds(self, room: RoomId, person: PersonId) -> bool:
        """Whether this worker has entered a visit to the room, and is not about to end it."""
        visit = self._visits.get((room, person))
        return visit is not None and visit.entered is not None and not self._is_over((room, person))

    def forget(self, room: RoomId, person: PersonId) -> None:
        """The person left the room for good, and the store knows.

        A turn that is on its way to the store may enter the visit again: it is ended once more.
        """
        key = (room, person)
        if key in self._visits:
            self._visits[key] = Visit(doubted=True)
            self._look_at(key)

    def _visit(self, key: Key) -> Visit:
        if (visit := self._visits.get(key)) is None:
            visit = self._visits[key] = Visit()
        self._look_at(key)
        return visit

    def _look_at(self, key: Key) -> None:
        self._unsettled[key] = NOW
        self._woken.set()

    async def _settle_next(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), TICK_S)
            await asyncio.sleep(GATHER_S)
        self._woken.clear()
        try:
            await self._settle_all()
        except Unavailable:
            await asyncio.sleep(TICK_S)  # the store is away; what is unsettled stays so

    async def _settle_all(self) -> None:
        now_s = time.monotonic()
        turns = [
            Turn(*key, self._visits[key].state(now_s), partial(self._is_over, key))
            for key, at_s in self._unsettled.items()
            if at_s <= now_s
        ]
        due = sorted((turn for turn in turns if self._is_due(turn)), key=lambda turn: turn.room)
        for start in range(0, len(due), GROUP_MAX):
            await self._tell(due[start : start + GROUP_MAX])
        for turn in turns:
            self._done((turn.room, turn.person), turn.state)

    def _is_over(self, key: Key) -> bool:
        visit = self._visits.get(key)
        return visit is None or visit.state(time.monotonic()) is None

    def _is_due(self, turn: Turn) -> bool:
        return self._visits[turn.room, turn.person].differs(turn.state)

    async def _tell(self, turns: Sequence[Turn]) -> None:
        visits = [self._visits[turn.room, turn.person] for turn in turns]
        for visit in visits:
            visit.doubted = False  # what happens from here on may doubt it again
        try:
            entered = await self._settle(self.worker, turns)
        except BaseException:
            for visit in visits:
                visit.doubted = True
            raise
        for visit, state in zip(visits, entered, strict=True):
            visit.entered = state

    def _done(self, key: Key, told: VisitState | None) -> None:
        """Look at a visit next when it changes by the passing of time, if it does."""
        visit, now_s = self._visits[key], time.monotonic()
        state = visit.state(now_s)
        if visit.differs(state):
            return
        if told is None and visit.entered is None and state is None:
            del self._visits[key]
            del self._unsettled[key]
        elif visit.connections:
            del self._unsettled[key]
        else:
            self._unsettled[key] = visit.until(now_s)

    async def _beat(self) -> None:
        if await self._prove(self.worker):
            return
        worker = _new_worker()  # given up by the others: enter everything again
        await self._enlist(worker)
        self.worker = worker
        for key, visit in self._visits.items():
            visit.doubted = True
            self._look_at(key)


def _new_worker() -> WorkerId:
    return WorkerId(secrets.token_hex(8))
