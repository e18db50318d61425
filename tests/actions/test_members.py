"""Adding people and removing them, hosts and owners, invites, rooms of two."""

import asyncio
from dataclasses import replace

import pytest

from chat.actions import direct, doors, invites, members, messages, people, rooms, upkeep
from chat.core.ids import PersonId
from chat.core.invite import HOUR_MS, INVITES_MAX
from chat.core.message import Notice
from chat.core.person import Person
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from chat.core.room import Member
from chat.store import members as stored
from chat.store import visits
from chat.store.database import Tx
from tests.actions.conftest import House


async def make(house: House, person: Person, name: str = "Harbour", **settings: str) -> Member:
    slug = await rooms.create(house.services, person, {"name": name} | settings)
    return await rooms.enter(house.services, person, slug)


async def roles(house: House, member: Member) -> list[tuple[str, str]]:
    return [(one.person.name, one.role) for one in await members.listing(house.services, member)]


async def enter(house: House, person: Person, member: Member) -> Member:
    return await rooms.enter(house.services, person, member.room.slug)


async def test_a_host_adds_somebody_by_name_who_is_a_member_at_once_and_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann, access="private")
    with pytest.raises(NotFound):
        await enter(house, bo, harbour)
    await members.add(house.services, harbour, " bo ")
    there = await enter(house, bo, harbour)
    assert there.role == "member"
    assert house.heard.persons[-1] == bo.id
    head = there.room.head
    await members.add(house.services, harbour, "Bo")
    assert (await enter(house, bo, harbour)).room.head == head
    assert await roles(house, harbour) == [("Ann", "owner"), ("Bo", "member")]
    _, came = await house.changes(harbour)
    assert isinstance(came, Notice)
    assert (came.kind, came.person.name, came.silent) == ("came", "Bo", True)


async def test_a_name_that_nobody_holds_is_told_beside_the_field(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    harbour = await make(house, ann)
    for name in ("Nobody", "", "x", "a" * 33, "\u202e\u202e"):
        with pytest.raises(Invalid) as told:
            await members.add(house.services, harbour, name)
        assert told.value.field == "name"
    with pytest.raises(Invalid, match="Nobody is called Cleo here"):
        await members.add(house.services, harbour, "Cleo")


async def test_who_is_removed_finds_an_open_room_no_more_until_somebody_adds_them(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann)
    before = await house.member(bo, harbour.room.slug)
    house.heard.persons.clear()
    await members.remove(house.services, harbour, bo.id)
    assert house.heard.persons == [bo.id]
    last = (await house.changes(harbour))[-1]
    assert isinstance(last, Notice)
    assert (last.kind, last.removes) == ("left", bo.id)
    for attempt in (
        doors.join(house.services, bo, harbour.room.slug),
        rooms.enter(house.services, bo, harbour.room.slug),
        rooms.door(house.services, bo, harbour.room.slug),
        messages.post(house.services, before, "still here"),
        members.remove(house.services, harbour, bo.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await people.last_room(house.services, bo) == "lobby"
    await members.add(house.services, harbour, "Bo")
    await doors.join(house.services, bo, harbour.room.slug)
    await messages.post(house.services, await enter(house, bo, harbour), "back")


async def test_hosts_remove_members_and_only_the_owner_removes_hosts(house: House) -> None:
    guests = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy", "Di")]
    ann, bo, cy, di = guests
    owner = await make(house, ann)
    host, _, member = [await house.member(one, owner.room.slug) for one in (bo, cy, di)]
    for one in (bo, cy):
        await members.set_role(house.services, owner, one.id, "moderator")
    assert await roles(house, owner) == [
        ("Ann", "owner"), ("Bo", "moderator"), ("Cy", "moderator"), ("Di", "member"),
    ]  # fmt: skip
    refused: list[tuple[Member, PersonId, type[Problem]]] = [
        (host, ann.id, Forbidden),
        (host, cy.id, Forbidden),
        (member, cy.id, Forbidden),
        (member, PersonId(999), Forbidden),
        (host, PersonId(999), NotFound),
        (host, bo.id, Invalid),
        (owner, ann.id, Invalid),
    ]
    for who, whom, problem in refused:
        with pytest.raises(problem):
            await members.remove(house.services, who, whom)
    await members.remove(house.services, host, di.id)
    await members.remove(house.services, owner, cy.id)
    assert await roles(house, owner) == [("Ann", "owner"), ("Bo", "moderator")]
    with pytest.raises(NotFound):
        await members.add(house.services, member, "Cy")  # a host's form of one who is no member any more


async def test_giving_the_room_away_leaves_one_owner(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    owner = await make(house, ann)
    member = await house.member(bo, owner.room.slug)
    with pytest.raises(Conflict):
        await members.set_role(house.services, owner, ann.id, "member")
    with pytest.raises(Forbidden):
        await members.set_role(house.services, member, bo.id, "owner")
    for role in ("king", "", "Owner"):
        with pytest.raises(Invalid) as told:
            await members.set_role(house.services, owner, bo.id, role)
        assert told.value.field == "role"
    with pytest.raises(NotFound):
        await members.set_role(house.services, owner, PersonId(999), "moderator")
    await members.set_role(house.services, owner, bo.id, "moderator")
    await members.set_role(house.services, owner, bo.id, "moderator")
    await members.set_role(house.services, owner, bo.id, "member")
    await members.set_role(house.services, owner, bo.id, "owner")
    assert await roles(house, owner) == [("Bo", "owner"), ("Ann", "moderator")]
    last = [one for one in (await house.changes(owner))[-3:] if isinstance(one, Notice)]
    said = [(one.kind, one.person.name, one.detail) for one in last]
    assert said == [("host", "Bo", "Ann"), ("member", "Bo", "Ann"), ("owner", "Bo", "Ann")]
    with pytest.raises(Forbidden):
        await members.set_role(house.services, owner, bo.id, "member")


async def test_two_who_give_the_room_away_at_once_leave_one_owner(house: House) -> None:
    guests = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy")]
    owner = await make(house, guests[0])
    for one in guests[1:]:
        await house.member(one, owner.room.slug)
    given = [members.set_role(house.services, owner, one.id, "owner") for one in guests[1:]]
    results = await asyncio.gather(*given, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Forbidden", "NoneType"]
    assert [role for _, role in await roles(house, owner)].count("owner") == 1


async def test_an_administrator_owns_listed_rooms_and_no_others(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    ada, _, _ = await house.guest("Ada")
    listed, hidden = await make(house, ann), await make(house, ann, "Cellar", access="private")
    await house.member(ada, listed.room.slug)
    await members.add(house.services, hidden, "Ada")
    admin = await house.administrator(ada)
    in_listed = replace(await enter(house, ada, listed), person=admin)
    in_hidden = replace(await enter(house, ada, hidden), person=admin)
    with pytest.raises(Forbidden):
        await members.remove(house.services, in_hidden, ann.id)
    with pytest.raises(Forbidden):
        await members.remove(house.services, in_listed, ann.id)
    await members.set_role(house.services, in_listed, ada.id, "owner")
    assert await roles(house, listed) == [("Ada", "owner"), ("Ann", "moderator")]


async def test_an_invite_lets_in_as_many_as_it_says_and_members_for_nothing(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    guests = [(await house.guest(name))[0] for name in ("Bo", "Cy", "Di")]
    harbour = await make(house, ann, access="private")
    invite = await invites.make(house.services, harbour, "", "2")
    slug = harbour.room.slug
    assert await invites.come_in(house.services, ann, invite.token) == slug
    for guest in guests[:2] * 2:
        assert (await invites.door(house.services, guest, invite.token)).name == "Harbour"
        assert await invites.come_in(house.services, guest, invite.token) == slug
    assert await invites.of_room(house.services, harbour) == []
    for way in (invites.come_in, invites.door):
        with pytest.raises(NotFound):
            await way(house.services, guests[2], invite.token)
    await upkeep.tidy(house.services)
    with pytest.raises(NotFound):
        await invites.come_in(house.services, ann, invite.token)


async def test_an_invite_ends_with_its_time_with_its_revocation_and_for_who_was_removed(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour, other = await make(house, ann, access="private"), await make(house, ann, "Other")
    timed = await invites.make(house.services, harbour, "1", "")
    taken_back = await invites.make(house.services, harbour, "", "")
    assert await invites.of_room(house.services, harbour) == [taken_back, timed]
    with pytest.raises(NotFound):
        await invites.revoke(house.services, other, taken_back.id)
    await invites.revoke(house.services, harbour, taken_back.id)
    with pytest.raises(NotFound):
        await invites.revoke(house.services, harbour, taken_back.id)
    house.now_ms += HOUR_MS
    for invite in (timed, taken_back):
        with pytest.raises(NotFound):
            await invites.come_in(house.services, bo, invite.token)
    last = await invites.make(house.services, harbour, "8760", "1000")
    await members.add(house.services, harbour, "Bo")
    await members.remove(house.services, harbour, bo.id)
    for way in (invites.come_in, invites.door):
        with pytest.raises(NotFound):
            await way(house.services, bo, last.token)
    await upkeep.tidy(house.services)
    assert await invites.of_room(house.services, harbour) == [last]


async def test_only_hosts_make_invites_within_limits(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann)
    member = await house.member(bo, harbour.room.slug)
    for attempt in (
        invites.make(house.services, member, "", ""),
        invites.of_room(house.services, member),
        invites.revoke(house.services, member, 1),
    ):
        with pytest.raises(Forbidden):
            await attempt
    for hours, uses, field in (
        ("0", "", "expires_hours"), ("8761", "", "expires_hours"), ("-1", "", "expires_hours"),
        ("1.5", "", "expires_hours"), ("", "0", "uses"), ("", "1001", "uses"), ("", "²", "uses"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            await invites.make(house.services, harbour, hours, uses)
        assert told.value.field == field
    for _ in range(INVITES_MAX):
        await invites.make(house.services, harbour, "", "")
    with pytest.raises(Conflict):
        await invites.make(house.services, harbour, "", "")


async def test_an_invite_into_a_full_room_is_not_spent(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann, access="private", capacity="1")
    invite = await invites.make(house.services, harbour, "", "1")
    with pytest.raises(Conflict):
        await invites.come_in(house.services, bo, invite.token)
    assert await invites.of_room(house.services, harbour) == [invite]


async def test_a_direct_room_is_one_whoever_opens_it_and_how_often_at_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    pairs = [(ann, "Bo"), (bo, "ANN")] * 25
    slugs = await asyncio.gather(*(direct.open_(house.services, person, name) for person, name in pairs))
    assert len(set(slugs)) == 1
    at_anns = await rooms.enter(house.services, ann, slugs[0])
    at_bos = await rooms.enter(house.services, bo, slugs[0])
    assert (at_anns.room.name, at_bos.room.name) == ("Bo", "Ann")
    assert (at_anns.role, at_bos.role) == ("member", "member")
    assert sorted(house.heard.persons) == [ann.id, bo.id]
    for name in ("Ann", "Nobody", "", "x"):
        with pytest.raises(Invalid) as told:
            await direct.open_(house.services, ann, name)
        assert told.value.field == "name"


async def test_nobody_comes_into_a_direct_room_or_out_of_it(house: House) -> None:
    guests = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy")]
    ann, bo, cy = guests
    slug = await direct.open_(house.services, ann, "Bo")
    member = await rooms.enter(house.services, ann, slug)
    for attempt in (
        doors.leave(house.services, member),
        members.add(house.services, member, "Cy"),
        members.remove(house.services, member, bo.id),
        members.set_role(house.services, member, ann.id, "owner"),
        invites.make(house.services, member, "", ""),
        invites.of_room(house.services, member),
    ):
        with pytest.raises(Forbidden):
            await attempt
    with pytest.raises(NotFound):
        await rooms.enter(house.services, cy, slug)
    with pytest.raises(NotFound):
        await doors.join(house.services, cy, slug)


async def test_a_removal_is_for_one_room_only(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour, pier = await make(house, ann), await make(house, ann, "Pier")
    for one in (harbour, pier):
        await house.member(bo, one.room.slug)
    await members.remove(house.services, harbour, bo.id)
    await enter(house, bo, pier)

    def look(tx: Tx) -> list[bool]:
        return [stored.is_banned(tx, one.room.id, bo.id) for one in (harbour, pier)]

    assert await house.services.db.read(look) == [True, False]


async def test_who_is_told_that_a_room_is_full_takes_no_place_that_is_free_later(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann, access="private", capacity="1")
    await members.add(house.services, harbour, "Bo")
    with pytest.raises(Conflict):
        await doors.join(house.services, bo, harbour.room.slug)
    room = harbour.room.id
    await house.services.db.write(lambda tx: visits.end_in_room(tx, room, ann.id))
    house.services.presence._visits.pop((room, ann.id))
    house.services.presence._unsettled.pop((room, ann.id), None)
    await house.services.presence._settle_all()
    assert not await house.services.db.read(lambda tx: visits.is_in(tx, room, bo.id))
