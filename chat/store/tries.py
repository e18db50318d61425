"""Failed guesses of passwords and codes, shared by all workers."""

from sqlalchemy import bindparam, delete, insert, select

from chat.store import facts
from chat.store.database import Tx
from chat.store.schema import tries

_NEWEST = (
    select(tries.c.at_ms)
    .where(tries.c.subject == bindparam("subject"), tries.c.at_ms <= bindparam("now_ms"))
    .order_by(tries.c.at_ms.desc())
    .limit(bindparam("most"))
)
_INSERT = insert(tries)
_FORGET = delete(tries).where(tries.c.at_ms < bindparam("before_ms"))


def newest(tx: Tx, subject: str, most: int, now_ms: int) -> list[int]:
    """When the subject's latest tries were, newest first; none of a clock that was ahead for a while."""
    return list(tx.execute(_NEWEST, {"subject": subject, "most": most, "now_ms": now_ms}).scalars())


def lock(tx: Tx) -> None:
    """Have nobody else count and add tries before this transaction ends."""
    facts.count(tx, "tries")


def add(tx: Tx, subject: str, now_ms: int) -> None:
    """One more try that failed."""
    tx.execute(_INSERT, {"subject": subject, "at_ms": now_ms})


def forget(tx: Tx, before_ms: int) -> None:
    """Forget tries made before this time."""
    tx.execute(_FORGET, {"before_ms": before_ms})
