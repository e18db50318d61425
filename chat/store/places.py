"""The order of a room: what stands beside what, and standing elsewhere. Changed under the room's lock.

No two things of a room ever have the same position.
"""

from sqlalchemy import bindparam, func, select, tuple_, update

from chat.core.ids import Number, RoomId
from chat.core.message import POS_STEP, Message
from chat.store.database import Tx
from chat.store.schema import messages

_PLACE = tuple_(messages.c.pos, messages.c.number)
_TARGET = tuple_(bindparam("pos"), bindparam("target"))
_OTHERS = select(messages.c.pos).where(
    messages.c.room_id == bindparam("room"), messages.c.number != bindparam("moved")
)
_BEFORE = _OTHERS.where(_PLACE < _TARGET).order_by(messages.c.pos.desc(), messages.c.number.desc()).limit(1)
_AFTER = _OTHERS.where(_PLACE > _TARGET).order_by(messages.c.pos, messages.c.number).limit(1)
_PUT = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == bindparam("moved"))
    .values(pos=bindparam("to_pos"), change=bindparam("to_change"))
)
_RANKS = (
    select(
        messages.c.number,
        func.row_number().over(order_by=(messages.c.pos, messages.c.number)).label("rank"),
    )
    .where(messages.c.room_id == bindparam("room"))
    .subquery()
)
_RENUMBER = (
    update(messages)
    .where(messages.c.room_id == bindparam("room"), messages.c.number == _RANKS.c.number)
    .values(pos=_RANKS.c.rank * POS_STEP)
)
_SAID = (
    select(messages.c.number)
    .where(
        messages.c.room_id == bindparam("room"),
        messages.c.number > bindparam("visible_from"),
        messages.c.kind == "message",
    )
    .limit(1)
)
_FIRST = _SAID.order_by(messages.c.pos, messages.c.number)
_LAST = _SAID.order_by(messages.c.pos.desc(), messages.c.number.desc())


def gap(
    tx: Tx, room: RoomId, target: Message, moved: Number, *, after: bool
) -> tuple[int | None, int | None]:
    """The positions of the two things between which `moved` would stand right before or after `target`.

    `None` where there is nothing on that side. `moved` itself does not count.
    """
    values = {"room": room, "moved": moved, "pos": target.pos, "target": target.number}
    beside: int | None = tx.execute(_AFTER if after else _BEFORE, values).scalar_one_or_none()
    return (target.pos, beside) if after else (beside, target.pos)


def put(tx: Tx, room: RoomId, number: Number, pos: int, change: Number) -> None:
    """Have a message stand elsewhere."""
    tx.execute(_PUT, {"room": room, "moved": number, "to_pos": pos, "to_change": change})


def renumber(tx: Tx, room: RoomId) -> None:
    """Make room between all neighbours: the same order in whole steps, below all that is said later."""
    tx.execute(_RENUMBER, {"room": room})


def ends(tx: Tx, room: RoomId, visible_from: Number) -> tuple[Number, Number] | None:
    """The first and the last message that somebody may see, if there is one."""
    values = {"room": room, "visible_from": visible_from}
    first = tx.execute(_FIRST, values).scalar_one_or_none()
    return None if first is None else (first, tx.execute(_LAST, values).scalar_one())
