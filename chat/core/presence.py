"""Who is in a room: a visit lasts from the first connection to the last one plus a grace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chat.core.ids import PersonId, RoomId, WorkerId
from chat.core.person import Person
from chat.core.room import Role

SHOWN_AWAY_S = 3.0  # after the last connection closed: a page that reloads is back by then
GRACE_S = 20.0  # after the last connection closed the visit ends and "left" is said
PROVISIONAL_S = 60.0  # a page was printed but nothing has connected from it
AWAY_S = 600.0  # a hidden tab without a websocket polls once a minute; its visit outlives ten misses
HOUSE_S = 60.0  # after the last request or connection, a guest's name is free again
BEAT_S = 2.5  # how often a worker proves that it lives: a dead one is seen within LEASE_S and two of these
LEASE_S = 15.0  # an unchanged beat for this long, by the observer's own clock, is a dead worker
GIVEN_UP = -1  # the beat of a worker that was found dead: it never beats again under this id
JANITOR_START_S = 60.0  # after a start or a failed read, people get this long to come back first
QUIET_ROOM = 50  # people in a room above which coming and going is not said

VisitState = Literal["here", "away", "closing"]
Presence = Literal["here", "away", "elsewhere", "offline"]


@dataclass(frozen=True, slots=True)
class Attendance:
    """One line of a room's list of people. `where` names the room somebody is in instead, if it is listed."""

    person: Person
    role: Role
    presence: Presence
    where: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A worker's view of one visit has changed to `state`, or has ended: `None`.

    `over` is asked before a visit is ended, under the room's lock: whoever comes back meanwhile holds the
    visit before they ask for that lock.
    """

    room: RoomId
    person: PersonId
    state: VisitState | None
    over: Callable[[], bool] = field(default=lambda: True, compare=False)


class Visit:
    """One worker's view of a person being in a room. Times are seconds of the worker's monotonic clock.

    A page that was printed holds the visit until its connection comes; a closed connection until the
    page has had time to come back; a hidden tab that polls, much longer.
    """

    __slots__ = ("_away_until", "_closing_at", "_ends_at", "connections", "doubted", "entered")

    def __init__(self, *, doubted: bool = False) -> None:
        self.connections = 0
        self.entered: VisitState | None = None  # what the store says, as far as this worker knows
        self.doubted = doubted  # the store may say something else: it has to be told once more
        self._away_until = self._closing_at = self._ends_at = 0.0

    def hold(self, now_s: float, for_s: float) -> None:
        """Keep the visit for a while without a connection."""
        self._closing_at = self._ends_at = max(self._ends_at, now_s + for_s)

    def away(self, now_s: float, for_s: float) -> None:
        """Keep the visit for a hidden tab, whatever other tabs do meanwhile."""
        self._away_until = max(self._away_until, now_s + for_s)
        self._closing_at = self._ends_at = 0.0

    def connected(self) -> None:
        """A connection has opened: its page need not be held any more.

        The first one makes sure of the store, where another worker may have ended this visit: the
        person left the room there and came back.
        """
        self.doubted = self.doubted or not self.connections
        self.connections += 1
        self._closing_at = self._ends_at = 0.0

    def disconnected(self, now_s: float, shown_s: float, grace_s: float) -> None:
        """A connection has closed; if it was the last, the visit goes on for a moment.

        For longer where a page that was printed meanwhile holds it: that page is the same one, loaded
        anew over a slow line.
        """
        self.connections -= 1
        if not self.connections:
            self._closing_at = max(self._closing_at, now_s + shown_s)
            self._ends_at = max(self._ends_at, now_s + grace_s)

    def state(self, now_s: float) -> VisitState | None:
        """What others see of the visit now; `None` once it is over."""
        if self.connections or now_s < self._closing_at:
            return "here"
        if now_s < self._away_until:
            return "away"
        return "closing" if now_s < self._ends_at else None

    def until(self, now_s: float) -> float:
        """When the state changes next by the passing of time alone; `now_s` if it does not."""
        times = (self._closing_at, self._away_until, self._ends_at)
        return min((at_s for at_s in times if at_s > now_s), default=now_s)

    def differs(self, state: VisitState | None) -> bool:
        """Whether the store has to be told of this state. Who came and went before it was told never was."""
        unseen = state == "closing" and self.entered is None
        return self.doubted or (state != self.entered and not unseen)


class Leases:
    """Which workers are dead: those whose beat has stood still for `LEASE_S` of watching.

    Only time counts in which the observer's own beat has moved: who cannot write knows nothing of
    others, who cannot either. It is measured by the observer's clock and between successful looks, so
    neither a database that was away nor a wall clock that jumps makes anybody look dead.
    """

    def __init__(self) -> None:
        self._watched: dict[WorkerId, tuple[int, float]] = {}  # beat, seconds it has stood still
        self._own: int | None = None
        self._moved_at = 0.0  # the last look that found one's own beat moved

    def look(self, beats: Mapping[WorkerId, int], own: WorkerId, now_s: float) -> set[WorkerId]:
        """Take note of the beats read just now; the workers that are dead."""
        passed, since_s = 0.0, now_s - self._moved_at
        mine = beats.get(own)
        if mine != self._own:
            passed = since_s if self._own is not None and mine is not None and since_s <= 2 * BEAT_S else 0.0
            self._own, self._moved_at, since_s = mine, now_s, 0.0
        self._watched = {
            worker: (beat, self._still(worker, beat, passed, since_s)) for worker, beat in beats.items()
        }
        return {worker for worker, (_, still) in self._watched.items() if still >= LEASE_S}

    def _still(self, worker: WorkerId, beat: int, passed: float, since_s: float) -> float:
        """A beat that moves between two of one's own is not credited with the time before it moved."""
        seen, still = self._watched.get(worker, (None, 0.0))
        if seen == beat or (seen is not None and beat == GIVEN_UP):
            return still + passed
        return -since_s
