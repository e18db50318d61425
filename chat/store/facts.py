"""Single facts about the whole database: what was made once, such as the secret that keys digests, and how
often something happened: sessions that ended, rooms that were made, people who were given another name."""

import secrets

from sqlalchemy import bindparam, delete, select, update

from chat.store.database import Tx, upserting
from chat.store.schema import facts

_GET = select(facts.c.value).where(facts.c.name == bindparam("fact"))
_SET = update(facts).where(facts.c.name == bindparam("fact")).values(value=bindparam("new_value"))
_TAKE = delete(facts).where(facts.c.name == bindparam("fact")).returning(facts.c.value)


def get_or_make(tx: Tx, name: str, value: str) -> str:
    """The fact called `name`; `value` becomes it if there is none yet. Safe when two ask at once."""
    tx.execute(upserting(tx, facts).values(name=name, value=value).on_conflict_do_nothing())
    return str(tx.execute(_GET, {"fact": name}).scalar_one())


def get(tx: Tx, name: str) -> str | None:
    """The fact called `name`, if there is one."""
    value = tx.execute(_GET, {"fact": name}).scalar_one_or_none()
    return None if value is None else str(value)


def take(tx: Tx, name: str) -> str | None:
    """The fact called `name`, which is none any more: of all that ask at once one gets it."""
    value = tx.execute(_TAKE, {"fact": name}).scalar_one_or_none()
    return None if value is None else str(value)


def secret(tx: Tx) -> bytes:
    """256 random bits, made once for each database: keys the digests that recognise repeated posts."""
    return bytes.fromhex(get_or_make(tx, "secret", secrets.token_hex(32)))


def house(tx: Tx) -> str:
    """What tells this database from others, by which its workers find each other; made once."""
    return get_or_make(tx, "house", secrets.token_hex(8))


def count(tx: Tx, name: str) -> int:
    """The next value of the counter `name`, in commit order: its row stays locked until the commit."""
    get_or_make(tx, name, "0")
    lock = _GET.with_for_update()
    value = int(tx.execute(lock, {"fact": name}).scalar_one()) + 1
    tx.execute(_SET, {"fact": name, "new_value": str(value)})
    return value
