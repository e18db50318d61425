"""A room in memory, wires that remember, and a clock that is set by hand."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from chat.core.changes import REPLAY_MAX, Change, Cursor, Floor, Replay, visible
from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.core.message import Message, Notice
from chat.core.person import Person, Session
from chat.core.problems import Unavailable
from chat.core.room import Member, Room, Settings
from chat.live.batch import Batch, End, Fragment
from chat.live.feed import Feed
from chat.live.reader import Reader
from chat.live.signals import Signals

ROOM = RoomId(7)
EPOCH = "abc"
ANN, BO = Person(PersonId(1), "Ann"), Person(PersonId(2), "Bo")


class Clock:
    """Stands in for `time` in a module under test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def set_clock(monkeypatch: pytest.MonkeyPatch, *modules: object) -> Clock:
    clock = Clock()
    for module in modules:
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


async def eventually(true: Callable[[], bool], what: str = "", within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, what or "it did not come about"
        await asyncio.sleep(0.002)


async def turns(count: int = 20) -> None:
    """Let everything run that can run without time passing."""
    for _ in range(count):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Store:
    """A room as the store has it, with reads that can be counted, held up or refused."""

    epoch: str = EPOCH
    head: int = 0
    things: dict[int, Message | Notice] = field(default_factory=dict)
    floor: Floor = field(default_factory=lambda: Floor(Number(0), Number(0)))
    reads: list[tuple[int, int]] = field(default_factory=list)
    away: bool = False
    gone: bool = False
    before_read: Callable[[], Awaitable[None]] | None = None
    after_read: Callable[[], Awaitable[None]] | None = None

    async def read(self, room: RoomId, since: Number, visible_from: Number) -> Replay | None:
        self.reads.append((since, visible_from))
        if self.before_read:
            await self.before_read()
        if self.away:
            raise Unavailable
        found = None if self.gone else self.snapshot(since, visible_from)
        if self.after_read:
            await self.after_read()
        return found

    def snapshot(self, since: int, visible_from: int = 0) -> Replay:
        changes: list[Change] = [
            thing
            for thing in self.things.values()
            if thing.change > since and visible(thing, Number(visible_from))
        ]
        changes.sort(key=lambda change: change.change)
        whole, changes = len(changes) <= REPLAY_MAX, changes[:REPLAY_MAX]
        if self.floor.change > since:
            changes = sorted([*changes, self.floor], key=lambda change: change.change)
        return Replay(self.epoch, Number(since), Number(self.head), tuple(changes), whole)

    def _next(self) -> Number:
        self.head += 1
        return Number(self.head)

    def post(self, author: Person = ANN, body: str = "") -> Number:
        n = self._next()
        self.things[n] = Message(n, n, n * 1000, author, body or f"m{n}", 0)
        return n

    def edit(self, number: int, body: str = "edited") -> Number:
        n = self._next()
        old = self.things[number]
        assert isinstance(old, Message)
        self.things[number] = replace(old, change=n, body=f"{body} {n}")
        return n

    def leave(self, person: Person) -> Number:
        n = self._next()
        self.things[n] = Notice(n, n, n * 1000, "left", person, 0, removes=person.id)
        return n

    def clear(self) -> Number:
        n = self._next()
        self.things = {number: thing for number, thing in self.things.items() if number > n}
        self.floor = Floor(n, n)
        return n


def render(slug: str, change: Change) -> Fragment:
    if isinstance(change, Floor):
        return Fragment(change, b"floor %d" % change.number, b"")
    words = change.body if isinstance(change, Message) else change.kind
    return Fragment(change, f"{change.number}@{change.change} {words}".encode(), b"")


class FakeWire:
    """Remembers what it was given; `full` while its bytes have not drained."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.ended: End | None = None
        self.full = False
        self.broken = False
        self.is_stale = False
        self.answers = 0

    def ready(self) -> bool:
        return not self.full

    def send(self, batch: Batch) -> bool:
        assert self.ended is None, "written to after the end"
        self.batches.append(batch)
        return not self.broken

    def answered(self) -> None:
        self.answers += 1

    def stale(self, now_s: float) -> bool:
        return self.is_stale

    def close(self, end: End) -> None:
        assert self.ended is None, "ended twice"
        self.ended = end

    @property
    def html(self) -> list[str]:
        return [fragment.html.decode() for batch in self.batches for fragment in batch.fragments]

    @property
    def numbers(self) -> list[int]:
        return [fragment.change for batch in self.batches for fragment in batch.fragments]

    @property
    def signals(self) -> list[bytes]:
        return [batch.signals for batch in self.batches if batch.signals]

    @property
    def reset(self) -> bool:
        return any(batch.reset for batch in self.batches)

    @property
    def mark(self) -> int:
        return self.batches[-1].mark.number


def member(person: Person = ANN, *, visible_from: int = 0, joined: int = 0, head: int = 0) -> Member:
    room = Room(ROOM, "harbour", "Harbour", "", Settings(), EPOCH, Number(head))
    return Member(person, room, "member", Number(visible_from), Number(joined))


def reader(wire: FakeWire, since: int = 0, who: Member | None = None, session: int = 1) -> Reader:
    who = who or member()
    return Reader(who, Session(SessionId(session), who.person), Cursor(EPOCH, Number(since)), wire)


class Running:
    """A feed that runs, over a store in memory."""

    def __init__(self, store: Store | None = None, at: int = 0) -> None:
        self.store = store or Store()
        self.feed = Feed(ROOM, "harbour", Cursor(EPOCH, Number(at)), self.store.read, render)

    async def __aenter__(self) -> "Running":
        self._task = asyncio.create_task(self.feed.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def join(self, since: int = 0, who: Member | None = None, wire: FakeWire | None = None) -> FakeWire:
        wire = wire or FakeWire()
        self.feed.add(reader(wire, since, who))
        return wire

    def reader(self, wire: FakeWire) -> Reader:
        """A reader of its own, with signals of its own, at the feed's head."""
        made = reader(wire, self.feed.head)
        made.own = Signals()
        return made

    async def ring(self) -> None:
        """Ring for the store's head and let the feed serve."""
        self.feed.ring(Number(self.store.head))
        await turns()


def assert_complete(wire: FakeWire, since: int) -> None:
    """The invariant: ranges follow one another without a hole, changes rise within and across them."""
    at = since
    for batch in wire.batches:
        assert batch.since <= at <= batch.mark.number
        assert all(batch.since < fragment.change <= batch.mark.number for fragment in batch.fragments)
        at = batch.mark.number
    assert wire.numbers == sorted(set(wire.numbers))
