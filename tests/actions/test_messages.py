"""Posting, editing, deleting; and the page that frames bring to where a later page is."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import text

from chat.actions import doors, messages, people, rooms, settings, unread, views
from chat.actions.reactions import react
from chat.core.changes import Change, Cursor, Floor
from chat.core.ids import Number, SessionId
from chat.core.limits import Buckets
from chat.core.message import Message, Notice
from chat.core.person import Session
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound, TooMany
from chat.core.room import Member
from chat.live.feed import Feed
from chat.live.reader import Reader
from tests.actions.conftest import House
from tests.live.fakes import FakeWire, eventually, render


async def test_the_same_nonce_room_and_body_is_the_first_answer_again(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    first = await messages.post(house.services, member, " hello ", "n1")
    rung = len(house.heard.heads)
    again = await asyncio.gather(*(messages.post(house.services, member, "hello", "n1") for _ in range(4)))
    assert again == [first] * 4
    assert await house.bodies(member) == ["hello"]
    assert len(house.heard.heads) == rung
    with pytest.raises(Conflict):
        await messages.post(house.services, member, "other", "n1")
    testing = await house.member(ann, "testing")
    with pytest.raises(Conflict):
        await messages.post(house.services, testing, "hello", "n1")


async def test_one_nonce_in_two_rooms_at_once_is_used_once(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    members = [await house.member(ann, slug) for slug in ("lobby", "testing")]
    results = await asyncio.gather(
        *(messages.post(house.services, member, "hello", "n1") for member in members), return_exceptions=True
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1


async def test_a_repeated_post_of_a_message_that_is_gone_succeeds_all_the_same(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    first = await messages.post(house.services, member, "hello", "n1")
    await messages.delete(house.services, member, first)
    again = await messages.post(house.services, member, "hello", "n1")
    assert again == first


@pytest.mark.parametrize("body", ["", "  \n\t ", "x" * 4001, "a\x00b", "a\ud800b"])
async def test_a_bad_body_stores_nothing(house: House, body: str) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    with pytest.raises(Invalid) as refused:
        await messages.post(house.services, member, body, "n1")
    assert refused.value.field == "body"
    assert await house.bodies(member) == []
    await messages.post(house.services, member, "good", "n1")


async def test_only_the_author_edits_and_only_author_or_host_deletes(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    slug = await rooms.create(house.services, ann, {"name": "Harbour"})
    owner, guest = await house.member(ann, slug), await house.member(bo, slug)
    ours = await messages.post(house.services, owner, "ours")
    theirs = await messages.post(house.services, guest, "theirs")
    for number, who in ((theirs, owner), (ours, guest)):
        with pytest.raises(Forbidden):
            await messages.edit(house.services, who, number, "changed")
    with pytest.raises(Forbidden):
        await messages.delete(house.services, guest, ours)
    change = await messages.delete(house.services, owner, theirs)
    assert await messages.delete(house.services, owner, theirs) == change, "twice is once"
    assert (await messages.one(house.services, guest, theirs)).deleted == "host"
    with pytest.raises(Forbidden):
        await messages.edit(house.services, guest, theirs, "back")
    with pytest.raises(NotFound):
        await messages.edit(house.services, guest, Number(999), "nothing")


async def test_an_edit_that_changes_nothing_is_no_change(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    said = await messages.post(house.services, member, "hello")
    assert await messages.edit(house.services, member, said, " hello ") == said
    assert await messages.edit(house.services, member, said, "hello!") == said + 1
    assert (await messages.since(house.services, member, Number(0))).head == said + 1


async def test_a_member_who_has_left_writes_nothing_any_more(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    said = await messages.post(house.services, member, "hello")
    await doors.leave(house.services, member)
    for work in (
        messages.post(house.services, member, "again"),
        messages.edit(house.services, member, said, "changed"),
        messages.delete(house.services, member, said),
    ):
        with pytest.raises(NotFound):
            await work
    assert await house.bodies(member) == ["hello"]


async def test_posting_too_fast_says_how_long_to_wait(house: House) -> None:
    house.services.posts = Buckets(2, 3)
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    for n in range(3):
        await messages.post(house.services, member, str(n))
    with pytest.raises(TooMany) as refused:
        await messages.post(house.services, member, "more")
    assert refused.value.retry_after_s == 0.5
    house.now_s += 0.5
    await messages.post(house.services, member, "more")


async def test_editing_and_deleting_are_limited_with_posting(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    house.services.posts = Buckets(1, 3)
    said = await messages.post(house.services, member, "one")
    await messages.edit(house.services, member, said, "two")
    await messages.delete(house.services, member, said)
    with pytest.raises(TooMany):
        await messages.edit(house.services, member, said, "three")
    with pytest.raises(TooMany):
        await messages.delete(house.services, member, said)


async def test_what_may_be_posted_goes_by_the_room_as_it_is_now(house: House) -> None:
    ann, _, _ = await house.guest("Ann")
    member = await house.member(ann)
    await house.services.db.write(lambda tx: tx.execute(text("UPDATE rooms SET who_posts = 'moderators'")))
    with pytest.raises(Forbidden):
        await messages.post(house.services, member, "too late")


@dataclass(slots=True)
class Shown:
    """The page's filter as the script has it: what a browser shows after the batches it was given."""

    epoch: str
    cursor: int
    things: dict[int, Change] = field(default_factory=dict)

    def apply(self, batch_since: int, mark: Cursor, changes: list[Change]) -> None:
        assert batch_since <= self.cursor, "a range that begins above the cursor would be a gap"
        if mark.epoch != self.epoch:
            return
        for change in sorted(changes, key=lambda change: change.change):
            if change.change <= self.cursor:
                continue
            if isinstance(change, Floor):
                self.things = {n: thing for n, thing in self.things.items() if n >= change.number}
            else:
                self.things[change.number] = change
        self.cursor = max(self.cursor, mark.number)

    def page(self) -> list[Change]:
        return sorted(
            self.things.values(),
            key=lambda t: (t.pos, t.number) if isinstance(t, Message | Notice) else (0, 0),
        )


class Story:
    """A random life of a room, told by real actions."""

    def __init__(self, house: House, chance: random.Random, who: list[Member]) -> None:
        self.house, self.chance, self.who = house, chance, who
        self.said: list[tuple[Member, Number]] = []

    async def step(self) -> None:
        services, chance = self.house.services, self.chance
        author = chance.choice(self.who)
        match chance.choice(["post"] * 4 + ["edit", "edit", "delete", "leave", "answer", "answer", "react"]):
            case "edit" if self.said:
                by, number = chance.choice(self.said)
                await self._maybe(messages.edit(services, by, number, f"words {chance.random()}"))
            case "delete" if self.said:
                await self._maybe(messages.delete(services, *chance.choice(self.said)))
            case "answer" if self.said:
                _, number = chance.choice(self.said)
                await self._maybe(messages.post(services, author, "yes", reply_to=number))
            case "react" if self.said:
                _, number = chance.choice(self.said)
                await self._maybe(react(services, author, number, chance.choice("👍🎉")))
            case "leave":
                index = self.who.index(author)
                await doors.leave(services, author)
                self.who[index] = await self.house.member(author.person)
            case _:
                posted = await messages.post(services, author, f"words {chance.random()}")
                self.said.append((author, posted))

    async def _maybe(self, work) -> None:
        with contextlib.suppress(Forbidden, NotFound):
            await work


def attach(house: House, feed: Feed, member: Member, at: Cursor) -> FakeWire:
    wire = FakeWire()
    feed.add(Reader(member, Session(SessionId(1), member.person), at, wire))
    return wire


@pytest.mark.parametrize("seed", range(4))
async def test_a_page_and_the_frames_after_it_are_the_page_loaded_later(house: House, seed: int) -> None:
    """Old state + changes = new state, whatever happens in the room and wherever the page began."""
    chance = random.Random(seed)
    watcher = await house.member((await house.guest("Watcher"))[0])
    who = [await house.member((await house.guest(name))[0]) for name in ("Ann", "Bo", "Cy")]
    story = Story(house, chance, who)
    first = await views.view(house.services, watcher.person, "lobby")

    async def read(room, since, visible_from):
        return await messages.read(house.services, room, since, visible_from)

    assert house.heard.news == {}
    feed = Feed(watcher.room.id, "lobby", first.cursor, read, render)
    running = asyncio.create_task(feed.run())
    pages: list[tuple[Shown, FakeWire]] = []
    try:
        for n in range(25):
            if n % 6 == 0:
                view = await views.view(house.services, watcher.person, "lobby")
                shown = Shown(view.cursor.epoch, view.cursor.number, {t.number: t for t in view.log})
                pages.append((shown, attach(house, feed, watcher, view.cursor)))
            await story.step()
            head = house.heard.heads[-1][1]
            if chance.random() < 0.6:  # else the bell is lost
                feed.ring(head, house.heard.news.get(head))
        last = await views.view(house.services, watcher.person, "lobby")
        assert not last.older, "the whole room is on one page"
        feed.ring(last.cursor.number)
        await eventually(lambda: all(wire.mark == last.cursor.number for _, wire in pages))
        for shown, wire in pages:
            batches = list(wire.batches)
            if chance.random() < 0.5:
                batches += chance.sample(wire.batches, 2)  # another transport gives some of it again
            for batch in batches:
                shown.apply(batch.since, batch.mark, [fragment.of for fragment in batch.fragments])
            assert shown.page() == list(last.log)
            assert shown.cursor == last.cursor.number
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_signing_out_does_not_change_what_is_on_the_page(house: House) -> None:
    ann, session, _ = await house.guest("Ann")
    member = await house.member(ann)
    said = await messages.post(house.services, member, "hello")
    await people.leave(house.services, session)
    assert (await house.changes(member, said))[0].change == said + 1
    assert await house.bodies(member) == ["hello"]


async def test_who_is_named_is_kept_with_the_message_and_found_again_when_it_is_edited(house: House) -> None:
    ann, bo = (await house.guest("Ann"))[0], (await house.guest("Bo"))[0]
    member, other = await house.member(ann), await house.member(bo)
    said = await messages.post(house.services, member, "hello @bo, and @nobody")
    assert (await messages.one(house.services, other, said)).mentions == (bo,)
    await messages.edit(house.services, member, said, "hello")
    assert (await messages.one(house.services, other, said)).mentions == ()


async def test_the_read_mark_moves_both_ways_and_says_so_once(house: House) -> None:
    member = await house.member((await house.guest("Ann"))[0])
    await messages.post(house.services, member, "one")
    for upto in (1, 1):
        await unread.mark(house.services, member, Number(upto))
    assert (await rooms.enter(house.services, member.person, "lobby")).read == 1
    assert house.heard.reads == [(member.room.id, member.person.id)]


async def test_writing_is_passed_on_at_most_once_in_three_seconds(house: House) -> None:
    member = await house.member((await house.guest("Ann"))[0])
    for now_s in (0.0, 2.9, 3.0):
        house.now_s = now_s
        await messages.typing(house.services, member)
    assert len(house.heard.writers) == 2
    closed = replace(member.room, settings=replace(member.room.settings, who_posts="moderators"))
    with pytest.raises(Forbidden):
        await messages.typing(house.services, replace(member, room=closed))


async def test_a_repeated_post_gets_its_first_answer_though_the_room_is_stricter_now(
    house: House,
) -> None:
    ann, _, _ = await house.guest("Ann")
    bo, _, _ = await house.guest("Bo")
    slug = await rooms.create(house.services, ann, {"name": "Harbour"})
    owner, member = await rooms.enter(house.services, ann, slug), await house.member(bo, slug)
    number = await messages.post(house.services, member, "long words", "n1")
    await settings.change(house.services, owner, {"who_posts": "owner", "max_length": "5"})
    assert await messages.post(house.services, member, "long words", "n1") == number
    with pytest.raises(Forbidden):
        await messages.post(house.services, member, "new")
    with pytest.raises(Invalid):
        await messages.post(house.services, owner, "long words")
