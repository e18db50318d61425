"""A page of parts that were kept is the page that would be rendered now, whatever happened meanwhile."""

import contextlib
import gzip
import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from markupsafe import escape

from chat.actions import (
    accounts,
    arrange,
    asking,
    direct,
    doors,
    floors,
    members,
    messages,
    reactions,
    rooms,
    settings,
    unread,
    views,
)
from chat.actions.settle import settle
from chat.actions.views import NEWEST
from chat.core.file import FileLimits
from chat.core.ids import Number, RoomId
from chat.core.message import Message
from chat.core.person import Person
from chat.core.presence import Turn, VisitState
from chat.core.problems import NotFound, Problem
from chat.core.room import Member
from chat.live.bell import Bell
from chat.store import changing
from chat.store import messages as stored
from chat.store.database import Tx
from chat.web import packing
from chat.web.assets import Assets
from chat.web.render import Renderer
from chat.web.room_page import RoomPage
from chat.web.shelf import Shelf
from tests.actions.conftest import Heard, House
from tests.lengths import length

ROOT = Path(__file__).parents[2]
NONCE = re.compile(rb'name="nonce" value="[^"]*"')
DEEDS, RUNS = 30, length(2, 60)
DAY_MS = 24 * 60 * 60 * 1000


class Ears(Heard):
    """Hears the bell as a worker does."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf

    def people_changed(self, room: RoomId) -> None:
        self.shelf.people_changed(room)


class Town:
    """A room with an owner, who stays, and others, who come and go; what is kept of its pages."""

    def __init__(self, at: House, renderer: Renderer, seed: int) -> None:
        self.house, self.services, self.renderer = at, at.services, renderer
        self.random = random.Random(seed)
        self.page = self._page()
        self.services.bell = Bell(Ears(self.page.shelf))
        self.people: list[tuple[Person, str]] = []
        self.slug, self.other = "", ""
        self.found = 0  # of logs that were kept

    def _page(self) -> RoomPage:
        return RoomPage(self.renderer, FileLimits(), self.services.clock_ms)

    async def begin(self) -> None:
        for name in ("Ann", "Bo", 'Cy <b>"&', "Di"):
            person, _, token = await self.house.guest(name)
            self.people.append((person, token))
        ann, bo = self.people[0][0], self.people[1][0]
        self.slug = await rooms.create(self.services, ann, {"name": "Quay"})
        self.other = await rooms.create(self.services, ann, {"name": "Harbour"})
        await doors.join(self.services, bo, self.slug)
        await direct.open_(self.services, ann, "Bo")

    async def seen_by(self, token: str, slug: str, page: RoomPage) -> bytes:
        """What a page shows, unpacked and without its nonce."""
        recall = page.recall()
        view = await views.visit(self.services, token, slug, NEWEST, recall, joins=False)
        self.found += recall.log is not None
        pieces = page.pieces(view, recall)
        plain = packing.plain(pieces)
        assert gzip.decompress(packing.gzipped(pieces)) == plain
        me = view.member.person
        name = f'dir="auto">{escape(me.name)}</span></span></a>'
        for own in (f'data-me="u-{me.id}"', f'href="/me/{me.id}.css?', name):
            assert own.encode() in plain
        return NONCE.sub(b"", plain)

    async def check(self, after: str) -> None:
        """Everybody sees the same on a page of kept parts, twice, as on one rendered afresh."""
        for person, token in self.people:
            pairs = [slug for slug in (self.slug, await self._direct(person)) if slug]
            for slug in pairs:
                try:
                    fresh = await self.seen_by(token, slug, self._page())
                except NotFound:
                    with pytest.raises(NotFound):
                        await self.seen_by(token, slug, self.page)
                    continue
                for _ in range(2):
                    assert await self.seen_by(token, slug, self.page) == fresh, (
                        f"{person.name}, after {after}"
                    )

    async def _direct(self, person: Person) -> str:
        pair = {"Ann": "Bo", "Bo": "Ann"}.get(person.name)
        return await direct.open_(self.services, person, pair) if pair else ""

    async def place(self, who: int) -> Member:
        return (await asking.member(self.services, self.people[who][1], self.slug))[1]

    async def do(self) -> str:
        deed = self.random.choice(_DEEDS)
        with contextlib.suppress(Problem):  # somebody may not, or it is not there: nothing happened
            await deed(self)
        return deed.__name__

    def one(self) -> int:
        return self.random.randrange(len(self.people))

    async def words(self, member: Member) -> Message:
        view = await views.view(self.services, member.person, self.slug)
        found = [thing for thing in view.log if isinstance(thing, Message)]
        if not found:
            raise NotFound
        return self.random.choice(found)


async def says(town: Town) -> None:
    town.house.now_ms += town.random.choice((1_000, 400_000))
    said = town.random.choice(("Hello", "@Bo look", "Hello *you* @Di", "x"))
    await messages.post(town.services, await town.place(town.one()), said)


async def answers(town: Town) -> None:
    member = await town.place(town.one())
    await messages.post(town.services, member, "Yes", reply_to=(await town.words(member)).number)


async def edits(town: Town) -> None:
    member = await town.place(town.one())
    await messages.edit(town.services, member, (await town.words(member)).number, f"edited {town.one()}")


async def deletes(town: Town) -> None:
    member = await town.place(0)
    await messages.delete(town.services, member, (await town.words(member)).number)


async def reacts(town: Town) -> None:
    member = await town.place(town.one())
    await reactions.react(town.services, member, (await town.words(member)).number, "👍")


async def moves(town: Town) -> None:
    member = await town.place(0)
    one, other = await town.words(member), await town.words(member)
    await arrange.move(town.services, member, one.number, other.number, after=bool(town.one() % 2))


async def clears(town: Town) -> None:
    await floors.clear(town.services, await town.place(0))


async def comes(town: Town) -> None:
    await doors.join(town.services, town.people[town.one()][0], town.slug)


async def leaves(town: Town) -> None:
    await doors.leave(town.services, await town.place(1 + town.random.randrange(3)))


async def is_removed(town: Town) -> None:
    await members.remove(town.services, await town.place(0), town.people[2][0].id)


async def is_added(town: Town) -> None:
    await members.add(town.services, await town.place(0), town.people[2][0].name)


async def gets_a_role(town: Town) -> None:
    role = town.random.choice(("member", "moderator"))
    await members.set_role(town.services, await town.place(0), town.people[1][0].id, role)


async def goes_away_or_comes_back(town: Town) -> None:
    state: VisitState | None = town.random.choice(("here", "away", "closing", None))
    member = await town.place(town.one())
    await settle(town.services, town.house.worker, [Turn(member.room.id, member.person.id, state)])


async def goes_elsewhere(town: Town) -> None:
    await doors.join(town.services, town.people[town.one()][0], town.other)


async def is_renamed(town: Town) -> None:
    at = 2 + town.one() % 2
    person, token = town.people[at]
    await accounts.rename(town.services, person, f"Someone {town.random.randrange(1_000)}")
    town.people[at] = (await asking.recognise(town.services, token)).person, token


async def has_read(town: Town) -> None:
    member = await town.place(town.one())
    await unread.mark(town.services, member, Number(town.random.randint(0, member.room.head)))


async def changes_the_room(town: Town) -> None:
    choices = (
        {"name": f"Quay {town.one()}"}, {"topic": f"T {town.one()}"}, {"history": "joined"},
        {"history": "all"}, {"history": "visit"}, {"newcomers_see": "2"}, {"newcomers_see": "0"},
        {"who_posts": "moderators"}, {"who_posts": "everyone"}, {"keep": "10"}, {"keep": "0"},
        {"access": "code"}, {"access": "open"}, {"access": "private"}, {"who_clears": "owner"},
        {"lifetime": "ephemeral"}, {"lifetime": "kept"},
    )  # fmt: skip
    town.slug = await settings.change(town.services, await town.place(0), town.random.choice(choices))


async def gets_another_code(town: Town) -> None:
    await settings.new_code(town.services, await town.place(0))


async def talks_elsewhere(town: Town) -> None:
    who, token = town.people[town.one()]
    slug = town.random.choice((town.other, await town._direct(who)))
    await messages.post(town.services, (await asking.member(town.services, token, slug))[1], "There @Ann")


async def midnight(town: Town) -> None:
    town.house.now_ms += DAY_MS
    for _, token in town.people:
        await asking.recognise(town.services, token)


_DEEDS: tuple[Callable[[Town], Awaitable[None]], ...] = (
    says, says, says, answers, edits, deletes, reacts, moves, clears, comes, comes, leaves, is_removed,
    is_added, gets_a_role, goes_away_or_comes_back, goes_elsewhere, is_renamed, has_read, has_read,
    changes_the_room, changes_the_room, gets_another_code, talks_elsewhere, midnight,
)  # fmt: skip


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Assets.load(ROOT / "static"), "Parley")


@pytest.mark.parametrize("seed", range(RUNS))
async def test_a_page_of_kept_parts_is_the_page_as_it_is_now(
    house: House,
    renderer: Renderer,
    seed: int,
) -> None:
    house.services.session_ms = 1_000 * DAY_MS
    town = Town(house, renderer, seed)
    await town.begin()
    for _ in range(DEEDS):
        await town.check(await town.do())
    assert town.found > DEEDS  # or nothing was kept, and nothing shown


async def test_who_joined_on_another_worker_is_on_their_page(house: House, renderer: Renderer) -> None:
    town = Town(house, renderer, 0)
    await town.begin()
    deaf = town._page()  # of a worker that has not heard the bell yet
    await town.seen_by(town.people[1][1], town.slug, deaf)
    cy, token = town.people[2]
    await doors.join(town.services, cy, town.slug)
    assert f'id="one-u-{cy.id}"'.encode() in await town.seen_by(token, town.slug, deaf)


async def test_after_a_restore_nothing_of_before_is_shown(house: House, renderer: Renderer) -> None:
    town = Town(house, renderer, 0)
    await town.begin()
    (_, of_ann), (bo, of_bo) = town.people[:2]
    await doors.join(town.services, bo, town.other)
    member = (await asking.member(town.services, of_ann, town.other))[1]
    number = await messages.post(town.services, member, "Gone by a restore")
    before = await town.seen_by(of_bo, town.slug, town.page)

    def restore(tx: Tx) -> None:  # the room is at the same number, by another way
        stored.delete(tx, member.room.id, number, number, "author")
        changing.begin_lineage(tx, member.room.id)

    await town.services.db.write(restore)
    fresh = await town.seen_by(of_bo, town.slug, town._page())
    assert before != fresh
    assert await town.seen_by(of_bo, town.slug, town.page) == fresh
