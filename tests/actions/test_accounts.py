"""Names kept by a password, sessions to see and end, being renamed, the first administrator."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from chat.actions import accounts, asking, direct, people, setup, tries, upkeep
from chat.actions.accounts import enter
from chat.actions.people import Caller
from chat.actions.settle import settle
from chat.core.person import Person, Session
from chat.core.presence import Turn
from chat.core.problems import Invalid, NotFound, NotSignedIn, TooMany
from chat.core.room import HOUSE
from chat.core.tries import codes_from
from chat.store import schema
from tests.actions.conftest import House

PASSWORD = "correct horse"
MINUTE_MS = 60_000
HERE = Caller("192.0.2.1", "Firefox on Linux")


async def account(house: House, name: str = "Ann") -> tuple[Person, Session, str]:
    person, token = await enter(house.services, name, PASSWORD, HERE)
    return person, await asking.recognise(house.services, token), token


async def rows(house: House, table: Any) -> list[Any]:
    return list(await house.services.db.read(lambda tx: tx.execute(select(table)).all()))


async def wrong(house: House, name: str = "Ann", caller: Caller = HERE) -> None:
    with pytest.raises(Invalid, match=f"That is not the password for {name}\\.") as refused:
        await enter(house.services, name, "not this one", caller)
    assert refused.value.field == "password"


async def test_the_first_password_given_to_a_free_name_keeps_it(house: House) -> None:
    ann, session, _ = await account(house)
    assert ann.account
    assert not ann.admin
    await people.leave(house.services, session)
    await settle(house.services, house.worker, [Turn(HOUSE, ann.id, None)])
    await upkeep.tidy(house.services)
    with pytest.raises(Invalid, match=r"is taken here\. Add a letter, or give the password"):
        await people.enter(house.services, "ann")
    again, _ = await enter(house.services, "  ANN ", PASSWORD, HERE)
    assert (again.id, again.name) == (ann.id, "Ann")


async def test_what_is_kept_of_a_password_does_not_tell_it(house: House) -> None:
    await account(house)
    await account(house, "Bo")
    kept = [row.password_hash for row in await rows(house, schema.people)]
    assert all(hashed.startswith("$argon2id$") and PASSWORD not in hashed for hashed in kept)
    assert len(set(kept)) == 2


async def test_a_wrong_password_leaves_everything_as_it_was_but_the_count(house: House) -> None:
    await account(house)
    before = [await rows(house, table) for table in (schema.people, schema.sessions, schema.visits)]
    await wrong(house)
    after = [await rows(house, table) for table in (schema.people, schema.sessions, schema.visits)]
    assert before == after
    assert len(await rows(house, schema.tries)) == 2  # of the account, and of the address


async def test_letters_with_marks_are_the_same_however_a_keyboard_puts_them(house: House) -> None:
    await enter(house.services, "Ann", "caf\u00e9 caf\u00e9", HERE)
    await enter(house.services, "Ann", "cafe\u0301 cafe\u0301", HERE)


async def test_a_password_opens_no_guests_name(house: House) -> None:
    await house.guest("Ann")
    with pytest.raises(Invalid, match="is taken here") as refused:
        await enter(house.services, "Ann", PASSWORD, HERE)
    assert refused.value.field == "name"


async def test_one_form_sent_many_times_at_once_makes_one_account(house: House) -> None:
    came = await asyncio.gather(*(enter(house.services, "Ann", PASSWORD, HERE) for _ in range(4)))
    assert len({person.id for person, _ in came}) == 1
    assert len({token for _, token in came}) == 4


async def test_ten_wrong_passwords_for_an_account_are_enough(house: House) -> None:
    await account(house)
    await account(house, "Bo")
    for n in range(10):
        await wrong(house, caller=Caller(f"192.0.2.{n}"))
    for password in ("not this one", PASSWORD):
        with pytest.raises(TooMany, match="Too many tries") as refused:
            await enter(house.services, "Ann", password, Caller("192.0.2.99"))
        assert 0 < refused.value.retry_after_s <= 300
    await enter(house.services, "Bo", PASSWORD, HERE)
    house.now_ms += 5 * MINUTE_MS
    await enter(house.services, "Ann", PASSWORD, HERE)


async def test_only_failed_tries_count(house: House) -> None:
    await account(house)
    for _ in range(12):
        await enter(house.services, "Ann", PASSWORD, HERE)
    assert await rows(house, schema.tries) == []


async def test_guesses_made_at_once_are_told_no_more_than_guesses_one_by_one(house: House) -> None:
    await account(house)
    guesses = [enter(house.services, "Ann", f"guess number {n}", HERE) for n in range(14)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, Invalid) for answer in answers) == 10
    assert sum(isinstance(answer, TooMany) for answer in answers) == 4


async def test_tries_of_codes_are_counted_apart_and_forgotten_in_time(house: House) -> None:
    guard = codes_from("192.0.2.1")
    for _ in range(20):
        await tries.check(house.services, guard)
        await tries.fail(house.services, guard)
    for ask in (tries.check, tries.fail):
        with pytest.raises(TooMany):
            await ask(house.services, guard)
    await tries.check(house.services, codes_from("192.0.2.2"))
    await account(house)
    house.now_ms += 61 * MINUTE_MS
    await tries.check(house.services, guard)
    await upkeep.tidy(house.services)
    assert await rows(house, schema.tries) == []


async def test_a_guest_who_sets_a_password_has_the_name_for_good(house: House) -> None:
    ann, session, token = await house.guest("Ann")
    await accounts.set_password(house.services, session, PASSWORD, "", "")
    assert (await asking.recognise(house.services, token)).person.account
    await settle(house.services, house.worker, [Turn(HOUSE, ann.id, None)])
    await upkeep.tidy(house.services)
    await people.leave(house.services, session)
    assert (await enter(house.services, "Ann", PASSWORD, HERE))[0].id == ann.id


async def test_of_two_passwords_set_at_once_one_is_kept(house: House) -> None:
    _, session, _ = await house.guest("Ann")
    passwords = ["first password", "second password"]
    answers = await asyncio.gather(
        *(accounts.set_password(house.services, session, one, "", "") for one in passwords),
        return_exceptions=True,
    )
    kept = [one for one, answer in zip(passwords, answers, strict=True) if answer is None]
    assert len(kept) == 1
    await enter(house.services, "Ann", kept[0], HERE)


async def test_another_password_needs_the_present_one_and_ends_the_other_sessions(house: House) -> None:
    _, session, token = await account(house)
    _, _, other = await account(house)
    with pytest.raises(Invalid) as refused:
        await accounts.set_password(house.services, session, "battery staple", "not this one", "")
    assert refused.value.field == "current"
    await asking.recognise(house.services, other)
    endings = house.heard.endings
    await accounts.set_password(house.services, session, "battery staple", PASSWORD, "")
    assert house.heard.endings == endings + 1
    await asking.recognise(house.services, token)
    with pytest.raises(NotSignedIn):
        await asking.recognise(house.services, other)
    await enter(house.services, "Ann", "battery staple", HERE)
    with pytest.raises(Invalid):
        await enter(house.services, "Ann", PASSWORD, HERE)


async def test_who_comes_in_by_a_password_while_it_is_changed_does_not_stay(house: House) -> None:
    _, session, _ = await account(house)

    async def come_in() -> str | None:
        try:
            return (await enter(house.services, "Ann", PASSWORD, HERE))[1]
        except Invalid:
            return None

    change = accounts.set_password(house.services, session, "battery staple", PASSWORD, "")
    tokens = await asyncio.gather(*(come_in() for _ in range(3)), change, *(come_in() for _ in range(3)))
    for token in filter(None, tokens):
        with pytest.raises(NotSignedIn):
            await asking.recognise(house.services, token)


async def test_sessions_are_listed_for_their_owner_and_end_one_by_one_or_together(house: House) -> None:
    ann, session, _ = await account(house)
    _, bos, bos_token = await account(house, "Bo")
    _, second, second_token = await account(house)
    _, third, third_token = await account(house)
    places = await people.places(house.services, ann)
    assert {place.id for place in places} == {session.id, second.id, third.id}
    assert {place.device for place in places} == {"Firefox on Linux"}
    with pytest.raises(NotFound):
        await people.end(house.services, ann, bos.id)
    await people.end(house.services, ann, second.id)
    with pytest.raises(NotFound):
        await people.end(house.services, ann, second.id)
    with pytest.raises(NotSignedIn):
        await asking.recognise(house.services, second_token)
    await people.end_others(house.services, session)
    with pytest.raises(NotSignedIn):
        await asking.recognise(house.services, third_token)
    assert [place.id for place in await people.places(house.services, ann)] == [session.id]
    await asking.recognise(house.services, bos_token)
    _, ended = await upkeep.ended_sessions(house.services, 0)
    assert set(ended) == {second.id, third.id}


async def test_a_renamed_person_has_the_new_name_and_not_the_old(house: House) -> None:
    ann, _, token = await house.guest("Ann")
    member = await house.member(ann)
    await accounts.rename(house.services, ann, " Ada  Brandt ")
    assert (await asking.recognise(house.services, token)).person.name == "Ada Brandt"
    assert house.heard.people[-1] == member.room.id
    await people.enter(house.services, "Ann")
    with pytest.raises(Invalid, match=r"ann is taken here\. Add a letter\.$") as refused:
        await accounts.rename(house.services, ann, "ann")
    assert refused.value.field == "name"
    await accounts.rename(house.services, ann, "ADA BRANDT")
    assert (await asking.recognise(house.services, token)).person.name == "ADA BRANDT"


async def test_a_new_name_is_told_to_those_with_whom_there_is_a_direct_room(house: House) -> None:
    ann, bo, cy = [(await house.guest(name))[0] for name in ("Ann", "Bo", "Cy")]
    await direct.open_(house.services, bo, "Ann")
    await house.member(cy)
    house.heard.persons.clear()
    await accounts.rename(house.services, ann, "Ada")
    assert house.heard.persons == [bo.id]


async def test_of_many_who_open_the_setup_at_once_one_becomes_the_administrator(house: House) -> None:
    token = await setup.open_token(house.services)
    assert token
    assert await setup.open_token(house.services) == token
    with pytest.raises(NotFound):
        await setup.check(house.services, token + "0")
    with pytest.raises(Invalid):
        await setup.make_admin(house.services, token, "Ann", "short", HERE)
    makes = [setup.make_admin(house.services, token, f"Ann {n}", PASSWORD, HERE) for n in range(20)]
    answers = await asyncio.gather(*makes, return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, tuple)]
    assert len(made) == 1
    assert made[0][0].admin
    assert sum(isinstance(answer, NotFound) for answer in answers) == 19
    for stale in (token, ""):
        with pytest.raises(NotFound):
            await setup.check(house.services, stale)
    assert await setup.open_token(house.services) is None
