"""How often somebody may guess: failed tries are counted, good ones cost nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from chat.core.ids import PersonId

MINUTE_MS = 60_000
KEPT_MS = 60 * MINUTE_MS  # the longest time that any limit looks back


class Limit(NamedTuple):
    """At most so many failed tries within so long."""

    most: int
    within_ms: int


@dataclass(frozen=True, slots=True)
class Guard:
    """Whose failed tries are counted, in the words of the table, and how many may be."""

    subject: str
    limits: Sequence[Limit]

    @property
    def most(self) -> int:
        """How many of the newest tries decide."""
        return max(limit.most for limit in self.limits)

    def wait_ms(self, newest_first: Sequence[int], now_ms: int) -> int:
        """How long nothing may be tried, after tries at these times; 0 if the next may be made now."""
        waits = [
            newest_first[limit.most - 1] + limit.within_ms - now_ms
            for limit in self.limits
            if len(newest_first) >= limit.most
        ]
        return max(0, *waits) if waits else 0


def passwords_of(person: PersonId) -> Guard:
    """Guesses of one account's password, wherever they come from."""
    return Guard(f"account {person}", (Limit(10, 5 * MINUTE_MS), Limit(20, 60 * MINUTE_MS)))


def passwords_from(address: str) -> Guard:
    """Guesses of passwords from one address, of whatever accounts: a whole school may share it."""
    return Guard(f"passwords {_network(address)}", (Limit(100, 5 * MINUTE_MS),))


def codes_from(address: str) -> Guard:
    """Guesses of room codes from one address."""
    return Guard(f"codes {_network(address)}", (Limit(20, 5 * MINUTE_MS),))


def _network(address: str) -> str:
    """What one household has of an address: of IPv6 the first half, since the rest is free to choose."""
    try:
        if ip_address(address).version == 6:
            return str(ip_network((address, 64), strict=False))
    except ValueError:  # a socket of this machine, or a test
        pass
    return address
