"""One room as a page shows it to who asks."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.actions import doors
from chat.actions.asking import ask, here
from chat.actions.services import Services
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.message import PAGE, REACH, Message, Notice
from chat.core.person import Person
from chat.core.presence import Attendance
from chat.core.problems import NotFound
from chat.core.room import Member
from chat.core.unread import Mine
from chat.store import memberships, messages, unread, visits
from chat.store.asking import Asked
from chat.store.database import Tx


@dataclass(frozen=True, slots=True)
class View:
    """A room as one snapshot shows it to a member: what a page prints. What was known is not read."""

    member: Member
    cursor: Cursor
    log: Sequence[Message | Notice]
    older: bool  # whether there is something before the log
    people: Sequence[Attendance]  # who reads is in the room, even if only what follows says so
    mine: Sequence[Mine]


class Known(Protocol):
    """What of a view need not be read, asked in its snapshot; `names` is another one after any renaming."""

    def knows_log(self, member: Member, names: str) -> bool: ...

    def knows_people(self, member: Member, names: str) -> bool: ...

    def knows_lists(self, member: Member, standing: Hashable) -> bool: ...


@dataclass(frozen=True, slots=True)
class Part:
    """What of a room is shown: its newest messages, those before a place, or those around a message."""

    before: tuple[int, Number] | None = None
    around: Number | None = None


NEWEST = Part()


async def visit(
    services: Services, token: str, slug: str, part: Part, known: Known | None = None, *, joins: bool
) -> View:
    """The room as it is shown to who asks; `joins` makes them a member if they may be, and has them there.

    Raises `NotSignedIn`, and `NotFound` and `Conflict` as `view` and `doors.join`.
    """

    def look(tx: Tx, asked: Asked) -> View:
        return _view(tx, here(asked), part, asked.names, known)

    def look_if_staying(tx: Tx, asked: Asked) -> View | None:
        return look(tx, asked) if doors.stays(asked) else None

    def recall(tx: Tx, asked: Asked) -> View | None:
        is_there = asked.member and (not joins or doors.stays(asked))
        return _known(tx, asked, known) if is_there and known and part == NEWEST else None

    asked, found = await ask(services, token, slug, recall, briefly=True)
    if found is None and joins:
        asked, found = await ask(services, token, slug, look_if_staying)
        if found is None:
            await doors.join(services, asked.session.person, slug)
            joins = False
    if found is None:
        found = (await ask(services, token, slug, look))[1]
    if joins:
        services.presence.opened(found.member.room.id, asked.session.person.id, entered=False)
    return found


async def view(services: Services, person: Person, slug: str, part: Part = NEWEST) -> View:
    """The room in one snapshot. Raises `NotFound` as `asking.member`, and for an unseen message."""

    def job(tx: Tx) -> View:
        member = memberships.member(tx, slug, person)
        if member is None:
            raise NotFound
        return _view(tx, member, part)

    return await services.db.read(job)


def _known(tx: Tx, asked: Asked, known: Known) -> View | None:
    """The room if all that is shown of it is known, which is seen by a few rows."""
    member = here(asked)
    standing = unread.standing(tx, member.person.id)
    if standing is None or not known.knows_lists(member, standing):
        return None
    if not (known.knows_log(member, asked.names) and known.knows_people(member, asked.names)):
        return None
    return View(member, Cursor(member.room.epoch, member.room.head), (), False, (), ())


def _view(tx: Tx, member: Member, part: Part, names: str = "", known: Known | None = None) -> View:
    log: Sequence[Message | Notice] = ()
    older = False
    people: Sequence[Attendance] = ()
    if part != NEWEST or known is None or not known.knows_log(member, names):
        log, older = _log(tx, member, part)
    if known is None or not known.knows_people(member, names):
        people = visits.attendance(tx, member.room.id)
    mine: Sequence[Mine] = ()
    standing = unread.standing(tx, member.person.id) if known else None
    if known is None or not known.knows_lists(member, standing):
        mine = unread.mine(tx, member.person.id)
    return View(member, Cursor(member.room.epoch, member.room.head), log, older, people, mine)


def _log(tx: Tx, member: Member, part: Part) -> tuple[list[Message | Notice], bool]:
    room, seen = member.room.id, member.sees_from
    if part.around is not None:
        if (message := messages.one(tx, room, seen, part.around)) is None:
            raise NotFound
        at = messages.place(message)
        earlier, older = messages.clip(messages.older(tx, room, seen, at, PAGE // 2 + 1), PAGE // 2)
        return earlier + messages.from_place(tx, room, seen, at, REACH), older
    if part.before is not None:
        return messages.clip(messages.older(tx, room, seen, part.before, PAGE + 1))
    return messages.clip(messages.newest(tx, room, seen, PAGE + 1))
