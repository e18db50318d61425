"""Entering by name, being recognised, signing out."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import pytest

from chat.actions import asking, direct, doors, people, rooms, upkeep, whole
from chat.actions.settle import settle
from chat.core.ids import PersonId, RoomId, WorkerId
from chat.core.message import Notice
from chat.core.presence import QUIET_ROOM, Turn, VisitState
from chat.core.problems import Invalid, NotSignedIn
from chat.core.room import HOUSE
from chat.store import members as stored_members
from chat.store import sessions
from chat.store import visits as stored_visits
from tests.actions.conftest import House
from tests.databases import add_person

OTHER = WorkerId("other")


async def test_a_name_is_held_by_one_person_whatever_its_case(house: House) -> None:
    await people.enter(house.services, "  Ann   Lee ")
    for name in ("Ann Lee", "ANN LEE", "ａｎｎ lee"):
        with pytest.raises(Invalid, match="is taken here") as refused:
            await people.enter(house.services, name)
        assert refused.value.field == "name"


async def test_two_who_enter_by_one_name_at_once_are_not_both_let_in(house: House) -> None:
    results = await asyncio.gather(
        *(people.enter(house.services, "Ann") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, Invalid) for result in results) == 4


async def test_a_token_is_recognised_until_its_days_are_over_or_it_ends(house: House) -> None:
    person, session, token = await house.guest("Ann")
    assert (await asking.recognise(house.services, token)).person == person
    house.now_ms += 999_000
    assert (await asking.recognise(house.services, token)).id == session.id
    house.now_ms += 1_000_001
    for wrong in (token, "", "x", token + "x", "\ud800"):
        with pytest.raises(NotSignedIn):
            await asking.recognise(house.services, wrong)


async def test_use_prolongs_a_session(house: House) -> None:
    house.services.session_ms = 30 * 24 * 3600 * 1000
    _, _, token = await house.guest("Ann")
    for _ in range(3):
        house.now_ms += 29 * 24 * 3600 * 1000
        await asking.recognise(house.services, token)


async def test_signing_out_ends_the_session_frees_the_name_and_says_so(house: House) -> None:
    ann, session, token = await house.guest("Ann")
    member = await house.member(ann)
    await people.leave(house.services, session)
    with pytest.raises(NotSignedIn):
        await asking.recognise(house.services, token)
    assert house.heard.endings == 1
    assert await house.notices(member) == [("came", "Ann"), ("left", "Ann")]
    assert house.heard.heads[-1] == (member.room.id, 2)
    assert (await house.guest("ann"))[0].id != ann.id


async def test_one_who_is_signed_in_elsewhere_keeps_name_and_visits(house: House) -> None:
    ann, session, _ = await house.guest("Ann")
    member = await house.member(ann)
    await house.services.db.write(lambda tx: sessions.add(tx, ann.id, b"other", house.now_ms))
    await people.leave(house.services, session)
    assert await house.notices(member) == [("came", "Ann")]
    with pytest.raises(Invalid):
        await people.enter(house.services, "Ann")


def turn(room: RoomId, person: PersonId, state: VisitState | None) -> Turn:
    return Turn(room, person, state)


@pytest.mark.parametrize("worker", ["the same worker", "another worker"])
async def test_streams_that_end_after_signing_out_bring_nobody_back(house: House, worker: str) -> None:
    ann, session, _ = await house.guest("Ann")
    member = await house.member(ann)
    at = house.worker if worker == "the same worker" else OTHER
    await settle(house.services, at, [turn(member.room.id, ann.id, "here")])
    await people.leave(house.services, session)
    states: tuple[VisitState | None, ...] = ("closing", None)
    for state in states:
        await settle(house.services, at, [turn(member.room.id, ann.id, state)])
    assert await house.notices(member) == [("came", "Ann"), ("left", "Ann")]
    assert not await house.services.db.read(lambda tx: stored_visits.is_in(tx, member.room.id, ann.id))


async def test_a_room_with_many_people_says_no_signing_out(house: House) -> None:
    ann, session, _ = await house.guest("Ann")
    member = await house.member(ann)

    def fill(tx):
        for n in range(QUIET_ROOM + 1):
            stored_visits.enter(tx, member.room.id, add_person(tx, f"Guest {n}").id, OTHER, "here")

    await house.services.db.write(fill)
    await people.leave(house.services, session)
    said = await house.changes(member, 1)
    assert all(getattr(change, "silent", False) for change in said)


async def test_a_guest_takes_a_freed_name_again_unless_somebody_else_has_it(house: House) -> None:
    ann, _, token = await house.guest("Ann")
    gone = [turn(HOUSE, ann.id, "here"), turn(HOUSE, ann.id, None)]
    await settle(house.services, house.worker, gone[:1])
    await settle(house.services, house.worker, gone[1:])
    assert (await asking.recognise(house.services, token)).person == ann
    with pytest.raises(Invalid):
        await people.enter(house.services, "Ann")
    await settle(house.services, house.worker, gone[:1])
    await settle(house.services, house.worker, gone[1:])
    other, _ = await people.enter(house.services, "Ann")
    assert other.id != ann.id
    with pytest.raises(NotSignedIn):
        await asking.recognise(house.services, token)


async def test_a_name_is_kept_while_any_worker_has_a_visit(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    here = turn(HOUSE, ann.id, "here")
    await settle(house.services, house.worker, [here])
    await settle(house.services, OTHER, [here])
    await settle(house.services, house.worker, [turn(HOUSE, ann.id, None)])
    with pytest.raises(Invalid):
        await people.enter(house.services, "Ann")
    await settle(house.services, OTHER, [turn(HOUSE, ann.id, None)])
    await people.enter(house.services, "Ann")


async def test_the_last_room_is_where_one_went_last(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    assert await people.last_room(house.services, ann) == "lobby"
    for slug in ("testing", "lobby", "testing", "lobby"):
        await doors.join(house.services, ann, slug)
        assert await people.last_room(house.services, ann) == slug


async def test_a_name_is_free_when_the_last_visit_ends_whichever_it_is(house: House) -> None:
    """A page that never connects: its visit to the house ends together with the one to the room."""
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    gone = [turn(HOUSE, ann.id, None), turn(member.room.id, ann.id, None)]
    await settle(house.services, house.worker, gone)
    await people.enter(house.services, "Ann")


async def test_the_names_of_a_dead_workers_guests_are_free_once_it_is_buried(house: House) -> None:
    """Also of one who had entered the moment before and has no other visit."""
    ann, _, _ = await house.guest("Ann")
    await house.member(ann)
    await people.enter(house.services, "Bo")
    await upkeep.show_gone(house.services, house.worker, 0)
    await upkeep.bury(house.services, house.worker)
    for name in ("Ann", "Bo"):
        await people.enter(house.services, name)


async def test_tidying_frees_the_names_of_guests_who_have_no_visit(house: House) -> None:
    await house.services.db.write(lambda tx: add_person(tx, "Ann"))
    await people.enter(house.services, "Bo")
    await upkeep.tidy(house.services)
    await people.enter(house.services, "Ann")
    with pytest.raises(Invalid):
        await people.enter(house.services, "Bo")


async def cancelled(work: Coroutine[Any, Any, Any]) -> None:
    """Begin the work and let go of it at its first wait, as for a client that goes away."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):  # what is done at that very moment may still be done
        await task
    while whole._running:
        await asyncio.wait(list(whole._running))


async def states(house: House) -> dict[tuple[RoomId, PersonId], VisitState | None]:
    """What the worker's memory takes the store to say."""
    return {key: visit.entered for key, visit in house.services.presence._visits.items()}


async def stored(house: House) -> dict[tuple[RoomId, PersonId], VisitState | None]:
    left = await house.services.db.read(lambda tx: stored_visits.of_worker(tx, house.worker))
    return dict.fromkeys(left, "here")


async def test_a_request_that_is_cancelled_leaves_no_visit_that_memory_does_not_know(house: House) -> None:
    await cancelled(people.enter(house.services, "Ann"))
    bo, session, _ = await house.guest("Bo")
    await cancelled(rooms.create(house.services, bo, {"name": "Harbour"}))
    await cancelled(doors.join(house.services, bo, "lobby"))
    await house.services.presence._settle_all()
    assert await stored(house) == {k: v for k, v in (await states(house)).items() if v}
    await cancelled(people.leave(house.services, session))
    await house.services.presence._settle_all()
    assert [person for room, person in await stored(house) if person == bo.id] == []
    assert await stored(house) == await states(house)


async def test_signing_out_and_posting_at_once_wait_for_each_other_in_one_order(house: House) -> None:
    ann, session, _ = await house.guest("Ann")
    members = [await house.member(ann, slug) for slug in ("lobby", "testing")]
    turns = [turn(member.room.id, ann.id, None) for member in members]
    await asyncio.gather(
        people.leave(house.services, session),
        *(settle(house.services, house.worker, turns) for _ in range(3)),
    )
    for member in members:
        said = [c for c in await house.changes(member) if isinstance(c, Notice) and not c.silent]
        assert [notice.kind for notice in said] == ["came", "left"]


async def test_a_guest_who_signs_out_is_a_member_nowhere_but_where_two_are(house: House) -> None:
    ann, session, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    slug = await rooms.create(house.services, ann, {"name": "Harbour"})
    await house.member(bo, slug)
    pair = await direct.open_(house.services, ann, "Bo")
    await people.leave(house.services, session)
    assert (await rooms.enter(house.services, bo, slug)).role == "owner"
    assert (await rooms.enter(house.services, bo, pair)).room.name == "Ann"
    left = await house.services.db.read(lambda tx: stored_members.rooms_of(tx, ann.id))
    assert len(left) == 1
