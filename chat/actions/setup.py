"""The first administrator: whoever opens the address that the log prints."""

import hmac
import secrets

from sqlalchemy.exc import IntegrityError

from chat.actions.people import Caller, begin, come_in, taken
from chat.actions.services import Services
from chat.core.person import Person, clean_name, clean_password, name_key
from chat.core.problems import NotFound
from chat.store import facts, people
from chat.store.database import Tx

FACT = "setup"


async def open_token(services: Services) -> str | None:
    """The token of the first administrator, one for the database; none once there is an administrator."""

    def job(tx: Tx) -> str | None:
        if people.any_admin(tx):
            facts.take(tx, FACT)
            return None
        return facts.get_or_make(tx, FACT, secrets.token_hex(16))

    return await services.db.write(job)


async def check(services: Services, token: str) -> None:
    """Raises `NotFound` unless this is the token and there is no administrator yet."""

    def job(tx: Tx) -> None:
        _check(tx, facts.get(tx, FACT), token)

    await services.db.read(job)


async def make_admin(
    services: Services, token: str, raw_name: str, raw_password: str, caller: Caller
) -> tuple[Person, str]:  # fmt: skip
    """The first administrator, and the token of their session. The token of the setup is gone then.

    Raises `NotFound` as `check`, also for all but the first of those who ask at once, and `Invalid` for
    the name or the password.
    """
    await check(services, token)
    name, password = clean_name(raw_name), clean_password(raw_password)
    hashed = await services.passwords.hash(password)

    def job(tx: Tx) -> tuple[Person, str]:
        _check(tx, facts.take(tx, FACT), token)
        now_ms = services.clock_ms()
        try:
            person = people.add(tx, name, name_key(name), now_ms, password_hash=hashed, admin=True)
        except IntegrityError as error:
            raise taken(name) from error
        return person, begin(tx, services, person, caller)

    return await come_in(services, job)


def _check(tx: Tx, token: str | None, given: str) -> None:
    fits = hmac.compare_digest((token or "").encode(), given.encode("utf-8", "replace"))
    if not token or not fits or people.any_admin(tx):
        raise NotFound
