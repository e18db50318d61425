"""Names kept by a password: coming back to one, keeping one, giving it another password, being renamed."""

from sqlalchemy.exc import IntegrityError

from chat.actions import tries
from chat.actions.people import Caller, begin, come_in, taken
from chat.actions.services import Services
from chat.actions.visits import tell
from chat.actions.whole import whole
from chat.core.ids import PersonId, RoomId
from chat.core.person import Person, Session, clean_name, clean_password, name_key, typed_password
from chat.core.problems import Invalid, NotFound, NotSignedIn
from chat.core.tries import passwords_from, passwords_of
from chat.store import direct, people, sessions, visits
from chat.store.database import Tx
from chat.store.people import Holder


async def enter(
    services: Services, raw_name: str, raw_password: str, caller: Caller
) -> tuple[Person, str]:  # fmt: skip
    """Come in by name and password, and the session's token: the first one given to a free name keeps it.

    Raises `Invalid("name", …)` for a bad name or a guest's, `Invalid("password", …)` for one that cannot
    be kept or is not that of the account, `TooMany` after too many wrong ones.
    """
    name = clean_name(raw_name)
    held = await services.db.read(lambda tx: people.by_key(tx, name_key(name)))
    if held is None:
        return await _make(services, name, raw_password, caller)
    if held.password_hash is None:
        raise taken(name)
    await whole(_prove(services, held, raw_password, caller.address))

    def job(tx: Tx) -> tuple[Person, str]:
        person = _unchanged(tx, held).person
        return person, begin(tx, services, person, caller)

    return await come_in(services, job)


async def set_password(
    services: Services, session: Session, raw_password: str, raw_current: str, address: str
) -> None:
    """Keep a guest's name by a password, or give an account another one and end its other sessions.

    Raises `Invalid("password", …)` for one that cannot be kept, `Invalid("current", …)` if an account's
    present one is wrong, `TooMany` after too many wrong ones or above the limit.
    """
    password = clean_password(raw_password)
    services.limit(session.person)
    held = await person_of(services, session.person.id)
    if held.password_hash is not None:
        await whole(_prove(services, held, raw_current, address, field="current"))
    hashed = await services.passwords.hash(password)

    def job(tx: Tx) -> None:
        name = _unchanged(tx, held, field="current").person.name
        try:
            people.keep_name(tx, held.person.id, name_key(name), hashed)
        except IntegrityError as error:  # a guest's name was free for a moment, and somebody took it
            raise NotSignedIn from error
        sessions.end_others(tx, held.person.id, session.id)

    async def work() -> None:
        await services.db.write(job)
        services.bell.sessions_ended()

    await whole(work())


async def rename(services: Services, person: Person, raw_name: str) -> None:
    """Give a person another name; lists of people show it at once, messages when they are loaded next.

    Raises `Invalid("name", …)` for a bad name or one that somebody else holds, `TooMany` above the limit.
    """
    name = clean_name(raw_name)
    services.limit(person)

    def job(tx: Tx) -> tuple[set[RoomId], list[PersonId]]:
        try:
            people.rename(tx, person.id, name, name_key(name))
        except IntegrityError as error:
            raise Invalid("name", f"{name} is taken here. Add a letter.") from error
        return visits.of_person(tx, person.id), direct.others(tx, person.id)

    async def work() -> None:
        changed, others = await services.db.write(job)
        tell(services, {}, changed)
        for other in others:
            services.bell.person_changed(other)

    await whole(work())


async def person_of(services: Services, person: PersonId) -> Holder:
    """The person with this id. Raises `NotFound`."""
    held = await services.db.read(lambda tx: people.by_id(tx, person))
    if held is None:
        raise NotFound
    return held


async def _make(services: Services, name: str, raw_password: str, caller: Caller) -> tuple[Person, str]:
    """A new account, with its first session."""
    hashed = await services.passwords.hash(clean_password(raw_password))

    def job(tx: Tx) -> tuple[Person, str]:
        person = people.add(tx, name, name_key(name), services.clock_ms(), password_hash=hashed)
        return person, begin(tx, services, person, caller)

    try:
        return await come_in(services, job)
    except IntegrityError:  # somebody came in by this name meanwhile: perhaps this form, sent twice
        return await enter(services, name, raw_password, caller)


async def _prove(
    services: Services, held: Holder, raw_password: str, address: str, *, field: str = "password"
) -> None:
    """Raises `Invalid` for the field unless this is the password of the account, `TooMany` as `tries`."""
    guards = passwords_of(held.person.id), passwords_from(address)
    await tries.check(services, *guards)
    if not await services.passwords.fits(typed_password(raw_password), held.password_hash or ""):
        await tries.fail(services, *guards)
        raise _wrong(held, field)
    await tries.passed(services, *guards)


def _unchanged(tx: Tx, held: Holder, *, field: str = "password") -> Holder:
    """The person as they are now, whose password stays the one that was looked at until the commit.

    Whoever comes in by the old password while it is changed would be missed by the ending of sessions.
    Raises `Invalid` for the field if it was changed meanwhile.
    """
    now = people.lock(tx, held.person.id)
    if now is None or now.password_hash != held.password_hash:
        raise _wrong(held, field)
    return now


def _wrong(held: Holder, field: str) -> Invalid:
    return Invalid(field, f"That is not the password for {held.person.name}.")
