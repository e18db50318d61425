"""Files of messages: nothing is named that is not kept, and nothing is kept that is not named."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from PIL import Image

from chat.actions import doors, files, floors, messages, rooms, settings, uploads
from chat.actions.uploads import Tray
from chat.core.file import DOWNLOAD, FileLimits, Upload
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable, WrongType
from chat.core.room import Member
from chat.store.storage import PART
from tests.actions.conftest import House
from tests.live.fakes import eventually
from tests.pictures import gif, opened, picture, saved


class Desk:
    """Ann's place in the lobby, from where she sends files."""

    def __init__(self, house: House, member: Member) -> None:
        self.house, self.services, self.member = house, house.services, member
        self._trays: list[Tray] = []

    async def came(self, *sent: tuple[str, bytes]) -> list[Upload]:
        """Files that have come with a request."""
        tray = Tray(self.services)
        self._trays.append(tray)
        for name, content in sent:
            coming = tray.begin(name)
            await coming.write(content[:10])
            await coming.write(content[10:])
            await tray.add(coming)
        return tray.uploads

    def leave(self) -> None:
        """The requests are over."""
        for tray in self._trays:
            tray.empty()

    async def post(self, *sent: tuple[str, bytes], body: str = "", nonce: str = "") -> Message:
        number = await messages.post(self.services, self.member, body, nonce, None, await self.came(*sent))
        return await messages.one(self.services, self.member, number)

    def kept(self) -> set[str]:
        """What there is."""
        self.leave()
        return set(self.services.storage.keys())

    async def has(self, *keys: str) -> None:
        """There is this and nothing else, once what is to go has gone."""
        await eventually(lambda: self.kept() == set(keys))

    async def content(self, message: Message, *, small: bool = False) -> bytes:
        file = message.files[0]
        _, found = await files.read(self.services, self.member.person, file.id, file.name, small=small)
        with found:
            return found.read()


@pytest_asyncio.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    ann, _, _ = await house.guest("Ann")
    made = Desk(house, await house.member(ann))
    yield made
    made.leave()


async def test_a_file_is_kept_as_it_is_and_a_picture_is_made_anew(desk: Desk) -> None:
    message = await desk.post(("boats.zip", b"PK" * 500), ("slip.png", picture("JPEG", (640, 320))))
    boats, slip = message.files
    assert (boats.name, boats.type, boats.size, boats.width) == ("boats.zip", DOWNLOAD, 1000, None)
    assert (slip.type, slip.width, slip.height) == ("image/jpeg", 640, 320)
    assert await desk.content(message) == b"PK" * 500
    only = replace(message, files=(slip,))
    assert len(await desk.content(only)) == slip.size
    assert opened(await desk.content(only, small=True)).size == (300, 150)
    await desk.has(boats.id, slip.id, f"{slip.id}.small")
    with pytest.raises(NotFound):
        await desk.content(message, small=True)
    with pytest.raises(NotFound):
        await files.read(desk.services, desk.member.person, boats.id, "other.zip")


async def test_the_same_post_again_is_the_first_and_leaves_nothing_behind(desk: Desk) -> None:
    sent = ("a.txt", b"one"), ("b.gif", picture("GIF"))
    first = await desk.post(*sent, nonce="n")
    kept = desk.kept()
    again = await asyncio.gather(*(desk.post(*sent, nonce="n") for _ in range(3)))
    assert [message.number for message in again] == [first.number] * 3
    await desk.has(*kept)
    others = (("a.txt", b"two"), sent[1]), (("c.txt", b"one"), sent[1]), sent[:1], sent[::-1], ()
    for other in others:
        with pytest.raises(Conflict):
            await desk.post(*other, body="" if other else "words", nonce="n")
    await desk.has(*kept)


async def test_one_nonce_many_times_at_once_is_one_message_with_one_set_of_files(desk: Desk) -> None:
    copies = [await desk.came(("a.txt", b"one")) for _ in range(8)]
    posts = (messages.post(desk.services, desk.member, "", "n", None, came) for came in copies)
    numbers = await asyncio.gather(*posts)
    assert len(set(numbers)) == 1
    message = await messages.one(desk.services, desk.member, numbers[0])
    await desk.has(message.files[0].id)


BROKEN, SHORT = picture()[:2000], gif(2)[:40]


@pytest.mark.parametrize(
    ("sent", "problem", "words"),
    [
        ([("x", b"1")] * 11, Invalid, "11 files are too many: a message has at most 10."),
        ([("a", b"1"), ("boats.zip", bytes(20_480))], TooLarge, "boats.zip is 20 KB; the limit is 10 KB."),
        ([("a", b"1"), ("b.png", BROKEN)], WrongType, "b.png is broken or no picture."),
        ([("a", b"1"), ("b.gif", SHORT)], WrongType, "b.gif is broken or no picture."),
        ([("a", b"1"), ("b.gif", gif(201))], TooLarge, "b.gif is too large a picture"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_files_that_are_refused_leave_nothing(
    desk: Desk, sent: list[tuple[str, bytes]], problem: type[Exception], words: str
) -> None:
    desk.services.files = FileLimits(size=10_240)
    with pytest.raises(problem, match=re.escape(words)):
        await desk.post(*sent, body="words")
    await desk.has()
    assert await desk.house.bodies(desk.member) == []


async def test_a_post_that_is_refused_at_last_lets_go_of_its_files(desk: Desk) -> None:
    with pytest.raises(Invalid, match="The message is gone"):
        await messages.post(desk.services, desk.member, "x", "", Number(99), await desk.came(("a", b"1")))
    came = await desk.came(("b.png", picture()))
    await doors.leave(desk.services, desk.member)
    with pytest.raises(NotFound):
        await messages.post(desk.services, desk.member, "x", "", None, came)
    await desk.has()


async def test_who_may_not_post_has_no_picture_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    room = replace(desk.member.room, settings=replace(desk.member.room.settings, who_posts="owner"))
    desk.member = replace(desk.member, room=room)
    monkeypatch.setattr(uploads, "keep", None)
    with pytest.raises(Forbidden):
        await desk.post(("a.png", picture()))
    await desk.has()


async def test_what_may_have_been_stored_keeps_its_files_until_a_sweep_knows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(job: object) -> None:
        raise Unavailable

    monkeypatch.setattr(type(desk.services.db), "write", lambda db, job: away(job))
    with pytest.raises(Unavailable):
        await desk.post(("a", b"1"))
    monkeypatch.undo()
    orphans = desk.kept()
    assert len(orphans) == 1
    seen = await files.sweep(desk.services, ())
    assert (seen, desk.kept()) == (orphans, orphans)
    assert await files.sweep(desk.services, seen) == set()
    await desk.has()


async def test_a_sweep_takes_only_what_was_nobodys_twice(desk: Desk) -> None:
    message = await desk.post(("a", b"1"), ("b.png", picture()))
    desk.leave()
    unfinished = desk.services.storage.new()
    unfinished.write_bytes(b"half")
    assert await files.sweep(desk.services, {"other"}) == {unfinished.name}
    kept = desk.kept()
    assert unfinished.name in kept
    await files.sweep(desk.services, kept)
    await desk.has(*(key for key in kept if not key.endswith(PART)))
    assert await desk.content(message) == b"1"


async def test_a_client_that_goes_away_while_its_picture_is_decoded_leaves_nothing(desk: Desk) -> None:
    came = await desk.came(("a", b"1"), ("b.png", saved(Image.new("RGB", (4000, 4000)), "PNG")))
    post = asyncio.create_task(messages.post(desk.services, desk.member, "", "", None, came))
    await eventually(lambda: len(set(desk.services.storage.keys())) > 2)
    post.cancel()
    with pytest.raises(asyncio.CancelledError):
        await post
    await desk.has()
    assert await desk.house.bodies(desk.member) == []


async def test_what_is_taken_away_cannot_be_read_and_its_bytes_go(desk: Desk) -> None:
    deleted, other = await desk.post(("a", b"1")), await desk.post(("b.png", picture()))
    await messages.delete(desk.services, desk.member, deleted.number)
    with pytest.raises(NotFound):
        await desk.content(deleted)
    assert len(desk.kept()) == 3
    await files.let_go(desk.services)
    await desk.has(other.files[0].id, f"{other.files[0].id}.small")


async def test_a_room_lets_go_of_what_it_does_not_keep(desk: Desk) -> None:
    ann = desk.member.person
    slug = await rooms.create(desk.services, ann, {"name": "Harbour", "keep": "1"})
    desk.member = await rooms.enter(desk.services, ann, slug)
    first, second = await desk.post(("a", b"1")), await desk.post(("b", b"2"))
    with pytest.raises(NotFound):
        await desk.content(first)
    await files.let_go(desk.services)
    await desk.has(second.files[0].id)
    await floors.clear(desk.services, desk.member)
    with pytest.raises(NotFound):
        await desk.content(second)
    last = await desk.post(("c", b"3"))
    await settings.delete(desk.services, desk.member, "Harbour")
    with pytest.raises(NotFound):
        await desk.content(last)
    assert await desk.house.nothing_left_of(desk.member)
    await files.let_go(desk.services)
    await desk.has()


async def test_files_end_with_their_time_and_every_page_is_told(desk: Desk) -> None:
    desk.services.files = FileLimits(life_ms=3_600_000)
    old = await desk.post(("a", b"1"), ("b", b"2"), body="words")
    desk.house.now_ms += 3_000_000
    young = await desk.post(("c", b"3"))
    await files.expire(desk.services)
    assert (await messages.one(desk.services, desk.member, old.number)).files == old.files
    desk.house.now_ms += 600_001
    await files.expire(desk.services)
    now = await messages.one(desk.services, desk.member, old.number)
    assert (now.files, now.expired, now.body) == ((), 2, "words")
    assert now.change == young.number + 1 == desk.house.heard.heads[-1][1]
    await files.let_go(desk.services)
    await desk.has(young.files[0].id)
    rung = len(desk.house.heard.heads)
    await files.expire(desk.services)
    assert len(desk.house.heard.heads) == rung


async def test_all_that_ends_is_looked_for_again_and_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pause in ("LET_GO_S", "EXPIRE_S", "SWEEP_S"):
        monkeypatch.setattr(files, pause, 0.01)
    desk.services.files = FileLimits(life_ms=3_600_000)
    await desk.post(("old", b"1"))
    desk.house.now_ms += 3_600_001
    deleted, stays = await desk.post(("a", b"2")), await desk.post(("b", b"3"))
    nobodys = desk.services.storage.new()
    nobodys.write_bytes(b"4")
    desk.services.storage.put(nobodys, "0" * 32)
    await messages.delete(desk.services, desk.member, deleted.number)
    assert len(desk.kept()) == 4
    looking = files.care_for_ends(desk.services)
    await desk.has(stays.files[0].id)
    looking.cancel()


async def test_words_may_be_taken_out_of_a_message_only_if_files_are_left(desk: Desk) -> None:
    with_file, without = await desk.post(("a", b"1"), body="words"), await desk.post(body="words")
    await messages.edit(desk.services, desk.member, with_file.number, "")
    assert (await messages.one(desk.services, desk.member, with_file.number)).body == ""
    with pytest.raises(Invalid, match="Write something first"):
        await messages.edit(desk.services, desk.member, without.number, " ")
    with pytest.raises(Invalid, match="Write something first"):
        await desk.post(body="")
