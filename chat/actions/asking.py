"""Who asks: known anew at every request from the store, together with whatever the answer is read from.

Session, membership and a page's whole view are of one moment and cost one trip to the store.
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from chat.actions.services import Services
from chat.core.person import Person, Session, name_key
from chat.core.problems import NotFound, NotSignedIn
from chat.core.room import HOUSE, Member
from chat.store import asking, people, sessions, visits
from chat.store.asking import Asked
from chat.store.database import Tx

T = TypeVar("T")
Look = Callable[[Tx, Asked], T]
"""What else is read in the same moment."""

USED_EVERY_MS = 60 * 60 * 1000  # how often a session in use is noted as such


def token_hash(token: str) -> bytes:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


async def ask(
    services: Services, token: str, slug: str, look: Look[T], *, briefly: bool = False
) -> tuple[Asked, T]:
    """Whose token this is, their place in the room at this address, and what `look` reads there.

    `briefly` tells that this is a few rows at most, as `Database.glance` wants it.
    A guest whose name was let go takes it again. Raises `NotSignedIn` without a living session, and if
    somebody else has the name by now: the guest has to enter anew.
    """
    now_ms = services.clock_ms()
    since_ms = now_ms - services.session_ms

    def job(tx: Tx) -> tuple[Asked, T]:
        if (asked := asking.find(tx, token_hash(token), since_ms, slug)) is None:
            raise NotSignedIn
        return asked, look(tx, asked)

    asked, seen = await (services.db.glance(job) if briefly else services.db.read(job))
    session = asked.session
    services.presence.around(session.person.id)  # first: if we are cancelled, what was entered ends too
    if not asked.holds_name:
        await _take_name_again(services, session.person)
    if not _noted(asked, now_ms):
        await services.db.write(lambda tx: sessions.used(tx, session.id, now_ms))
    return asked, seen


def member_now(services: Services, tx: Tx, token: str, slug: str) -> Member | None:
    """As `member`, in a transaction that goes on to write there.

    `None` where `member` would refuse, or would have something to write itself: ask that then.
    """
    now_ms = services.clock_ms()
    asked = asking.find(tx, token_hash(token), now_ms - services.session_ms, slug)
    if asked is None or not asked.holds_name or not _noted(asked, now_ms):
        return None
    return asked.member


async def recognise(services: Services, token: str) -> Session:
    """The session a token belongs to. Raises `NotSignedIn` as `ask`."""
    return (await ask(services, token, "", _nothing, briefly=True))[0].session


async def member(services: Services, token: str, slug: str) -> tuple[Session, Member]:
    """The session a token belongs to, and its person's place in the room at this address.

    Raises `NotSignedIn` as `ask`, `NotFound` for a room that does not exist and for one that this person
    may not see.
    """
    asked = (await ask(services, token, slug, _nothing, briefly=True))[0]
    return asked.session, here(asked)


def here(asked: Asked) -> Member:
    """The place of who asks. Raises `NotFound` where they have none."""
    if asked.member is None:
        raise NotFound
    return asked.member


def _noted(asked: Asked, now_ms: int) -> bool:
    """Whether the session was noted as used lately."""
    return 0 <= now_ms - asked.used_ms < USED_EVERY_MS


def _nothing(_tx: Tx, _asked: Asked) -> None:
    """Nothing else is read."""


async def _take_name_again(services: Services, person: Person) -> None:
    def job(tx: Tx) -> None:
        holder = people.holder(tx, name_key(person.name))
        if holder not in (None, person.id):
            raise NotSignedIn
        try:
            people.hold_name(tx, person.id, name_key(person.name))
        except IntegrityError as error:
            raise NotSignedIn from error
        visits.enter(tx, HOUSE, person.id, services.presence.worker, "here")

    await services.db.write(job)
