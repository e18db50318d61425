"""Moments between two awaits of a hub, made to happen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat.core.changes import Change, Cursor, Replay
from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.core.message import Message
from chat.core.person import Person, Session
from chat.core.room import Member, Room, Settings
from chat.live.batch import Batch, End, Fragment
from chat.live.hub import Hub, Sources
from tests.faults.http import until

ANN = Person(PersonId(1), "Ann")


@dataclass
class Wire:
    """Takes everything, at once."""

    batches: list[Batch] = field(default_factory=list)
    end: End | None = None

    @property
    def numbers(self) -> list[int]:
        return [fragment.number for batch in self.batches for fragment in batch.fragments]

    @property
    def signals(self) -> list[bytes]:
        return [batch.signals for batch in self.batches if batch.signals]

    def ready(self) -> bool:
        return True

    def send(self, batch: Batch) -> bool:
        self.batches.append(batch)
        return True

    def answered(self) -> None: ...

    def stale(self, now_s: float) -> bool:
        return False

    def close(self, end: End) -> None:
        self.end = end


@dataclass
class Stage:
    """A room of `head` messages in place of a store, and a hub over it without bell and sweep."""

    head: int = 0
    ended: list[int] = field(default_factory=list)
    render_fails: bool = False
    people: bytes = b"<people>"
    hub: Hub = field(init=False)

    def __post_init__(self) -> None:
        self.hub = Hub(
            Sources(
                self.read,
                self.render,
                self.heads,
                self.endings,
                self.list_people,
                rooms=self.nothing,
                typing=self.nothing,
                lists=self.nobody,
                badges=self.nobody,
            )
        )

    async def nothing(self, *_asked: object) -> bytes:
        return b""

    async def nobody(self, *_asked: object) -> dict[PersonId, Any]:
        return {}

    def member(self, *, room: int = 1) -> Member:
        place = Room(RoomId(room), "r", "R", "", Settings(), "e", Number(self.head))
        return Member(ANN, place, "member", Number(0), Number(0))

    def post(self, count: int = 1, *, ring: bool = True) -> None:
        self.head += count
        if ring:
            self.hub.rang(RoomId(1), Number(self.head))

    async def read(self, room: RoomId, since: Number, visible_from: Number) -> Replay | None:
        head = self.head
        await asyncio.sleep(0)
        changes = [
            Message(Number(n), Number(n), n, ANN, f"said {n}", 0, None, None, None)
            for n in range(since + 1, head + 1)
        ]
        return Replay("e", since, Number(head), tuple(changes[:500]), whole=len(changes) <= 500)

    def render(self, slug: str, change: Change) -> Fragment:
        if self.render_fails:
            raise ValueError("a bug")
        return Fragment(change, b"<li>", b"")

    async def heads(self, rooms):
        return {room: Cursor("e", Number(self.head)) for room in rooms}

    async def endings(self, since: int):
        return len(self.ended), [SessionId(session) for session in self.ended[since:]]

    async def list_people(self, room: RoomId) -> bytes:
        return self.people


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    await made.hub.stop()


@contextlib.contextmanager
def following(stage: Stage, since: int, wire: Wire, session: int = 1):
    where = Cursor("e", Number(since))
    reader = stage.hub.follow(stage.member(), Session(SessionId(session), ANN), where, wire)
    try:
        yield
    finally:
        stage.hub.leave(reader)


async def test_a_bell_that_names_a_head_beyond_the_stores_does_not_deafen_a_feed(stage: Stage) -> None:
    """Another installation on the same Redis, or a bell from before a restore."""
    wire = Wire()
    with following(stage, 0, wire):
        stage.post()
        await until(lambda: wire.numbers == [1], "the first arrives", 2)
        stage.hub.rang(RoomId(1), Number(1_000))
        await asyncio.sleep(0.05)
        stage.post()
        await until(lambda: wire.numbers == [1, 2], "the second arrives", 2)


async def test_a_page_that_was_away_for_long_is_given_the_passing_state_too(stage: Stage) -> None:
    present, back = Wire(), Wire()
    stage.post(600, ring=False)
    with following(stage, 600, present):
        stage.hub.people_changed(RoomId(1))
        await until(lambda: present.signals == [b"<people>"], "who is there sees the list", 5)
        with following(stage, 300, back):
            await until(lambda: back.numbers == list(range(301, 601)), "the replay arrives", 2)
            await until(lambda: back.signals == [b"<people>"], "the list follows", 2)


async def test_passing_state_that_changes_during_a_delivery_reaches_everybody(stage: Stage) -> None:
    wires = [Wire() for _ in range(1000)]
    with contextlib.ExitStack() as stack:
        for wire in wires:
            stack.enter_context(following(stage, 0, wire))
        await until(lambda: all(wire.batches for wire in wires), "all are greeted", 2)
        feed = stage.hub._feeds[RoomId(1)]
        feed.signal("people", b"<old>")
        for _ in range(100):  # turns of the loop, until delivery has begun
            if any(wire.signals for wire in wires):
                break
            await asyncio.sleep(0)
        assert not all(wire.signals for wire in wires), "delivery is over"
        feed.signal("people", b"<new>")
        await until(lambda: all(wire.signals[-1:] == [b"<new>"] for wire in wires), "all have the new", 2)


async def test_who_comes_in_while_the_hub_stops_is_sent_back(stage: Stage) -> None:
    wire = Wire()
    await stage.hub.stop()
    with following(stage, 0, wire):
        assert wire.end is End.RESTART


async def test_a_session_that_ends_while_its_stream_opens_gets_no_stream(stage: Stage) -> None:
    """It was recognised before it ended, and is followed after its end was dealt with."""
    before, wire, other = Wire(), Wire(), Wire()
    with following(stage, 0, before, session=7):
        stage.ended.append(7)
        await stage.hub.sweep()
        assert before.end is End.DENIED
    with following(stage, 0, wire, session=7), following(stage, 0, other, session=8):
        assert wire.end is End.DENIED
        stage.post()
        await until(lambda: other.numbers == [1], "others read on", 2)
        assert wire.numbers == []


async def test_a_feed_that_breaks_sends_its_readers_back_and_is_made_anew(stage: Stage) -> None:
    wire, again = Wire(), Wire()
    with following(stage, 0, wire):
        stage.render_fails = True
        stage.post()
        await until(lambda: wire.end is End.RESTART, "its reader is told to come back", 2)
    stage.render_fails = False
    with following(stage, 0, again):
        await until(lambda: again.numbers == [1], "a new feed serves", 2)
