"""What every action works with."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from chat.core.limits import Buckets
from chat.core.problems import TooMany
from chat.live.bell import Bell
from chat.live.presence import Presence
from chat.store.database import Database

ROOMS_A_SECOND, ROOMS_BURST = 0.1, 30  # rooms a person makes
ENTRIES_A_SECOND, ENTRIES_BURST = 50, 1_000  # people who enter from one address: a proxy's is everybody's


def wall_clock_ms() -> int:
    """Milliseconds since 1970, UTC: what messages are stamped with. Nothing is ordered by it."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Services:
    """Handed to each action by the assembly.

    `secret` keys the digests of posted bodies. `posts` limits every change of a room that somebody
    makes, by person; `rooms_made` new rooms, by person; `entries` entering, by address.
    """

    db: Database
    secret: bytes
    bell: Bell
    presence: Presence
    posts: Buckets
    session_ms: int
    body_max: int
    clock_ms: Callable[[], int] = field(default=wall_clock_ms)
    clock_s: Callable[[], float] = field(default=time.monotonic)
    rooms_made: Buckets = field(default_factory=lambda: Buckets(ROOMS_A_SECOND, ROOMS_BURST))
    entries: Buckets = field(default_factory=lambda: Buckets(ENTRIES_A_SECOND, ENTRIES_BURST))

    def take(self, buckets: Buckets, key: Hashable) -> None:
        """Use one of the key's. Raises `TooMany` above the limit."""
        if wait_s := buckets.take(key, self.clock_s()):
            raise TooMany("Slow down a little.", wait_s)
