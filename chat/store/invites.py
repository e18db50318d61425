"""Invites: kept as they were made, so that whoever may make them can copy the link again."""

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from chat.core.ids import PersonId, RoomId
from chat.core.invite import INVITES_MAX, Invite
from chat.store.database import Tx
from chat.store.schema import invites

_COLUMNS = (invites.c.id, invites.c.token, invites.c.expires_ms, invites.c.uses_left)
_IN_TIME = or_(invites.c.expires_ms.is_(None), invites.c.expires_ms > bindparam("now_ms"))
_LEFT = or_(invites.c.uses_left.is_(None), invites.c.uses_left > 0)

_LIVING = (invites.c.room_id == bindparam("room")) & _IN_TIME & _LEFT
_OF_ROOM = select(*_COLUMNS).where(_LIVING).order_by(invites.c.id.desc()).limit(INVITES_MAX)
_COUNT = select(func.count()).select_from(invites).where(_LIVING)
_BY_TOKEN = select(invites.c.room_id, *_COLUMNS).where(invites.c.token == bindparam("token"), _IN_TIME)
_INSERT = insert(invites).returning(invites.c.id)
_SPEND = (
    update(invites)
    .where(invites.c.id == bindparam("invite"), _LEFT)
    .values(uses_left=invites.c.uses_left - 1)
)  # fmt: skip
_REVOKE = delete(invites).where(invites.c.id == bindparam("invite"), invites.c.room_id == bindparam("room"))
_FORGET = delete(invites).where(or_(invites.c.expires_ms <= bindparam("now_ms"), invites.c.uses_left == 0))


def of_room(tx: Tx, room: RoomId, now_ms: int) -> list[Invite]:
    """The room's invites that still let somebody in, the newest first."""
    return [_invite_of(row) for row in tx.execute(_OF_ROOM, {"room": room, "now_ms": now_ms}).all()]


def count(tx: Tx, room: RoomId, now_ms: int) -> int:
    """How many invites of the room still let somebody in."""
    return int(tx.execute(_COUNT, {"room": room, "now_ms": now_ms}).scalar_one())


def by_token(tx: Tx, token: str, now_ms: int) -> tuple[RoomId, Invite] | None:
    """The invite at the end of a link, if it is in time, and its room. It may be used up."""
    row = tx.execute(_BY_TOKEN, {"token": token, "now_ms": now_ms}).one_or_none()
    return (RoomId(row.room_id), _invite_of(row)) if row else None


def add(tx: Tx, room: RoomId, maker: PersonId, invite: Invite, now_ms: int) -> int:
    """Keep a new invite, whose id is given here."""
    row = {"room_id": room, "made_by": maker, "token": invite.token, "created_ms": now_ms}
    limits = {"expires_ms": invite.expires_ms, "uses_left": invite.uses_left}
    return int(tx.execute(_INSERT, row | limits).scalar_one())


def spend(tx: Tx, invite: int) -> bool:
    """Use an invite once; false if it is used up or gone."""
    return tx.execute(_SPEND, {"invite": invite}).rowcount > 0


def revoke(tx: Tx, room: RoomId, invite: int) -> bool:
    """Make an invite of the room let nobody in any more; false if the room has none of this id."""
    return tx.execute(_REVOKE, {"room": room, "invite": invite}).rowcount > 0


def forget(tx: Tx, now_ms: int) -> None:
    """Forget invites that are past their time or used up."""
    tx.execute(_FORGET, {"now_ms": now_ms})


def _invite_of(row: Any) -> Invite:
    return Invite(row.id, row.token, row.expires_ms, row.uses_left)
