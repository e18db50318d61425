"""Whether somebody still may, asked again where the room is locked: what a page knew may be over by then."""

from chat.core.problems import Forbidden, NotFound
from chat.core.room import Member, may_moderate
from chat.store import memberships
from chat.store.database import Tx


def still(tx: Tx, member: Member) -> Member:
    """Lock the room: the membership as it is now. Raises `NotFound` if it has ended."""
    if (now := memberships.still_member(tx, member)) is None:
        raise NotFound
    return now


def still_host(tx: Tx, member: Member, refusal: str) -> Member:
    """The same of a host. Raises `Forbidden` with the words of `refusal` for anybody else."""
    now = still(tx, member)
    if not may_moderate(now):
        raise Forbidden(refusal)
    return now
