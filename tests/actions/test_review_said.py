"""What is said, moved and attached when something else happens at the wrong moment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from chat.actions import arrange, floors, messages, replies, rooms, uploads
from chat.actions.pictures import Pictures
from chat.actions.uploads import Tray
from chat.core.changes import REPLAY_MAX, Change
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.problems import Unavailable
from chat.store import changes
from chat.store import messages as stored
from chat.store import rooms as stored_rooms
from chat.store.database import Tx
from tests.actions.conftest import House
from tests.live.fakes import eventually
from tests.pictures import picture


async def test_files_are_not_kept_for_longer_than_a_sweep_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await house.member((await house.guest("Ann"))[0])
    tray = Tray(house.services)
    for name, content in (("a.txt", b"1"), ("b.png", picture())):
        coming = tray.begin(name)
        await coming.write(content)
        await tray.add(coming)

    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Pictures, "decode", never)  # others' pictures have all the turns
    monkeypatch.setattr(uploads, "KEEP_S", 0.2)
    with pytest.raises(Unavailable, match="pictures"):
        async with asyncio.timeout(5):
            await messages.post(house.services, member, "", "", None, tray.uploads)
    tray.empty()
    await eventually(lambda: not set(house.services.storage.keys()))
    assert await house.bodies(member) == []


async def test_a_message_that_is_cleared_while_its_page_is_made_goes_nowhere(house: House) -> None:
    ann = (await house.guest("Ann"))[0]
    slug = await rooms.create(house.services, ann, {"name": "Harbour"})
    member = await house.member(ann, slug)
    number = await messages.post(house.services, member, "words")
    message = await messages.one(house.services, member, number)
    assert await arrange.around(house.services, member, message)
    await floors.clear(house.services, member)
    assert await arrange.around(house.services, member, message) is None


async def test_an_edit_of_what_many_answered_keeps_nobody_waiting(house: House) -> None:
    member = await house.member((await house.guest("Ann"))[0])
    room, author = member.room.id, member.person.id
    first = await messages.post(house.services, member, "words")
    asked: list[str] = []

    def job(tx: Tx) -> tuple[list[Number], Number | None, list[Change]]:
        numbers = stored_rooms.next_numbers(tx, room, REPLAY_MAX)
        for number in numbers:
            stored.add(tx, room, number, author, "answer", house.now_ms, first)
        event.listen(tx, "before_cursor_execute", lambda *args: asked.append(args[2]))
        last = replies.follow(tx, room, first, Number(first + 1))
        found = changes.read(tx, room, numbers[-1], Number(0))
        return numbers, last, list(found.changes) if found else []

    numbers, last, sent = await house.services.db.write(job)
    assert sum("UPDATE" in statement for statement in asked) == 2
    assert [change.number for change in sent if isinstance(change, Message)] == numbers
    assert [change.change for change in sent] == list(range(numbers[-1] + 1, numbers[-1] + REPLAY_MAX + 1))
    assert last == sent[-1].change
