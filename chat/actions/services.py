"""What every action works with."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chat.actions.passwords import Passwords
from chat.actions.pictures import Pictures
from chat.core.file import FileLimits
from chat.core.limits import Buckets
from chat.core.person import Person
from chat.core.problems import TooMany
from chat.live.bell import Bell
from chat.live.presence import Presence
from chat.store.database import Database
from chat.store.storage import Storage

TYPING_S = 3.0  # between two words of it that somebody writes in a room


def wall_clock_ms() -> int:
    """Milliseconds since 1970, UTC: what messages are stamped with. Nothing is ordered by it."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Services:
    """Handed to each action by the assembly.

    `secret` keys the digests of posted bodies. `posts` limits every change that a person makes.
    """

    db: Database
    secret: bytes
    bell: Bell
    presence: Presence
    posts: Buckets
    session_ms: int
    body_max: int
    storage: Storage
    files: FileLimits = field(default_factory=FileLimits)
    typing: Buckets = field(default_factory=lambda: Buckets(1 / TYPING_S, 1))
    passwords: Passwords = field(default_factory=Passwords)
    pictures: Pictures = field(default_factory=Pictures)
    clock_ms: Callable[[], int] = field(default=wall_clock_ms)
    clock_s: Callable[[], float] = field(default=time.monotonic)

    def limit(self, person: Person) -> None:
        """Count one change that the person makes. Raises `TooMany` above the limit."""
        if wait_s := self.posts.take(person.id, self.clock_s()):
            raise TooMany("Slow down a little.", wait_s)
