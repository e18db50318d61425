"""Rules of rooms when two things happen at once, or in an order that nobody thinks of."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from chat.actions import (
    accounts,
    direct,
    doors,
    invites,
    lists,
    members,
    messages,
    people,
    rooms,
    settings,
    tries,
    visits,
    whole,
)
from chat.actions.people import Caller
from chat.actions.settle import settle
from chat.actions.upkeep import DAY_MS
from chat.core.ids import WorkerId
from chat.core.presence import Turn, Visit, VisitState
from chat.core.problems import Conflict, Invalid, NotFound, Problem, TooMany
from chat.core.room import Room
from chat.core.tries import codes_from, passwords_of
from chat.live.presence import NOW
from chat.store import members as stored
from chat.store import visits as stored_visits
from chat.store.database import Tx
from tests.actions.conftest import House
from tests.actions.test_members import make

OTHER = WorkerId("other")


async def test_the_address_that_a_room_had_is_given_to_no_other_room(house: House) -> None:
    """Else its members would find the one for the other, and say in public what they mean in private."""
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    harbour = await make(house, ann)
    hidden = await settings.change(house.services, harbour, {"access": "private"})
    other = await make(house, bo)
    assert other.room.slug not in (harbour.room.slug, hidden)
    there = await house.member(ann, other.room.slug)
    assert there.room.id == other.room.id
    assert (await rooms.enter(house.services, ann, harbour.room.slug)).room.id == harbour.room.id


async def test_a_room_that_is_listed_again_has_its_address_again(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    harbour = await make(house, ann)
    for _ in range(2):
        await settings.change(house.services, harbour, {"access": "private"})
        assert await settings.change(house.services, harbour, {"access": "open"}) == harbour.room.slug


async def test_a_room_is_renamed_and_hidden_in_one_go_though_a_listed_one_has_the_name(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    harbour = await make(house, ann)
    slug = await settings.change(house.services, harbour, {"name": "Lobby", "access": "private"})
    room = (await rooms.enter(house.services, ann, slug)).room
    assert (room.name, room.settings.access) == ("Lobby", "private")
    await settings.change(house.services, harbour, {"name": "Foyer", "access": "open"})


@pytest.mark.parametrize("how", ["page", "stream"])
async def test_an_ephemeral_room_does_not_end_under_who_comes_back_in_the_last_moment(
    house: House, how: str
) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await make(house, ann, lifetime="ephemeral")
    room = member.room.id

    def elsewhere(tx: Tx) -> None:
        stored_visits.end_in_room(tx, room, ann.id)
        stored_visits.enter(tx, room, ann.id, OTHER, "closing")

    await house.services.db.write(elsewhere)
    house.services.presence._visits.clear()
    if how == "page":
        await doors.join(house.services, ann, member.room.slug)
    else:
        await visits.come_back(house.services, member)
    await settle(house.services, OTHER, [Turn(room, ann.id, None)])
    assert await messages.post(house.services, member, "still here")


async def test_a_visit_that_is_about_to_end_goes_on_when_its_page_is_loaded_again(house: House) -> None:
    """The page may come while the store is being told that the visit is over."""
    ann, _, _ = await house.guest("Ann")
    member = await make(house, ann, lifetime="ephemeral")
    presence, key = house.services.presence, (member.room.id, ann.id)
    presence._visits[key] = over = Visit()
    over.entered = "here"
    presence._unsettled = {key: NOW}

    async def late(worker: WorkerId, turns: Sequence[Turn]) -> Sequence[VisitState | None]:
        assert [turn.state for turn in turns] == [None]
        await doors.join(house.services, ann, member.room.slug)
        return await settle(house.services, worker, turns)

    presence._settle = late
    await presence._settle_all()
    assert await messages.post(house.services, member, "still here")
    assert await house.notices(member) == [("came", "Ann")]


async def test_a_stream_that_is_refused_holds_no_place(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    member = await make(house, ann, capacity="1")
    await members.add(house.services, member, "Bo")
    with pytest.raises(Conflict):
        await visits.come_back(house.services, await rooms.enter(house.services, bo, member.room.slug))
    held = house.services.presence._visits.get((member.room.id, bo.id))
    assert held is None or held.state(time.monotonic()) is None


async def test_a_right_guess_is_refused_when_too_many_failed_while_it_was_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a burst of guesses, each let through before any was counted, would be free."""
    services, guard = house.services, codes_from("192.0.2.1")
    bo, _ = await accounts.enter(services, "Bo", "a long password", Caller())
    room = (await make(house, bo, access="code")).room
    find, fits = services.db.read, services.passwords.fits

    async def slowly(job: Callable[[Tx], Any]) -> Any:
        found = await find(job)
        if isinstance(found, Room):
            await asyncio.gather(*(tries.fail(services, guard) for _ in range(20)))
        return found

    async def slower(password: str, hashed: str) -> bool:
        await asyncio.gather(*(tries.fail(services, passwords_of(bo.id)) for _ in range(10)))
        return await fits(password, hashed)

    monkeypatch.setattr(services.db, "read", slowly)
    monkeypatch.setattr(services.passwords, "fits", slower)
    with pytest.raises(TooMany):
        await doors.by_code(services, bo, room.code, "192.0.2.1")
    with pytest.raises(TooMany):
        await accounts.enter(services, "Bo", "a long password", Caller())


async def test_a_clock_that_was_ahead_for_a_while_keeps_nobody_out(house: House) -> None:
    await accounts.enter(house.services, "Bo", "a long password", Caller())
    house.now_ms += 3_650 * DAY_MS
    for _ in range(20):
        with pytest.raises(Problem):
            await accounts.enter(house.services, "Bo", "not the password", Caller())
    house.now_ms -= 3_650 * DAY_MS
    await accounts.enter(house.services, "Bo", "a long password", Caller())
    for _ in range(10):
        with pytest.raises(Invalid):
            await accounts.enter(house.services, "Bo", "not the password", Caller())
    with pytest.raises(TooMany):
        await accounts.enter(house.services, "Bo", "a long password", Caller())


async def test_text_that_no_database_takes_finds_nothing(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    for text in ("\0", "a\0b", "\ud800"):
        with pytest.raises(NotFound):
            await invites.come_in(house.services, ann, text)
        assert not (await lists.listed(house.services, text)).cards


@pytest.mark.parametrize("what", ["add", "direct", "change", "delete"])
async def test_who_is_concerned_is_told_though_the_request_is_cancelled(house: House, what: str) -> None:
    """Nobody asks later: a list of rooms would stay as it was until its page is loaded again."""
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    member = await make(house, ann)
    if what in ("change", "delete"):
        await house.member(bo, member.room.slug)
    house.heard.persons.clear()
    work: dict[str, Coroutine[Any, Any, Any]] = {
        "add": members.add(house.services, member, "Bo"),
        "direct": direct.open_(house.services, ann, "Bo"),
        "change": settings.change(house.services, member, {"name": "Quay"}),
        "delete": settings.delete(house.services, member, "Harbour"),
    }
    request = asyncio.create_task(work.pop(what))
    for other in work.values():
        other.close()
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.gather(*whole._running)
    assert bo.id in house.heard.persons


async def test_who_was_removed_from_the_first_room_is_not_sent_there(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    lobby = await house.member(ann)
    assert await people.last_room(house.services, ann) == "lobby"
    await house.services.db.write(lambda tx: stored.ban(tx, lobby.room.id, ann.id))
    await doors.leave(house.services, lobby)
    assert await people.last_room(house.services, ann) is None
