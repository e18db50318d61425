"""Reactions: once a person and kind, on and off, with every right asked again."""

import asyncio

import pytest
from sqlalchemy import func, select

from chat.actions import doors, floors, messages, rooms, settings
from chat.actions.reactions import react
from chat.core.ids import Number
from chat.core.limits import Buckets
from chat.core.problems import Forbidden, Invalid, NotFound, TooMany
from chat.core.reaction import KINDS_MAX, PALETTE
from chat.core.room import Member
from chat.store.schema import reactions
from tests.actions.conftest import House


async def given(house: House, member: Member, number: Number) -> list[tuple[str, list[str]]]:
    message = await messages.one(house.services, member, number)
    return [(one.emoji, [person.name for person in one.people]) for one in message.reactions]


async def rows(house: House) -> int:
    return await house.services.db.read(
        lambda tx: tx.execute(select(func.count()).select_from(reactions)).scalar_one()
    )


async def test_each_press_is_a_change_of_the_message_and_the_second_takes_back(house: House) -> None:
    ann = await house.member((await house.guest("Ann"))[0])
    bo = await house.member((await house.guest("Bo"))[0])
    said = await messages.post(house.services, ann, "done")
    numbers = [
        await react(house.services, who, said, emoji)
        for who, emoji in ((bo, "🎉"), (ann, "👍"), (bo, "👍"), (bo, "🎉"), (ann, "🎉"))
    ]
    assert numbers == [said + n for n in range(1, 6)]
    assert house.heard.heads[-1] == (ann.room.id, numbers[-1])
    assert await given(house, ann, said) == [("👍", ["Ann", "Bo"]), ("🎉", ["Ann"])]
    [change] = await house.changes(bo, said)
    assert (change.number, change.change) == (said, numbers[-1])
    for emoji in ("👍", "🎉"):
        await react(house.services, ann, said, emoji)
    await react(house.services, bo, said, "👍")
    assert await given(house, ann, said) == []
    assert await rows(house) == 0


async def test_one_kind_however_it_is_spelled(house: House) -> None:
    ann = await house.member((await house.guest("Ann"))[0])
    said = await messages.post(house.services, ann, "done")
    await react(house.services, ann, said, "\u2764")
    assert await given(house, ann, said) == [("\u2764\ufe0f", ["Ann"])]
    await react(house.services, ann, said, "\u2764\ufe0f")
    assert await given(house, ann, said) == []
    with pytest.raises(Invalid):
        await react(house.services, ann, said, "heart")


async def test_where_only_hosts_write_everybody_reacts(house: House) -> None:
    owner, guest = (await house.guest("Ann"))[0], (await house.guest("Bo"))[0]
    slug = await rooms.create(house.services, owner, {"name": "Notices", "who_posts": "moderators"})
    ann, bo = await rooms.enter(house.services, owner, slug), await house.member(guest, slug)
    said = await messages.post(house.services, ann, "Open day on Saturday")
    await react(house.services, bo, said, "👍")
    assert await given(house, ann, said) == [("👍", ["Bo"])]


async def test_only_what_one_sees_and_what_is_there(house: House) -> None:
    owner, guest = (await house.guest("Ann"))[0], (await house.guest("Bo"))[0]
    slug = await rooms.create(house.services, owner, {"name": "Harbour", "history": "joined"})
    ann = await rooms.enter(house.services, owner, slug)
    before = await messages.post(house.services, ann, "before")
    bo = await house.member(guest, slug)
    for number in (before, Number(before + 1), Number(99_999)):  # unseen, a notice, nothing
        with pytest.raises(NotFound):
            await react(house.services, bo, number, "👍")
    said = await messages.post(house.services, ann, "words")
    await doors.leave(house.services, bo)
    with pytest.raises(NotFound):
        await react(house.services, bo, said, "👍")
    assert await rows(house) == 0


async def test_reactions_go_with_the_words(house: House) -> None:
    ann = await house.member((await house.guest("Ann"))[0])
    owner = (await house.guest("Bo"))[0]
    said = await messages.post(house.services, ann, "words")
    await react(house.services, ann, said, "👍")
    await messages.delete(house.services, ann, said)
    assert (await given(house, ann, said), await rows(house)) == ([], 0)
    with pytest.raises(Forbidden):
        await react(house.services, ann, said, "👍")
    slug = await rooms.create(house.services, owner, {"name": "Harbour"})
    bo = await rooms.enter(house.services, owner, slug)
    for end in (
        lambda: floors.clear(house.services, bo),
        lambda: settings.delete(house.services, bo, "Harbour"),
    ):
        said = await messages.post(house.services, bo, "words")
        await react(house.services, bo, said, "👍")
        assert await rows(house) == 1
        await end()
        assert await rows(house) == 0


async def test_a_message_has_no_more_kinds_than_fit(house: House) -> None:
    ann = await house.member((await house.guest("Ann"))[0])
    bo = await house.member((await house.guest("Bo"))[0])
    said = await messages.post(house.services, ann, "words")
    for emoji in PALETTE[:KINDS_MAX]:
        await react(house.services, ann, said, emoji)
    with pytest.raises(Invalid):
        await react(house.services, bo, said, PALETTE[KINDS_MAX])
    await react(house.services, bo, said, PALETTE[0])
    assert len(await given(house, ann, said)) == KINDS_MAX


async def test_people_at_once_are_counted_once_each(house: House) -> None:
    people = [await house.member((await house.guest(f"Person {n}"))[0]) for n in range(10)]
    said = await messages.post(house.services, people[0], "vote")
    twice = [*people, *people[:3], *people[:3]]
    numbers = await asyncio.gather(*(react(house.services, who, said, "👍") for who in twice))
    assert sorted(numbers) == [said + n for n in range(1, len(twice) + 1)]
    [(_, names)] = await given(house, people[0], said)
    assert sorted(names) == sorted(who.person.name for who in people), "three presses are on, off and on"


async def test_reacting_is_limited_with_posting(house: House) -> None:
    ann = await house.member((await house.guest("Ann"))[0])
    said = await messages.post(house.services, ann, "words")
    house.services.posts = Buckets(1, 1)
    await react(house.services, ann, said, "👍")
    with pytest.raises(TooMany):
        await react(house.services, ann, said, "👍")
