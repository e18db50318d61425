"""Answers quote what they answer, as it is now, and only to those who may see it."""

from collections.abc import Mapping

import pytest

from chat.actions import doors, floors, messages, replies, rooms
from chat.actions import settings as room_settings
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.problems import Invalid
from chat.core.room import Member
from tests.actions.conftest import House


async def two(house: House, **fields: str) -> tuple[Member, Member]:
    """The owner of a room, and somebody who has just come in."""
    ann, bo = (await house.guest("Ann"))[0], (await house.guest("Bo"))[0]
    slug = await rooms.create(house.services, ann, {"name": "Harbour", **fields})
    return await rooms.enter(house.services, ann, slug), await house.member(bo, slug)


async def quotes(house: House, member: Member) -> Mapping[Number, tuple[str, str]]:
    """State and words of what is quoted, by the number of the answer."""
    found = await house.changes(member)
    return {c.number: (c.quote.state, c.quote.words) for c in found if isinstance(c, Message) and c.quote}


async def test_answers_follow_what_they_quote(house: House) -> None:
    ann, bo = await two(house)
    said = await messages.post(house.services, ann, "Crane at eight.\nTwo  lifts.")
    first = await messages.post(house.services, bo, "Good", reply_to=said)
    second = await messages.post(house.services, ann, "Bring ropes", reply_to=said)
    assert (await quotes(house, bo))[first] == ("shown", "Crane at eight. Two lifts.")
    last = await messages.edit(house.services, ann, said, "Crane at nine")
    assert await quotes(house, bo) == dict.fromkeys((first, second), ("shown", "Crane at nine"))
    changed = await house.changes(bo, second)
    assert [(c.number, c.change) for c in changed if isinstance(c, Message)] == [
        (said, second + 1), (first, second + 2), (second, second + 3)
    ]  # fmt: skip
    assert house.heard.heads[-1] == (ann.room.id, last) == (ann.room.id, second + 3)
    await messages.delete(house.services, ann, said)
    assert await quotes(house, bo) == dict.fromkeys((first, second), ("gone", ""))
    assert [c.change for c in await house.changes(bo, last)] == [last + 1, last + 2, last + 3]


async def test_an_edit_below_the_quoted_words_leaves_answers_alone(house: House) -> None:
    ann, _ = await two(house)
    said = await messages.post(house.services, ann, "long " * 40)
    answer = await messages.post(house.services, ann, "yes", reply_to=said)
    assert await messages.edit(house.services, ann, said, "long " * 41) == answer + 1


async def test_a_deleted_answer_quotes_nothing_and_does_not_follow(house: House) -> None:
    ann, _ = await two(house)
    said = await messages.post(house.services, ann, "words")
    answer = await messages.post(house.services, ann, "yes", reply_to=said)
    change = await messages.delete(house.services, ann, answer)
    assert await messages.delete(house.services, ann, said) == change + 1


async def test_answers_stay_without_words_when_the_room_keeps_less(house: House) -> None:
    ann, bo = await two(house, keep="3")
    said = await messages.post(house.services, ann, "the oldest")
    answers = [await messages.post(house.services, bo, f"answer {n}", reply_to=said) for n in (1, 2)]
    assert (await quotes(house, bo))[answers[0]] == ("shown", "the oldest")
    last = await messages.post(house.services, ann, "one more")
    assert await quotes(house, bo) == dict.fromkeys(answers, ("gone", ""))
    assert [c.change for c in await house.changes(bo, Number(last))] == [last + 1, last + 2, last + 3]
    assert house.heard.heads[-1][1] == last + 3
    await messages.post(house.services, ann, "and more")  # drops the first answer, which nothing quotes
    assert house.heard.heads[-1][1] == last + 5
    with pytest.raises(Invalid) as refused:
        await messages.post(house.services, bo, "too late", reply_to=said)
    assert refused.value.field == "reply_to"


async def test_clearing_leaves_no_answer(house: House) -> None:
    ann, bo = await two(house)
    said = await messages.post(house.services, ann, "words")
    await messages.post(house.services, bo, "answer", reply_to=said)
    await floors.clear(house.services, ann)
    assert await quotes(house, bo) == {}


@pytest.mark.parametrize("rule", [{"history": "joined"}, {"history": "visit"}, {"newcomers_see": "5"}])
async def test_no_words_are_quoted_where_somebody_may_not_see_them(
    house: House, rule: dict[str, str]
) -> None:
    ann, bo = await two(house)
    said = await messages.post(house.services, ann, "before")
    answer = await messages.post(house.services, bo, "yes", reply_to=said)
    assert (await quotes(house, bo))[answer] == ("shown", "before")
    await room_settings.change(house.services, ann, rule)
    now = await rooms.enter(house.services, ann.person, ann.room.slug)
    assert now.room.epoch != ann.room.epoch, "pages load again"
    assert (await quotes(house, bo))[answer] == ("hidden", "")
    wide = {"history": "all", "newcomers_see": "0"}
    await room_settings.change(house.services, now, wide)
    assert (await quotes(house, bo))[answer] == ("hidden", ""), "what was said under a narrower rule"
    later = await messages.post(house.services, ann, "after")
    answer = await messages.post(house.services, ann, "no", reply_to=later)
    assert (await quotes(house, bo))[answer] == ("shown", "after")


async def test_nobody_answers_what_they_may_not_see(house: House) -> None:
    ann, bo = await two(house, history="joined")
    said = await messages.post(house.services, ann, "for Bo")
    assert await messages.post(house.services, bo, "thanks", reply_to=said)
    await doors.leave(house.services, bo)
    back = await house.member(bo.person, bo.room.slug)
    for number in (said, Number(99_999)):
        with pytest.raises(Invalid):
            await messages.post(house.services, back, "what was it", reply_to=number)


async def test_more_answers_than_a_reader_is_sent_at_once_load_pages_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "REPLAY_MAX", 2)
    ann, bo = await two(house)
    said = await messages.post(house.services, ann, "words")
    answers = [await messages.post(house.services, bo, str(n), reply_to=said) for n in range(3)]
    assert await messages.delete(house.services, ann, said) == answers[-1] + 1
    assert (await rooms.enter(house.services, bo.person, bo.room.slug)).room.epoch != bo.room.epoch
    assert await quotes(house, bo) == dict.fromkeys(answers, ("gone", ""))
