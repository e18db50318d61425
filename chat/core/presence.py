"""Who is in a room: a visit lasts from the first connection to the last one plus a grace."""

from dataclasses import dataclass
from typing import Literal

from chat.core.person import Person
from chat.core.room import Role

SHOWN_AWAY_S = 3.0  # after the last connection closed: a page that reloads is back by then
GRACE_S = 20.0  # after the last connection closed the visit ends and "left" is said
PROVISIONAL_S = 60.0  # a page was printed but nothing has connected from it
AWAY_S = 600.0  # a hidden tab without a websocket polls once a minute; its visit outlives ten misses
BEAT_S = 5.0  # how often a worker proves that it lives
LEASE_S = 15.0  # an unchanged beat for this long, by the observer's own clock, is a dead worker
JANITOR_START_S = 60.0  # after a start or a failed read, people get this long to come back first
QUIET_ROOM = 50  # people in a room above which coming and going is not said

VisitState = Literal["here", "away", "closing"]
Presence = Literal["here", "away", "elsewhere", "offline"]


@dataclass(frozen=True, slots=True)
class Attendance:
    """One line of a room's list of people. `where` names a listed room somebody is in instead."""

    person: Person
    role: Role
    presence: Presence
    where: str = ""
