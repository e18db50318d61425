"""Moving messages over a real database: the order is that of a plain list, whatever is moved."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from chat.actions import arrange, floors, messages, rooms, views
from chat.actions import settings as room_settings
from chat.core.ids import Number
from chat.core.message import POS_STEP, Message, Notice
from chat.core.problems import Forbidden, Invalid, NotFound
from chat.core.room import Member
from chat.store import schema
from chat.store.database import Tx
from tests.actions.conftest import House
from tests.lengths import length

RUNS = length(25, 500)
STEPS = ["move"] * 5 + ["squeeze", "post"]
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 30), st.integers(0, 30), st.booleans())
moves = st.lists(steps, min_size=4, max_size=14)


@dataclass
class Table:
    """A room with some messages, as its owner has it."""

    house: House
    owner: Member
    said: list[Number]

    async def now(self) -> Member:
        return await rooms.enter(self.house.services, self.owner.person, self.owner.room.slug)

    async def say(self, words: str) -> None:
        self.said.append(await messages.post(self.house.services, self.owner, words))

    async def move(self, number: int, target: int, *, after: bool) -> Number:
        services = self.house.services
        return await arrange.move(services, self.owner, Number(number), Number(target), after=after)

    async def order(self) -> list[Number]:
        view = await views.view(self.house.services, self.owner.person, self.owner.room.slug)
        return [thing.number for thing in view.log if isinstance(thing, Message)]

    async def positions(self) -> list[int]:
        of_room = schema.messages.c.room_id == self.owner.room.id
        found = select(schema.messages.c.pos).where(of_room)
        return await self.house.services.db.read(lambda tx: list(tx.execute(found).scalars()))

    async def squeeze(self) -> None:
        """Have all neighbours touch."""
        table = schema.messages
        of_room = table.c.room_id == self.owner.room.id

        def job(tx: Tx) -> None:
            ordered = select(table.c.number).where(of_room).order_by(table.c.pos, table.c.number)
            for rank, number in enumerate(tx.execute(ordered).scalars().all()):
                tx.execute(update(table).where(of_room, table.c.number == number).values(pos=rank))

        await self.house.services.db.write(job)


async def table(house: House, count: int = 4, **settings: str) -> Table:
    person, _, _ = await house.guest(f"Ann {house.now_ms}")
    house.now_ms += 1
    slug = await rooms.create(house.services, person, {"name": f"Harbour {house.now_ms}"} | settings)
    made = Table(house, await rooms.enter(house.services, person, slug), [])
    for n in range(count):
        await made.say(f"words {n}")
    return made


@settings(max_examples=RUNS, database=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(moves)
async def test_any_moves_give_the_order_of_a_plain_list(
    house: House, taken: list[tuple[str, int, int, bool]]
) -> None:
    house.now_s += 100  # the limit of posts is not what this is about
    room = await table(house)
    plain = list(room.said)
    for what, one, other, after in taken:
        before = await room.now()
        if what == "squeeze":
            await room.squeeze()
        elif what == "post":
            await room.say("more")
            plain.append(room.said[-1])
        else:
            number, target = plain[one % len(plain)], plain[other % len(plain)]
            if number == target:
                continue
            was = list(plain)
            plain.remove(number)
            plain.insert(plain.index(target) + after, number)
            change = await room.move(number, target, after=after)
            head = (await room.now()).room.head
            assert head - before.room.head in ((1,) if was != plain else (0, 1)), "a notice may stand between"
            assert change <= head
        found, head = await room.positions(), (await room.now()).room.head
        assert await room.order() == plain
        assert len(set(found)) == len(found)
        assert max(found) < (head + 1) * POS_STEP


async def test_positions_that_run_out_are_made_anew_in_one_change(house: House) -> None:
    room = await table(house)
    first, second, third, fourth = room.said
    await room.squeeze()
    before = (await room.now()).room
    change = await room.move(fourth, first, after=True)
    now = (await room.now()).room
    assert (now.head, now.epoch != before.epoch) == (before.head + 1, True)
    assert change == now.head
    assert await room.order() == [first, fourth, second, third]
    assert house.heard.heads[-1] == (now.id, change)
    await room.move(first, third, after=True)
    assert (await room.now()).room.epoch == now.epoch


async def test_what_stands_there_already_is_no_change(house: House) -> None:
    room = await table(house)
    first, second, third, _ = room.said
    head = (await room.now()).room.head
    assert await room.move(second, first, after=True) == second
    assert await room.move(second, third, after=False) == second
    assert (await room.now()).room.head == head


async def test_what_is_said_later_stands_after_what_was_moved_to_the_end(house: House) -> None:
    room = await table(house, 3)
    first, second, third = room.said
    for number in (first, second, first):
        await room.move(number, (await room.order())[-1], after=True)
    await room.say("later")
    assert await room.order() == [third, second, first, room.said[-1]]


async def test_a_message_goes_nowhere_beside_itself_or_what_is_not_there(house: House) -> None:
    room = await table(house)
    first, second, *_ = room.said
    notice = next(thing for thing in await house.changes(room.owner) if isinstance(thing, Notice))
    for target in (first, Number(999), notice.number):
        with pytest.raises(Invalid, match="It could not be moved there"):
            await room.move(first, target, after=True)
    await floors.clear(house.services, room.owner)
    with pytest.raises(NotFound):
        await room.move(first, second, after=True)


async def test_a_tombstone_keeps_its_place_and_is_a_place(house: House) -> None:
    room = await table(house)
    first, second, third, fourth = room.said
    await messages.delete(house.services, room.owner, second)
    with pytest.raises(Forbidden):
        await room.move(second, fourth, after=True)
    await room.move(fourth, second, after=False)
    assert await room.order() == [first, fourth, second, third]


async def test_who_moves_messages_is_what_the_room_says(house: House) -> None:
    room = await table(house)
    first, _, _, fourth = room.said
    bo, _, _ = await house.guest("Bo")
    member = await house.member(bo, room.owner.room.slug)
    with pytest.raises(Forbidden):
        await arrange.move(house.services, member, first, fourth, after=True)
    assert (
        await arrange.around(house.services, member, await messages.one(house.services, member, first))
        is None
    )
    epoch = (await room.now()).room.epoch
    await room_settings.change(house.services, room.owner, {"who_arranges": "everyone"})
    assert (await room.now()).room.epoch != epoch, "pages go on without the tool"
    await arrange.move(house.services, member, first, fourth, after=True)  # asked again, as the room is now
    assert (await room.order())[-1] == first


async def test_in_a_workshop_everybody_moves_messages(house: House) -> None:
    room = await table(house, preset="workshop")
    bo, _, _ = await house.guest("Bo")
    member = await house.member(bo, room.owner.room.slug)
    await arrange.move(house.services, member, room.said[0], room.said[3], after=True)
    assert (await room.order())[-1] == room.said[0]


async def test_moving_shows_nothing_that_was_hidden(house: House) -> None:
    room = await table(house, history="joined", who_arranges="everyone")
    first, *_, last = room.said
    bo, _, _ = await house.guest("Bo")
    member = await house.member(bo, room.owner.room.slug)
    await room.say("to all")
    await room.move(first, room.said[-1], after=True)
    seen = [
        one.number
        for one in (await views.view(house.services, bo, member.room.slug)).log
        if isinstance(one, Message)
    ]
    assert seen == [room.said[-1]]
    with pytest.raises(NotFound):
        await arrange.move(house.services, member, first, room.said[-1], after=False)
    with pytest.raises(Invalid):
        await arrange.move(house.services, member, room.said[-1], last, after=False)


async def test_the_page_of_a_message_knows_where_it_may_go(house: House) -> None:
    room = await table(house)
    first, second, third, fourth = room.said
    await messages.delete(house.services, room.owner, third)
    message = await messages.one(house.services, room.owner, second)
    found = await arrange.around(house.services, room.owner, message)
    assert found
    assert [one.number for one in found.before] == [first]
    assert [one.number for one in found.after] == [fourth]
    assert (found.first, found.last) == (first, fourth)
