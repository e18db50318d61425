"""What a worker saw of people coming and going is entered in the store, and said, for many at once.

A thousand readers come back within seconds after a restart. Entering each cost ten statements, more than
everything else about a connection; where coming is not said, all who come to a room cost four together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chat.actions.services import Services
from chat.actions.visits import arrive, end, is_quiet, lock, tell
from chat.core.ids import Number, PersonId, RoomId, WorkerId
from chat.core.presence import Turn, VisitState
from chat.core.problems import Conflict
from chat.core.room import HOUSE
from chat.store import members, rooms, visits
from chat.store.database import Tx

Entered = dict[PersonId, VisitState | None]


@dataclass(slots=True)
class _Done:
    """What a transaction did to visits that others are told of."""

    heads: dict[RoomId, Number] = field(default_factory=dict)
    bereft: set[PersonId] = field(default_factory=set)
    rooms: set[RoomId] = field(default_factory=set)  # whose visits it touched
    moved: set[PersonId] = field(default_factory=set)  # whose


@dataclass(frozen=True, slots=True)
class _At:
    """Where visits are entered, for which worker and when."""

    room: RoomId
    worker: WorkerId
    now_ms: int


async def settle(services: Services, worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
    """Enter what has changed in a worker's visits, and say who came in and who left.

    What the store says of each visit then: nothing where the person is no member or the room is gone.
    """

    def job(tx: Tx) -> tuple[Mapping[RoomId, Entered], _Done, set[RoomId]]:
        done = _Done()
        entered: dict[RoomId, Entered] = {}
        for room in sorted(lock(tx, {turn.room for turn in turns})):
            those = [turn for turn in turns if turn.room == room]
            entered[room] = _settle_room(tx, _At(room, worker, services.clock_ms()), those, done)
        # a list of people shows who is in the room, and who is in another one
        return entered, done, done.rooms | members.rooms_of(tx, *done.moved)

    entered, done, changed = await services.db.write(job)
    tell(services, done.heads, changed, done.bereft)
    return [entered.get(turn.room, {}).get(turn.person) for turn in turns]


def _settle_room(tx: Tx, at: _At, turns: Sequence[Turn], done: _Done) -> Entered:
    """First who comes: a room that ends with its last visit goes on if somebody comes as another leaves."""
    coming = {turn.person: turn.state for turn in turns if turn.state is not None}
    entered = _enter(tx, at, coming, done) if coming else {}
    for turn in [turn for turn in turns if turn.state is None]:
        if not turn.over():  # they are back, and about to say so
            entered[turn.person] = "closing"
        else:
            entered[turn.person] = None
            _end(tx, at, turn, done)
    return entered


def _end(tx: Tx, at: _At, turn: Turn, done: _Done) -> None:
    if number := end(tx, at.room, turn.person, at.worker, at.now_ms, done.bereft):
        done.heads[at.room] = number
    _touched(at.room, [turn.person], done)


def _enter(tx: Tx, at: _At, coming: Mapping[PersonId, VisitState], done: _Done) -> Entered:
    before = visits.known(tx, at.room, coming)
    may = coming if at.room == HOUSE else _let_in(tx, at, coming, before, done)
    news = {person: state for person, state in may.items() if before.get(person, {}).get(at.worker) != state}
    visits.enter_all(tx, at.room, at.worker, news)
    _touched(at.room, news, done)
    return dict(may)


def _let_in(
    tx: Tx, at: _At, coming: Mapping[PersonId, VisitState], before: Collection[PersonId], done: _Done
) -> dict[PersonId, VisitState]:
    """Those who may be in the room, once it is said that they came.

    Not who left or was removed while the connection was closing, nor who signed out before it closed,
    nor who finds no place.
    """
    belong = members.among(tx, at.room, coming)
    may = {
        person: state
        for person, state in coming.items()
        if person in belong and (state != "closing" or person in before)
    }
    for person in [person for person in may if person not in before]:
        if _comes_unsaid(tx, at.room):
            break
        try:
            number = arrive(tx, at.room, person, at.now_ms)
        except Conflict:
            del may[person]  # the last place went to somebody else meanwhile
            continue
        visits.enter(tx, at.room, person, at.worker, may[person])  # the next one is one more
        if number:
            done.heads[at.room] = number
    return may


def _comes_unsaid(tx: Tx, room: RoomId) -> bool:
    """Whether whoever else comes now needs only to be entered: no place is counted, nothing said or seen."""
    found = rooms.by_id(tx, room)
    assert found is not None, "the room is locked, so it is there"
    settings = found.settings
    return not settings.capacity and settings.history != "visit" and is_quiet(tx, found)


def _touched(room: RoomId, persons: Collection[PersonId], done: _Done) -> None:
    if room != HOUSE and persons:
        done.rooms.add(room)
        done.moved.update(persons)
