"""The one room that two people have between them."""

import secrets

from sqlalchemy.exc import IntegrityError

from chat.actions.services import Services
from chat.actions.whole import whole
from chat.core.ids import PersonId
from chat.core.person import Person, clean_name, name_key
from chat.core.problems import Invalid
from chat.core.room import START, Settings
from chat.store import direct, memberships, people, rooms
from chat.store.database import Tx


async def open_(services: Services, person: Person, raw_name: str, meant: PersonId | None = None) -> str:
    """The address of the direct room with whoever holds this name, made when it is first asked for.

    `meant` is who held the name when it was read, where that is known: nobody else gets the words.
    Nobody but the two is ever let in. Raises `Invalid("name", …)` for one's own name, a bad one, and one
    that nobody holds, `TooMany` above the limit.
    """
    name = clean_name(raw_name)
    services.limit(person)

    def job(tx: Tx) -> tuple[str, PersonId | None]:
        other = people.holder(tx, name_key(name))
        if meant not in (None, other):
            other = meant if direct.slug_of(tx, person.id, meant) else None
        if other is None:
            raise nobody(name)
        if other == person.id:
            raise Invalid("name", "That is you. Give somebody else's name.")
        if slug := direct.slug_of(tx, person.id, other):
            return slug, None
        return _make(tx, services, person.id, other), other

    async def work() -> str:
        try:
            slug, told = await services.db.write(job)
        except IntegrityError:
            slug, told = await services.db.write(job)  # the other made it at the same moment: now it is there
        if told:
            services.bell.person_changed(told)
            services.bell.person_changed(person.id)
        return slug

    return await whole(work())


def nobody(name: str) -> Invalid:
    """What is said of a name that nobody holds."""
    return Invalid("name", f"Nobody is called {name} here.")


def _make(tx: Tx, services: Services, one: PersonId, other: PersonId) -> str:
    slug = secrets.token_hex(8)
    settings = Settings(access="direct", max_length=services.body_max)
    pair = direct.pair(one, other)
    room = rooms.add(tx, slug, "", "", settings, services.clock_ms(), pair=pair)
    for person in (one, other):
        memberships.join(tx, room, person, "member", START, START)
    return slug
