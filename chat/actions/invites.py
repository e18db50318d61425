"""Links that let people in: making them, taking them back, following them."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from chat.actions.doors import walk_in
from chat.actions.services import Services
from chat.actions.still import still_host
from chat.core.invite import HOUR_MS, INVITES_MAX, Invite, clean_hours, clean_uses
from chat.core.person import Person
from chat.core.problems import Conflict, Forbidden, NotFound
from chat.core.room import Member, Room, may_moderate
from chat.store import invites, members, memberships, rooms
from chat.store.database import Tx

ONLY_HOSTS = "Only hosts invite people."


async def make(services: Services, member: Member, raw_hours: str, raw_uses: str) -> Invite:
    """A new link into the room, for so many hours and so many people; empty is without limit.

    Raises `Forbidden` for who is no host and in a direct room, `Invalid` with the field's name,
    `Conflict` where there are too many, `NotFound` if the membership has ended, `TooMany`.
    """
    hours, uses = clean_hours(raw_hours), clean_uses(raw_uses)
    services.limit(member.person)
    now_ms, room = services.clock_ms(), member.room.id
    expires_ms = None if hours is None else now_ms + hours * HOUR_MS
    invite = Invite(0, secrets.token_urlsafe(16), expires_ms, uses)

    def job(tx: Tx) -> Invite:
        still_host(tx, member, ONLY_HOSTS)
        if invites.count(tx, room, now_ms) >= INVITES_MAX:
            raise Conflict(f"There are {INVITES_MAX} invites already. Take one back first.")
        return replace(invite, id=invites.add(tx, room, member.person.id, invite, now_ms))

    return await services.db.write(job)


async def of_room(services: Services, member: Member) -> Sequence[Invite]:
    """The links that let people in now, the newest first. Raises `Forbidden` for who is no host."""
    if not may_moderate(member):
        raise Forbidden(ONLY_HOSTS)
    return await services.db.read(lambda tx: invites.of_room(tx, member.room.id, services.clock_ms()))


async def revoke(services: Services, member: Member, invite: int) -> None:
    """Take a link back: it leads nowhere from now on.

    Raises `Forbidden` for who is no host, `NotFound` where the room has no such invite, `TooMany`.
    """
    services.limit(member.person)

    def job(tx: Tx) -> None:
        still_host(tx, member, ONLY_HOSTS)
        if not invites.revoke(tx, member.room.id, invite):
            raise NotFound

    await services.db.write(job)


async def come_in(services: Services, person: Person, token: str) -> str:
    """Follow a link into its room: the room's address. It is used up only by people who are new there.

    Raises `NotFound` for a link that leads nowhere, whatever the reason, and for who was removed from
    the room; `Conflict` where there is no place left.
    """

    def find(tx: Tx) -> Room | None:
        return _leads_to(tx, services, person, token)

    def spend(tx: Tx) -> None:
        found = invites.by_token(tx, token, services.clock_ms())
        if found is None or not invites.spend(tx, found[1].id):
            raise NotFound

    return await walk_in(services, person, find, spend)


async def door(services: Services, person: Person, token: str) -> Room:
    """The room that a link leads to, without going in. Raises `NotFound` as `come_in` does."""
    room = await services.db.read(lambda tx: _leads_to(tx, services, person, token))
    if room is None:
        raise NotFound
    return room


def _leads_to(tx: Tx, services: Services, person: Person, token: str) -> Room | None:
    """The room behind a link, for somebody it would let in or who is in already."""
    found = invites.by_token(tx, token, services.clock_ms()) if token.isprintable() else None
    if found is None:
        return None
    room, invite = found
    if memberships.is_member(tx, room, person.id):
        return rooms.by_id(tx, room)
    if invite.uses_left == 0 or members.is_banned(tx, room, person.id):
        return None
    at = rooms.by_id(tx, room)
    return at if at and at.settings.access != "direct" else None
