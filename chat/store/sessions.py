"""Sessions: known by the SHA-256 of their token, which itself is stored nowhere (`asking.py` finds them)."""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from chat.core.ids import PersonId, SessionId
from chat.store import facts
from chat.store.database import Tx
from chat.store.schema import sessions

LISTED_MAX = 100  # sessions of one person that are shown
ENDED_MAX = 1000  # sessions that are asked for at once
GROUP_MAX = 500  # sessions that end as one: fewer than are asked for at once

_INSERT = insert(sessions).returning(sessions.c.id)
_USED = update(sessions).where(sessions.c.id == bindparam("session")).values(used_ms=bindparam("now_ms"))
_END = (
    update(sessions)
    .where(sessions.c.id == bindparam("session"), sessions.c.ended.is_(None))
    .values(ended=bindparam("ending"))
)
_END_OTHERS = (
    update(sessions)
    .where(
        sessions.c.id.in_(
            select(sessions.c.id)
            .where(
                sessions.c.person_id == bindparam("person"),
                sessions.c.id != bindparam("session"),
                sessions.c.ended.is_(None),
            )
            .limit(GROUP_MAX)
        )
    )
    .values(ended=bindparam("ending"))
)
_OF_PERSON = (
    select(sessions.c.id, sessions.c.device, sessions.c.created_ms, sessions.c.used_ms)
    .where(
        sessions.c.person_id == bindparam("person"),
        sessions.c.ended.is_(None),
        sessions.c.used_ms > bindparam("used_since_ms"),
    )
    .order_by(sessions.c.used_ms.desc(), sessions.c.id.desc())
    .limit(LISTED_MAX)
)
_IS_OF = select(sessions.c.id).where(
    sessions.c.id == bindparam("session"),
    sessions.c.person_id == bindparam("person"),
    sessions.c.ended.is_(None),
)
_OTHERS = (
    select(sessions.c.id)
    .where(sessions.c.person_id == bindparam("person"), sessions.c.ended.is_(None))
    .limit(1)
)
_ENDED = (
    select(sessions.c.id, sessions.c.ended)
    .where(sessions.c.ended > bindparam("since"))
    .order_by(sessions.c.ended)
    .limit(ENDED_MAX)
)

_FORGET = delete(sessions).where(sessions.c.used_ms < bindparam("before_ms"))


@dataclass(frozen=True, slots=True)
class Signed:
    """A living session as its owner sees it in a list. `used_ms` is exact to the hour."""

    id: SessionId
    device: str
    created_ms: int
    used_ms: int


def add(tx: Tx, person: PersonId, token_hash: bytes, now_ms: int, device: str = "") -> SessionId:
    """A new session, used now; `device` is what its owner will know it by."""
    row = {"person_id": person, "token_hash": token_hash, "created_ms": now_ms, "used_ms": now_ms,
           "device": device}  # fmt: skip
    return SessionId(tx.execute(_INSERT, row).scalar_one())


def used(tx: Tx, session: SessionId, now_ms: int) -> None:
    """Begin the session's days anew."""
    tx.execute(_USED, {"session": session, "now_ms": now_ms})


def end(tx: Tx, session: SessionId) -> None:
    """End a session for ever. Endings are counted in commit order, so that none can be overlooked."""
    tx.execute(_END, {"session": session, "ending": facts.count(tx, "endings")})


def end_others(tx: Tx, person: PersonId, kept: SessionId) -> None:
    """End all sessions of a person but one."""
    count = GROUP_MAX
    while count == GROUP_MAX:
        ending = facts.count(tx, "endings")
        count = tx.execute(_END_OTHERS, {"person": person, "session": kept, "ending": ending}).rowcount


def of_person(tx: Tx, person: PersonId, used_since_ms: int) -> list[Signed]:
    """Where the person is signed in, the latest used first."""
    rows = tx.execute(_OF_PERSON, {"person": person, "used_since_ms": used_since_ms}).all()
    return [Signed(SessionId(row.id), row.device, row.created_ms, row.used_ms) for row in rows]


def is_of(tx: Tx, session: SessionId, person: PersonId) -> bool:
    """Whether this is a session of theirs that has not ended."""
    return tx.execute(_IS_OF, {"session": session, "person": person}).first() is not None


def any_left(tx: Tx, person: PersonId) -> bool:
    """Whether the person is signed in anywhere."""
    return tx.execute(_OTHERS, {"person": person}).first() is not None


def ended_since(tx: Tx, since: int) -> tuple[int, list[SessionId]]:
    """The sessions whose endings come after `since`, and the last ending counted."""
    rows = tx.execute(_ENDED, {"since": since}).all()
    if len(rows) == ENDED_MAX:  # the last ones may have ended together with others that are not among them
        rows = [row for row in rows if row.ended < rows[-1].ended]
    return (rows[-1].ended if rows else since), [SessionId(row.id) for row in rows]


def forget(tx: Tx, before_ms: int) -> None:
    """Forget sessions last used before this time."""
    tx.execute(_FORGET, {"before_ms": before_ms})
