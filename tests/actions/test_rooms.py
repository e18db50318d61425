"""Joining, leaving, making rooms; visits that begin and end; workers that die."""

import asyncio

import pytest

from chat.actions import doors, lists, messages, rooms, upkeep, views, visits
from chat.actions.settle import settle
from chat.actions.views import Part
from chat.core.ids import Number, PersonId, RoomId, WorkerId
from chat.core.message import Message, Notice
from chat.core.presence import QUIET_ROOM, Turn, VisitState
from chat.core.problems import Invalid, NotFound
from chat.core.room import HOUSE, Member, Settings
from chat.store import memberships
from chat.store import rooms as stored
from chat.store import visits as stored_visits
from chat.store.database import Tx
from tests.actions.conftest import House
from tests.databases import NOW_MS, add_person

OTHER = WorkerId("other")


async def becomes(house: House, member: Member, state: VisitState | None, at: WorkerId | None = None) -> None:
    turn = Turn(member.room.id, member.person.id, state)
    await settle(house.services, at or house.worker, [turn])


async def test_joining_is_said_once_and_makes_a_member_who_is_there(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await doors.join(house.services, ann, "lobby")
    assert await house.notices(member) == [("came", "Ann")]
    assert (member.role, member.joined, member.room.head) == ("member", 1, 1)
    assert house.heard.heads == [(member.room.id, 1)]
    view = await views.view(house.services, ann, "lobby")
    assert [(one.person.name, one.presence) for one in view.people] == [("Ann", "here")]
    assert view.cursor.number == 1


async def test_one_who_joins_in_two_tabs_at_once_joins_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    await asyncio.gather(*(doors.join(house.services, ann, "lobby") for _ in range(6)))
    member = await rooms.enter(house.services, ann, "lobby")
    assert await house.notices(member) == [("came", "Ann")]


async def test_a_room_that_is_hidden_is_not_found_as_one_that_does_not_exist(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    await house.services.db.write(
        lambda tx: stored.add(tx, "x7", "Secret", "", Settings(access="private"), NOW_MS)
    )
    for slug in ("x7", "nowhere", "", "LOBBY"):
        with pytest.raises(NotFound):
            await doors.join(house.services, ann, slug)
        with pytest.raises(NotFound):
            await rooms.enter(house.services, ann, slug)
    with pytest.raises(NotFound):
        await rooms.enter(house.services, ann, "lobby")  # open, but not joined


async def test_leaving_removes_the_member_with_a_numbered_change(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await doors.leave(house.services, member)
    (_, left) = await house.changes(member)
    assert isinstance(left, Notice)
    assert (left.kind, left.removes, left.number) == ("left", ann.id, 2)
    with pytest.raises(NotFound):
        await rooms.enter(house.services, ann, "lobby")
    await doors.leave(house.services, member)  # once more changes nothing
    await becomes(house, member, "closing")
    await becomes(house, member, None)
    assert len(await house.changes(member)) == 2
    again = await house.member(ann)
    assert (again.joined, again.visible_from) == (3, 0)


async def test_when_the_owner_leaves_the_first_host_owns_the_room(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    slug = await rooms.create(house.services, ann, {"name": "Harbour"})
    member = await house.member(bo, slug)
    await doors.leave(house.services, await rooms.enter(house.services, ann, slug))
    assert (await rooms.enter(house.services, bo, slug)).role == "owner"
    assert (await house.notices(member))[-1] == ("owner", "Bo")


async def test_room_names_are_unique_also_when_made_at_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    names = ["Harbour", "HARBOUR", "harbour", "Lobby"]
    results = await asyncio.gather(
        *(rooms.create(house.services, ann, {"name": name}) for name in names), return_exceptions=True
    )
    assert sum(isinstance(result, Invalid) for result in results) == 3
    assert "harbour" in results
    assert (await rooms.create(house.services, ann, {"name": "Harbour!"})).startswith("harbour-")
    assert (await rooms.create(house.services, ann, {"name": "港口"})).startswith("room-")
    assert (await rooms.create(house.services, ann, {"name": "Live"})) != "live"


async def test_default_rooms_are_made_once_whoever_starts_first(house: House) -> None:
    await asyncio.gather(*(rooms.make_defaults(house.services, ["Lobby", "Pub"]) for _ in range(4)))
    listed = [card.room.name for card in (await lists.listed(house.services)).cards]
    assert listed == ["Lobby", "Testing", "Pub"]


async def test_a_visit_on_two_workers_comes_and_goes_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await becomes(house, member, "here")
    await becomes(house, member, "here", OTHER)
    await becomes(house, member, "closing")
    await becomes(house, member, None)
    assert await house.notices(member) == [("came", "Ann")]
    await becomes(house, member, None, OTHER)
    await becomes(house, member, None, OTHER)
    assert await house.notices(member) == [("came", "Ann"), ("left", "Ann")]
    await becomes(house, member, "here")
    assert (await house.notices(member))[2:] == [("came", "Ann")]


async def test_a_connection_that_came_and_went_unseen_is_not_said(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await becomes(house, member, None)
    assert await house.notices(member) == [("came", "Ann"), ("left", "Ann")]
    await becomes(house, member, "closing", OTHER)
    await becomes(house, member, None, OTHER)
    assert len(await house.notices(member)) == 2


async def test_a_dead_workers_people_are_shown_gone_and_then_have_left(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    member, stays = await house.member(ann), await house.member(bo)
    await becomes(house, member, None)
    await upkeep.enlist(house.services, OTHER)
    for one in (member, stays):
        await becomes(house, one, "here", OTHER)
    before = len(await house.changes(member))
    await upkeep.show_gone(house.services, OTHER, 0)
    people = await visits.attendance(house.services, member.room.id)
    assert {(one.person.name, one.presence) for one in people} == {("Ann", "offline"), ("Bo", "here")}
    assert len(await house.changes(member)) == before, "they may come back"
    await asyncio.gather(*(upkeep.bury(house.services, OTHER) for _ in range(3)))
    assert (await house.notices(member))[before:] == [("left", "Ann")]
    assert OTHER not in await upkeep.beats(house.services)
    assert not await upkeep.beat(house.services, OTHER)


async def test_visits_of_a_worker_that_was_struck_off_already_are_buried_too(house: House) -> None:
    """It was given up while it slept, and entered a visit by its old id before it learned of that."""
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await becomes(house, member, None)
    await upkeep.bury(house.services, OTHER)
    await becomes(house, member, "here", OTHER)
    assert OTHER in await upkeep.beats(house.services), "somebody has to watch it"
    await upkeep.bury(house.services, OTHER)
    assert OTHER not in await upkeep.beats(house.services)
    assert (await house.notices(member))[-1] == ("left", "Ann")


async def test_a_worker_that_beats_after_it_was_looked_at_is_not_given_up(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    assert await upkeep.beat(house.services, house.worker)
    await upkeep.show_gone(house.services, house.worker, 0)
    await upkeep.bury(house.services, house.worker)
    assert await upkeep.beat(house.services, house.worker)
    assert await house.notices(member) == [("came", "Ann")]
    people = await visits.attendance(house.services, member.room.id)
    assert [one.presence for one in people] == ["here"]


async def test_a_worker_that_was_shown_gone_and_lives_enters_its_visits_anew(house: House) -> None:
    """Its people have neither left nor come in: the old visits stand until it is buried."""
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    presence, first = house.services.presence, house.worker
    presence.connected(member.room.id, ann.id)
    await presence._settle_all()
    await upkeep.show_gone(house.services, first, 0)
    await presence._beat()
    await presence._settle_all()
    assert house.worker != first
    people = await visits.attendance(house.services, member.room.id)
    assert [one.presence for one in people] == ["here"]
    await upkeep.bury(house.services, first)
    assert await house.notices(member) == [("came", "Ann")]


async def test_what_is_entered_is_told_back_and_only_changes_are_shown(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    turns = [Turn(member.room.id, ann.id, "here"), Turn(RoomId(999), ann.id, "here")]
    house.heard.people.clear()
    assert await settle(house.services, house.worker, turns) == ["here", None]
    assert house.heard.people == [], "it was entered already"
    await doors.leave(house.services, member)
    assert await settle(house.services, house.worker, turns) == [None, None]


def crowd(tx: Tx, member: Member, count: int) -> None:
    for n in range(count):
        stored_visits.enter(tx, member.room.id, add_person(tx, f"Guest {n}").id, OTHER, "here")


async def test_a_room_with_many_people_says_no_coming_and_going(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    member = await house.member(ann)
    await house.services.db.write(lambda tx: crowd(tx, member, QUIET_ROOM + 1))
    newcomer = await house.member(bo)
    await becomes(house, newcomer, None)
    await becomes(house, newcomer, "here")
    await doors.leave(house.services, newcomer)
    said = (await house.changes(member))[1:]
    assert [(c.kind, c.silent) for c in said if isinstance(c, Notice)] == [("came", True), ("left", True)]


async def test_many_who_come_at_once_are_said_as_one_after_the_other_would_be(house: House) -> None:
    member = await house.member((await house.guest("Ann"))[0])
    room = member.room.id

    def club(tx: Tx) -> list[PersonId]:
        people = [add_person(tx, f"Guest {n}").id for n in range(QUIET_ROOM + 20)]
        for person in people[:-1]:
            memberships.join(tx, room, person, "member", Number(0), Number(0))
        return people

    people = await house.services.db.write(club)
    before = (await house.changes(member))[-1].change
    turns = [Turn(at, person, "here") for person in people for at in (HOUSE, room)]
    entered = await settle(house.services, house.worker, turns)
    assert entered[-1] is None, "the last one is no member"
    assert set(entered[:-1]) == {"here"}
    came = [c.person.id for c in await house.changes(member, before) if isinstance(c, Notice)]
    assert came == people[: QUIET_ROOM - 1], "Ann is here as well, and then they are many"
    here = await house.services.db.read(lambda tx: stored_visits.count_here(tx, room))
    assert here == len(people)
    house.heard.people.clear()
    assert await settle(house.services, house.worker, turns[:10]) == ["here"] * 10
    assert not house.heard.people, "nothing is new"


async def test_a_page_of_history_and_a_page_around_a_message_are_parts_of_the_log(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    for n in range(120):
        await messages.post(house.services, member, f"m{n}")
    newest = await views.view(house.services, ann, "lobby")
    assert (len(newest.log), newest.older, newest.log[-1].number) == (50, True, 121)
    first = newest.log[0]
    older = await views.view(house.services, ann, "lobby", Part(before=(first.pos, first.number)))
    assert [thing.number for thing in older.log] == list(range(22, 72))
    around = await views.view(house.services, ann, "lobby", Part(around=older.log[0].number))
    assert older.log[0] in around.log
    assert around.log[-1].number == 121
    assert all(isinstance(thing, Message) for thing in around.log[1:])
    with pytest.raises(NotFound):
        await views.view(house.services, ann, "lobby", Part(around=Number(999)))
