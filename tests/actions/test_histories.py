"""What each person may see of a room, whatever happened: the store against a model that thinks simply.

Every way of reading a room has to say the same as the model.
"""

from collections.abc import Iterable
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chat.actions import arrange, doors, floors, lists, messages, rooms, unread, views
from chat.actions import settings as room_settings
from chat.actions.settle import settle
from chat.core.changes import visible
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.person import Person
from chat.core.presence import Turn
from chat.core.problems import NotFound
from chat.core.room import Member
from tests.actions.conftest import House
from tests.actions.model import Model
from tests.lengths import length

PEOPLE = 2  # besides the owner, who is there all the time
STEPS = [
    *("join", "leave", "go", "come", "say", "say", "edit", "delete", "move", "read"),
    *("all", "joined", "visit", "few", "clear", "answer", "answer"),
]
RUNS, MOST = length(25, 1_000), 20

Step = tuple[str, int]
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), min_size=8, max_size=MOST)


class Play:
    """A room and its model, going through the same steps."""

    def __init__(self, house: House, slug: str, people: list[Person], owner: Member) -> None:
        self.house, self.slug, self.people, self.owner = house, slug, people, owner
        self.model = Model()

    async def member(self, who: int) -> Member:
        return await rooms.enter(self.house.services, self.people[who], self.slug)

    async def head(self) -> int:
        """The number of the last change."""
        return (await rooms.enter(self.house.services, self.owner.person, self.slug)).room.head

    async def do(self, step: Step) -> None:
        """Take one step, where it is possible."""
        name, who, which = step[0], step[1] % PEOPLE, step[1]
        if name in ("all", "joined", "visit"):
            await self._change(name)
        elif name == "few":
            await self._few()
        elif name == "answer":
            await self._answer(which)
        elif name == "clear":
            await floors.clear(self.house.services, self.owner)
            self.model.said.clear()
        elif name == "say" and which % 2:
            self._note(
                await messages.post(self.house.services, self.owner, f"owner {which}"), f"owner {which}"
            )
        elif name in ("edit", "delete"):
            await self._alter(name, which)
        elif name == "move":
            await self._move(which)
        else:
            await self._person(name, who, which)

    def _note(self, number: int, body: str) -> None:
        self.model.said[number] = body

    async def _change(self, history: str) -> None:
        head = await self.head()
        owner = await rooms.enter(self.house.services, self.owner.person, self.slug)
        self.slug = await room_settings.change(self.house.services, owner, {"history": history})
        self.model.changes(history, head)

    async def _few(self) -> None:
        """Show newcomers few messages, or all of them again."""
        model = self.model
        model.few, model.narrow = 0 if model.few else 2, True
        owner = await rooms.enter(self.house.services, self.owner.person, self.slug)
        await room_settings.change(self.house.services, owner, {"newcomers_see": str(model.few)})

    async def _answer(self, which: int) -> None:
        owner = await rooms.enter(self.house.services, self.owner.person, self.slug)
        if seen := [number for number in self.model.said if number > owner.sees_from]:
            to = Number(seen[which % len(seen)])
            number = await messages.post(self.house.services, owner, f"owner answers {which}", reply_to=to)
            self._note(number, f"owner answers {which}")
            self.model.answers[number] = to

    async def _alter(self, name: str, which: int) -> None:
        owner = await rooms.enter(self.house.services, self.owner.person, self.slug)
        alive = [
            number
            for number, body in self.model.said.items()
            if body.startswith("owner") and number not in self.model.deleted and number > owner.sees_from
        ]
        if not alive:
            return
        number = alive[which % len(alive)]
        if name == "edit":
            await messages.edit(self.house.services, owner, Number(number), body := f"owner edited {which}")
            self._note(number, body)
        else:
            await messages.delete(self.house.services, owner, Number(number))
            self.model.deleted.add(number)

    async def _move(self, which: int) -> None:
        owner = await rooms.enter(self.house.services, self.owner.person, self.slug)
        seen = [number for number in self.model.said if number > owner.sees_from]
        alive = [number for number in seen if number not in self.model.deleted]
        if not alive or len(seen) < 2:
            return
        number, after = alive[which % len(alive)], which % 2 == 1
        target = [other for other in seen if other != number][which % (len(seen) - 1)]
        await arrange.move(self.house.services, owner, Number(number), Number(target), after=after)
        self.model.moves(number, target, after=after)

    async def _person(self, name: str, who: int, which: int) -> None:
        model, services, person = self.model, self.house.services, self.people[who]
        if name == "join" and who not in model.sees:
            await doors.join(services, person, self.slug)
            model.arrives(who, await self.head())
        elif who not in model.sees:
            return
        elif name == "leave":
            await doors.leave(services, await self.member(who))
            model.here.discard(who)
            del model.sees[who]
        elif name == "go" and who in model.here:
            await self._turn(who, here=False)
            model.goes(who)
        elif name == "come" and who not in model.here:
            head = await self.head()
            await self._turn(who, here=True)
            model.comes(who, head)
        elif name == "say" and who in model.here:
            number = await messages.post(services, await self.member(who), body := f"{person.name} says")
            self._note(number, body)
            model.by[number] = who
            model.read[who] = max(model.read[who], number)
        elif name == "read":
            model.read[who] = which % (await self.head() + 1)
            await unread.mark(services, await self.member(who), Number(model.read[who]))

    async def _turn(self, who: int, *, here: bool) -> None:
        member = await self.member(who)
        state = "here" if here else None
        turn = Turn(member.room.id, member.person.id, state)  # type: ignore[arg-type]
        await settle(self.house.services, self.house.worker, [turn])

    # Looking

    async def check(self) -> None:
        """Every way of reading, for everybody, against the model."""
        for who in range(PEOPLE):
            if who not in self.model.sees:
                with pytest.raises(NotFound):
                    await self.member(who)
                continue
            for way, found in (await self._read(who)).items():
                assert found == self.model.may_see(who), (way, who, self.model)
                if way == "page":
                    assert list(found) == list(self.model.may_see(who)), (way, who, self.model)
            assert await self._unread(who) == self.model.unread(who), (who, self.model)

    async def _unread(self, who: int) -> int:
        room = (await self.member(who)).room.id
        mine = await lists.mine(self.house.services, self.people[who])
        return next(one.unread.messages for one in mine if one.room.id == room)

    async def _read(self, who: int) -> dict[str, dict[int, str]]:
        services, member = self.house.services, await self.member(who)
        view = await views.view(services, member.person, self.slug)
        assert not view.older
        replay = await messages.since(services, member, Number(0))
        fed = await messages.read(services, member.room.id, Number(0), Number(0))
        assert fed
        given_to_them = [change for change in fed.changes if visible(change, member.visible_from)]
        transcript = (await rooms.transcript(services, member.person, self.slug))[1]
        alone: dict[int, str] = {}
        for number in self.model.said:
            try:
                alone[number] = (await messages.one(services, member, Number(number))).body
            except NotFound:
                continue
        for thing in [*view.log, *replay.changes, *given_to_them]:
            if isinstance(thing, Message) and thing.number in self.model.answers and not thing.deleted:
                self.model.quotes(thing, who)
        deleted = dict.fromkeys(self.model.deleted & self.model.may_see(who).keys(), "")
        return {
            "page": _words(view.log),
            "replay": _words(replay.changes),
            "feed": _words(given_to_them),
            "transcript": _words(transcript) | deleted,
            "one by one": alone,
        }


def _words(things: Iterable[object]) -> dict[int, str]:
    return {thing.number: thing.body for thing in things if isinstance(thing, Message)}


_rooms = count(1)
PHASES = [Phase.generate]  # what fails is short and shows its model: no minutes for a shorter one
ONE_HOUSE = HealthCheck.function_scoped_fixture  # each run has a room and people of its own in it


@settings(
    max_examples=RUNS,
    database=None,
    phases=PHASES,
    suppress_health_check=[ONE_HOUSE],
    report_multiple_bugs=False,
)
@given(st.sampled_from(["visit", "joined", "all"]), steps)
async def test_everybody_sees_what_a_simple_model_says_by_every_way_of_reading(
    house: House, history: str, taken: list[Step]
) -> None:
    n = next(_rooms)
    owner, *people = [(await house.guest(f"{name} {n}"))[0] for name in ("Ann", "Bo", "Cy")]
    slug = await rooms.create(house.services, owner, {"name": f"Harbour {n}"})
    play = Play(house, slug, people, await rooms.enter(house.services, owner, slug))
    for step in [(history, 0), ("join", 0), ("join", 1), ("say", 1), *taken]:
        await play.do(step)
        await play.check()
