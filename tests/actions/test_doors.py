"""Who comes in by which door, what they see then, and when a room is full or gone."""

import pytest

from chat.actions import doors, floors, members, messages, rooms, settings, upkeep, views, visits
from chat.actions.settle import settle
from chat.core.changes import visible
from chat.core.codes import code_key, shown_code
from chat.core.ids import Number
from chat.core.message import Message, Notice
from chat.core.person import Person
from chat.core.presence import Turn, VisitState
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound, TooMany
from chat.core.room import NOTHING_YET, Member
from chat.store import visits as stored_visits
from tests.actions.conftest import House

HERE = "192.0.2.1"


async def make(house: House, owner: Person, **fields: str) -> Member:
    slug = await rooms.create(house.services, owner, {"name": "Harbour", **fields})
    return await rooms.enter(house.services, owner, slug)


async def say(house: House, member: Member, *words: str) -> list[int]:
    return [await messages.post(house.services, member, word) for word in words]


async def sees(house: House, person: Person, slug: str) -> list[str]:
    """What the page shows, having made sure that poll and permalink show the same."""
    view = await views.view(house.services, person, slug)
    shown = [thing for thing in view.log if isinstance(thing, Message)]
    member = view.member
    replayed = [
        c for c in await house.changes(member) if isinstance(c, Message) and visible(c, member.visible_from)
    ]
    assert [m.number for m in replayed] == [m.number for m in shown]
    return [message.body for message in shown]


async def turn(house: House, member: Member, state: VisitState | None) -> None:
    await settle(house.services, house.worker, [Turn(member.room.id, member.person.id, state)])


async def test_a_code_opens_its_room_however_it_is_typed_until_there_is_a_new_one(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    cy, _, _ = await house.guest("Cy")
    room = (await make(house, ann, preset="drop-in")).room
    with pytest.raises(NotFound):
        await doors.join(house.services, bo, room.slug)
    typed = f" {shown_code(room.code).lower()} "
    assert code_key(typed) == room.code
    assert await doors.by_code(house.services, bo, typed, HERE) == room.slug
    await settings.new_code(house.services, await rooms.enter(house.services, ann, room.slug))
    with pytest.raises(Invalid, match=f"No room has the code {shown_code(room.code)}. It may have closed."):
        await doors.by_code(house.services, cy, room.code, HERE)
    assert (await rooms.enter(house.services, bo, room.slug)).role == "member"


async def test_wrong_codes_are_counted_and_good_ones_are_not(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    room = (await make(house, ann, preset="drop-in")).room
    for _ in range(30):
        await doors.by_code(house.services, ann, room.code, HERE)
    for _ in range(20):
        with pytest.raises(Invalid):
            await doors.by_code(house.services, ann, "AAAA-00", HERE)
    with pytest.raises(TooMany):
        await doors.by_code(house.services, ann, room.code, HERE)
    await doors.by_code(house.services, ann, room.code, "192.0.2.2")


async def test_a_full_room_lets_in_who_is_in_it_and_one_more_when_somebody_goes(house: House) -> None:
    people = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy")]
    room = (await make(house, people[0], capacity="2")).room
    bo = await house.member(people[1], room.slug)
    with pytest.raises(Conflict, match="Harbour is full"):
        await doors.join(house.services, people[2], room.slug)
    with pytest.raises(NotFound):
        await rooms.enter(house.services, people[2], room.slug)
    await doors.join(house.services, people[1], room.slug)  # a refresh
    await doors.leave(house.services, bo)
    await doors.join(house.services, people[2], room.slug)


async def test_a_member_reads_a_full_room_only_while_there_is_a_place(house: House) -> None:
    people = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy")]
    ann = await make(house, people[0], capacity="2")
    bo = await house.member(people[1], ann.room.slug)
    await turn(house, bo, None)
    await house.member(people[2], ann.room.slug)
    with pytest.raises(Conflict):
        await visits.come_back(house.services, bo)
    assert await visits.come_back(house.services, ann) == ann


async def test_joined_shows_what_was_said_since_and_visit_what_is_said_while_there(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    for history in ("joined", "visit"):
        bo, _, _ = await house.guest(f"Bo of {history}")
        owner = await make(house, ann, name=f"Room {history}", history=history)
        slug = owner.room.slug
        await say(house, owner, "before")
        member = await house.member(bo, slug)
        await say(house, owner, "during")
        assert await sees(house, bo, slug) == ["during"]
        await turn(house, member, None)
        await say(house, owner, "away")
        if history == "visit":
            assert (await rooms.enter(house.services, bo, slug)).visible_from == NOTHING_YET
            assert await sees(house, bo, slug) == []
        await doors.join(house.services, bo, slug)
        assert await sees(house, bo, slug) == (["during", "away"] if history == "joined" else [])
        await doors.leave(house.services, await rooms.enter(house.services, bo, slug))
        await house.member(bo, slug)
        assert await sees(house, bo, slug) == []


async def test_a_newcomer_sees_the_last_messages_that_the_room_shows_newcomers(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann, newcomers_see="3")
    await say(house, owner, *"abcde")
    await house.member(bo, owner.room.slug)
    assert await sees(house, bo, owner.room.slug) == ["c", "d", "e"]
    await say(house, owner, "f")
    assert await sees(house, bo, owner.room.slug) == ["c", "d", "e", "f"]
    assert await sees(house, ann, owner.room.slug) == [*"abcdef"]


async def test_an_edit_of_a_message_one_may_not_see_stays_hidden(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann, preset="private")
    (number,) = await say(house, owner, "secret")
    await members.add(house.services, owner, "Bo")
    member = await house.member(bo, owner.room.slug)
    await messages.edit(house.services, owner, Number(number), "still secret")
    assert await sees(house, bo, owner.room.slug) == []
    with pytest.raises(NotFound):
        await messages.one(house.services, member, Number(number))
    with pytest.raises(Invalid):
        await messages.post(house.services, member, "what?", reply_to=Number(number))


async def test_a_narrower_history_rule_binds_at_once_in_a_new_lineage(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann)
    await say(house, owner, "first")
    member = await house.member(bo, owner.room.slug)
    await say(house, owner, "second")
    assert await sees(house, bo, owner.room.slug) == ["first", "second"]
    await settings.change(house.services, owner, {"history": "joined"})
    now = await rooms.enter(house.services, bo, owner.room.slug)
    assert now.room.epoch != member.room.epoch
    assert await sees(house, bo, owner.room.slug) == ["second"]
    await settings.change(house.services, owner, {"history": "visit"})
    assert await sees(house, bo, owner.room.slug) == []
    assert await sees(house, ann, owner.room.slug) == []
    await say(house, owner, "third")
    await settings.change(house.services, owner, {"history": "all"})  # nobody sees more than was promised
    assert await sees(house, bo, owner.room.slug) == ["third"]
    cy, _, _ = await house.guest("Cy")
    await house.member(cy, owner.room.slug)
    assert await sees(house, cy, owner.room.slug) == []


async def test_a_room_that_is_listed_no_more_gets_another_address_where_members_find_it(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann)
    assert owner.room.slug == "harbour"
    slug = await settings.change(house.services, owner, {"access": "private"})
    assert "harbour" not in slug
    assert (await rooms.enter(house.services, ann, "harbour")).room.slug == slug
    for address in ("harbour", slug):
        with pytest.raises(NotFound):
            await doors.join(house.services, bo, address)
    again = await make(house, bo)  # the name is free for others, the address is not
    assert again.room.slug.startswith("harbour-")
    assert (await rooms.enter(house.services, ann, slug)).room.id == owner.room.id
    with pytest.raises(Invalid, match="There is a room called Harbour already"):
        await settings.change(
            house.services, await rooms.enter(house.services, ann, slug), {"access": "open"}
        )


async def test_only_hosts_change_a_room_and_a_default_one_stays_open(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann)
    member = await house.member(bo, owner.room.slug)
    with pytest.raises(Forbidden):
        await settings.change(house.services, member, {"topic": "mine"})
    with pytest.raises(Forbidden):
        await floors.clear(house.services, member)
    with pytest.raises(Forbidden):
        await settings.delete(house.services, member, "Harbour")
    with pytest.raises(Forbidden):
        await settings.delete(house.services, await house.member(ann), "Lobby")
    chief = await house.administrator(ann)
    for field, value in (("name", "Foyer"), ("access", "private"), ("lifetime", "ephemeral")):
        with pytest.raises(Invalid):
            await settings.change(house.services, await house.member(chief), {field: value})
    await members.set_role(house.services, owner, bo.id, "moderator")
    assert await settings.change(house.services, member, {"topic": "ours", "name": "Pier"}) == "harbour"
    assert ("renamed", "Bo") in await house.notices(member)


async def test_a_room_keeps_its_last_messages_and_not_one_more(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    owner = await make(house, ann, keep="3")
    numbers = await say(house, owner, *"abcde")
    assert await sees(house, ann, owner.room.slug) == [*"cde"]
    with pytest.raises(NotFound):
        await messages.one(
            house.services, await rooms.enter(house.services, ann, "harbour"), Number(numbers[1])
        )
    await settings.change(house.services, owner, {"keep": "1"})
    assert await sees(house, ann, owner.room.slug) == ["e"]


async def test_clearing_leaves_nothing_but_its_notice_and_what_cuts_the_removed(
    house: House,
) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann)
    member = await house.member(bo, owner.room.slug)
    await say(house, owner, "one", "two")
    await doors.leave(house.services, member)
    number = await floors.clear(house.services, owner, "Harbour")
    assert await sees(house, ann, owner.room.slug) == []
    left = [(c.kind, c.silent) for c in await house.changes(owner) if isinstance(c, Notice)]
    assert left == [("left", True), ("cleared", False)]
    assert (await rooms.enter(house.services, ann, "harbour")).room.floor == number
    (after,) = await say(house, owner, "after")
    assert await sees(house, ann, owner.room.slug) == ["after"]
    assert after > number
    with pytest.raises(Invalid):
        await floors.clear(house.services, owner, "Harbor")
    house.now_ms += 2 * upkeep.LAG_MS
    await upkeep.tidy(house.services)
    assert [c.number for c in await house.changes(owner)] == [number, after]


async def test_an_ephemeral_room_ends_with_its_last_visit(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann, preset="off-the-record")
    member = await house.member(bo, owner.room.slug)
    await turn(house, owner, None)
    assert (await rooms.enter(house.services, bo, "harbour")).role == "member"
    await turn(house, member, "closing")
    await turn(house, member, None)
    for person in (ann, bo):
        with pytest.raises(NotFound):
            await rooms.enter(house.services, person, "harbour")
        assert person.id in house.heard.persons
    assert await house.nothing_left_of(owner)
    again = await make(house, bo)
    assert again.room.id > owner.room.id


async def test_an_ephemeral_room_that_everybody_left_ends_only_if_it_is_still_empty(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann, preset="off-the-record")
    await doors.leave(house.services, owner)
    assert await upkeep.empty_rooms(house.services) == {owner.room.id}
    await house.member(bo, "harbour")
    await upkeep.end_room(house.services, owner.room.id)
    assert (await rooms.enter(house.services, bo, "harbour")).role == "member"
    await house.services.db.write(lambda tx: stored_visits.end_room(tx, owner.room.id))
    await upkeep.end_room(house.services, owner.room.id)
    with pytest.raises(NotFound):
        await rooms.enter(house.services, bo, "harbour")


async def test_a_private_room_ends_with_its_last_member(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    owner = await make(house, ann, preset="private")
    await doors.leave(house.services, owner)
    with pytest.raises(NotFound):
        await rooms.enter(house.services, ann, owner.room.slug)
    assert await house.nothing_left_of(owner)
