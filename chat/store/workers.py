"""The workers that run, by their proofs of life."""

from sqlalchemy import bindparam, delete, insert, select, update

from chat.core.ids import WorkerId
from chat.core.presence import GIVEN_UP
from chat.store.database import Tx
from chat.store.schema import visits, workers

_ONE = workers.c.id == bindparam("worker")
_BEAT = update(workers).where(_ONE, workers.c.beat != GIVEN_UP).values(beat=workers.c.beat + 1)
_BEATS = select(workers.c.id, workers.c.beat)
_LOCK = select(workers.c.beat).where(_ONE).with_for_update()
_GIVE_UP = update(workers).where(_ONE).values(beat=GIVEN_UP)
_STRIKE_OFF = delete(workers).where(_ONE)
_STRUCK_OFF = select(visits.c.worker_id).distinct().where(visits.c.worker_id.not_in(select(workers.c.id)))


def enlist(tx: Tx, worker: WorkerId) -> None:
    """Enter a new worker."""
    tx.execute(insert(workers).values(id=worker, beat=0))


def beat(tx: Tx, worker: WorkerId) -> bool:
    """Prove that the worker lives; false if it has been given up and needs a new id."""
    return tx.execute(_BEAT, {"worker": worker}).rowcount > 0


def beats(tx: Tx) -> dict[WorkerId, int]:
    """Every worker's proof of life; `GIVEN_UP` also for one that entered a visit after it was struck off."""
    struck_off = {WorkerId(worker): GIVEN_UP for worker in tx.execute(_STRUCK_OFF).scalars()}
    return struck_off | {WorkerId(row.id): row.beat for row in tx.execute(_BEATS).all()}


def lock(tx: Tx, worker: WorkerId) -> int:
    """The worker's beat, which cannot move before this transaction ends."""
    found = tx.execute(_LOCK, {"worker": worker}).scalar_one_or_none()
    return GIVEN_UP if found is None else int(found)


def give_up(tx: Tx, worker: WorkerId) -> None:
    """Let the worker beat no more: if it lives after all, its next beat tells it to begin anew."""
    tx.execute(_GIVE_UP, {"worker": worker})


def strike_off(tx: Tx, worker: WorkerId) -> None:
    """Forget a worker that was given up and has no visits left."""
    tx.execute(_STRIKE_OFF, {"worker": worker})
