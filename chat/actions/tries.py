"""Guessing, which is slowed down. Only failed tries count; who knows what they say is never kept waiting.

Ask `check` before looking whether a guess is right, then tell `fail` if it was not, `passed` if it was.
"""

from chat.actions.services import Services
from chat.core.problems import TooMany
from chat.core.tries import Guard
from chat.store import tries
from chat.store.database import Tx


async def check(services: Services, *guards: Guard) -> None:
    """Raises `TooMany` where too many tries have failed of late."""
    await services.db.read(lambda tx: _check(tx, services.clock_ms(), *guards))


async def fail(services: Services, *guards: Guard) -> None:
    """Count one failed try for each guard.

    Raises `TooMany` where others failed between the check and now, so that guesses made at the same
    moment are told no more than guesses made one after the other.
    """

    def job(tx: Tx) -> None:
        tries.lock(tx)
        _check(tx, services.clock_ms(), *guards)
        for guard in guards:
            tries.add(tx, guard.subject, services.clock_ms())

    await services.db.write(job)


async def passed(services: Services, *guards: Guard) -> None:
    """Raises `TooMany` where too many have failed between the check and now, though this guess is right.

    Else a burst of guesses, each let through before any was counted, would be free but for the wrong ones.
    """

    def job(tx: Tx) -> None:
        tries.lock(tx)  # behind those that failed before
        _check(tx, services.clock_ms(), *guards)

    await services.db.write(job)


def _check(tx: Tx, now_ms: int, *guards: Guard) -> None:
    found = (guard.wait_ms(tries.newest(tx, guard.subject, guard.most, now_ms), now_ms) for guard in guards)
    if wait_ms := max(found, default=0):
        raise TooMany("Too many tries. Wait a minute.", wait_ms / 1000)
