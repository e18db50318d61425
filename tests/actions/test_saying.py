"""A post is one transaction, which asks who posts, and tells feeds all that they would read."""

import pytest
from sqlalchemy import text

from chat.actions import accounts, messages, people
from chat.actions.asking import USED_EVERY_MS
from chat.actions.saying import Words
from chat.core.ids import Number
from chat.core.limits import Buckets
from chat.core.message import Message
from chat.core.person import name_key
from chat.core.problems import NotFound, NotSignedIn, TooMany
from chat.store import people as people_store
from tests.actions.conftest import House


@pytest.mark.parametrize("body", ["hello", "*two*\nlines 東京", "mail@example.org", "x" * 4_000])
async def test_what_feeds_are_told_of_a_post_is_what_they_would_read(house: House, body: str) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await accounts.rename(house.services, ann, "Anna")
    number = await messages.post(house.services, member, f" {body} ")
    told = house.heard.news[number]
    assert told == await messages.read(house.services, member.room.id, Number(number - 1), Number(0))
    assert [change.author.name for change in told.changes if isinstance(change, Message)] == ["Anna"]


async def test_feeds_read_for_themselves_what_something_hangs_on(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    first = await messages.post(house.services, member, "hello")
    assert set(house.heard.news) == {first}
    await messages.post(house.services, member, "@Ann")
    await messages.post(house.services, member, "an answer", reply_to=first)
    await messages.edit(house.services, member, first, "better")
    await house.services.db.write(lambda tx: tx.execute(text("UPDATE rooms SET keep = 1")))
    await messages.post(house.services, member, "the only one that stays")
    assert set(house.heard.news) == {first}


async def test_who_posts_is_asked_in_the_transaction_that_writes(house: House) -> None:
    ann, session, token = await house.guest("Ann")
    member = await house.member(ann)
    author, number = await messages.post_as(house.services, token, "lobby", Words("hello", "n1"))
    assert (author.person, author.room.id) == (ann, member.room.id)
    again = await messages.post_as(house.services, token, "lobby", Words("hello", "n1"))
    assert again[1] == number
    assert house.heard.heads[-1] == (member.room.id, number)
    for wrong, slug, problem in (("", "lobby", NotSignedIn), ("x", "lobby", NotSignedIn),
                                 (token, "nowhere", NotFound), (token, "testing", NotFound)):  # fmt: skip
        with pytest.raises(problem):
            await messages.post_as(house.services, wrong, slug, Words("hello"))
    house.services.posts = Buckets(1, 1)
    await messages.post_as(house.services, token, "lobby", Words("the last one"))
    with pytest.raises(TooMany):
        await messages.post_as(house.services, token, "lobby", Words("too many"))
    house.services.posts = Buckets(100, 100)
    await people.end(house.services, ann, session.id)
    with pytest.raises(NotSignedIn):
        await messages.post_as(house.services, token, "lobby", Words("too late"))
    assert await house.bodies(member) == ["hello", "the last one"]


async def test_a_session_that_needs_more_than_a_look_gets_it_before_a_post(house: House) -> None:
    ann, _, token = await house.guest("Ann")
    await house.member(ann)
    await house.services.db.write(lambda tx: people_store.free_name(tx, ann.id))
    house.now_ms += 2 * USED_EVERY_MS
    house.services.session_ms = 3 * USED_EVERY_MS
    await messages.post_as(house.services, token, "lobby", Words("hello"))
    assert await house.services.db.read(lambda tx: people_store.holder(tx, name_key("Ann"))) == ann.id
    house.now_ms += 2 * USED_EVERY_MS
    await messages.post_as(house.services, token, "lobby", Words("still here: it was noted as used"))
