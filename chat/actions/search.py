"""Looking for what was said, in every room that somebody is in."""

from collections.abc import Sequence

from chat.actions.services import Services
from chat.core.folding import rank
from chat.core.person import Person
from chat.core.search import BEST_OF, PAGE, Finds, Hit, Place, Query
from chat.store import memberships, messages, search
from chat.store.database import Tx
from chat.store.search import Found


async def find(services: Services, person: Person, query: Query, after: Place | None = None) -> Finds:
    """What fits a query, of what the person may see now: the first page, or the one that follows a place.

    Nothing fits a query that asks for nothing. The best come first among the newest five hundred that fit.
    """
    if not (query.needles or query.filtered):
        return Finds()
    return await services.db.read(lambda tx: _page(tx, person, query, after))


def _page(tx: Tx, person: Person, query: Query, after: Place | None) -> Finds:
    last = search.place(tx, person.id, after.slug, after.number) if after else None
    if query.order == "best":
        ends = (-after.rank, -last) if after and last else None
        found = _best(tx, person, query, ends)
    else:
        found = [(0, one) for one in search.find(tx, person.id, query, last, PAGE + 1)]
    hits = _hits(tx, person, [one for _, one in found[:PAGE]])
    if len(found) <= PAGE or not hits:
        return Finds(hits)
    return Finds(hits, Place(found[PAGE - 1][0], hits[-1].room.slug, hits[-1].message.number))


def _hits(tx: Tx, person: Person, found: Sequence[Found]) -> list[Hit]:
    """What is shown of what was found, read as any member reads it."""
    places = {room: memberships.member_in(tx, room, person) for room in {one.room for one in found}}
    hits = []
    for one in found:
        member = places[one.room]
        message = messages.one(tx, one.room, member.sees_from, one.number) if member else None
        if member and message:
            hits.append(Hit(member.room, message))
    return hits


def _best(tx: Tx, person: Person, query: Query, ends: tuple[int, int] | None) -> Sequence[tuple[int, Found]]:
    """What fits with how good it is, in order; what comes after a page that `ends` there."""
    found = search.find(tx, person.id, query, None, BEST_OF)
    ranked = sorted(((rank(query.needles, one.text), one) for one in found), key=_order)
    return [one for one in ranked if ends is None or _order(one) > ends][: PAGE + 1]


def _order(one: tuple[int, Found]) -> tuple[int, int]:
    return -one[0], -one[1].id
