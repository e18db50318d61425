"""What is said, moved and attached when something else happens at the wrong moment."""

import asyncio
from typing import Any

import pytest

from chat.actions import arrange, floors, messages, rooms, uploads
from chat.actions.pictures import Pictures
from chat.actions.uploads import Tray
from chat.core.problems import Unavailable
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
