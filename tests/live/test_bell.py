"""Both bells keep one contract; the one over Redis survives Redis."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis import asyncio as redis_client

from chat.core.changes import Replay
from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.live import redis_bell as module
from chat.live.bell import Bell
from chat.live.redis_bell import RedisBell
from tests.live.fakes import eventually
from tests.servers import Redis

ROOM, OTHER = RoomId(7), RoomId(8)


@dataclass(slots=True)
class Ears:
    """Remembers what it heard."""

    heard: list[tuple[object, ...]] = field(default_factory=list)
    restored: int = 0
    silent: int = 0

    def rang(self, room: RoomId, head: Number, news: Replay | None = None) -> None:
        self.heard.append(("head", room, head))

    def people_changed(self, room: RoomId) -> None:
        self.heard.append(("people", room))

    def sessions_ended(self) -> None:
        self.heard.append(("ended",))

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        self.heard.append(("alive", session, room))

    def person_changed(self, person: PersonId) -> None:
        self.heard.append(("person", person))

    def read(self, room: RoomId, person: PersonId) -> None:
        self.heard.append(("read", room, person))

    def typing(self, room: RoomId, person: PersonId) -> None:
        self.heard.append(("typing", room, person))

    def rooms_changed(self) -> None:
        self.heard.append(("rooms",))

    def bell_restored(self) -> None:
        self.restored += 1

    def bell_silent(self) -> None:
        self.silent += 1


@asynccontextmanager
async def running(bell: Bell) -> AsyncIterator[Bell]:
    await bell.start()
    try:
        await eventually(lambda: bell.connected)
        yield bell
    finally:
        await bell.stop()


@pytest.fixture(params=["alone", "over Redis"])
def kind(request: pytest.FixtureRequest) -> str | None:
    """What a bell is made with: nothing, or the address of a Redis."""
    return None if request.param == "alone" else str(request.getfixturevalue("redis_url"))


def make(kind: str | None, ears: Ears) -> Bell:
    return RedisBell(ears, kind) if kind else Bell(ears)


async def test_the_own_process_hears_at_once_and_once(kind: str | None) -> None:
    ears = Ears()
    async with running(make(kind, ears)) as bell:
        bell.ring(ROOM, Number(5))
        bell.people_changed(ROOM)
        bell.sessions_ended()
        bell.page_alive(SessionId(3), ROOM)
        told = [("head", ROOM, 5), ("people", ROOM), ("ended",), ("alive", 3, ROOM)]
        assert ears.heard == told
        await asyncio.sleep(0.1)
        assert ears.heard == told, "its own news does not come back to it"


async def test_a_bell_that_stops_may_be_rung_and_stopped_again(kind: str | None) -> None:
    ears = Ears()
    async with running(make(kind, ears)) as bell:
        await bell.stop()
        bell.ring(ROOM, Number(5))
    assert ears.heard == [("head", ROOM, 5)]


@asynccontextmanager
async def two(url: str) -> AsyncIterator[tuple[Bell, Ears]]:
    """A bell, and the ears of another worker."""
    async with AsyncExitStack() as stack:
        ears = Ears()
        await stack.enter_async_context(running(RedisBell(ears, url)))
        yield await stack.enter_async_context(running(RedisBell(Ears(), url))), ears


async def ring(bell: Bell, news: bytes) -> None:
    """Have other workers hear exactly this."""
    assert isinstance(bell, RedisBell)
    async with redis_client.Redis(connection_pool=bell._pool) as client:
        await client.publish(bell._channel, news)


async def test_other_workers_hear_everything(redis_url: str) -> None:
    async with two(redis_url) as (bell, ears):
        bell.ring(ROOM, Number(5))
        bell.people_changed(ROOM)
        bell.sessions_ended()
        bell.page_alive(SessionId(3), ROOM)
        await eventually(lambda: len(ears.heard) == 4)
        assert set(ears.heard) == {("head", ROOM, 5), ("people", ROOM), ("ended",), ("alive", 3, ROOM)}


async def test_of_many_rings_the_last_head_arrives_and_few_messages_are_sent(redis_url: str) -> None:
    async with two(redis_url) as (bell, ears):
        for head in range(1, 501):
            bell.ring(ROOM, Number(head))
        bell.ring(OTHER, Number(1))
        await eventually(lambda: ("head", ROOM, 500) in ears.heard and ("head", OTHER, 1) in ears.heard)
        assert len(ears.heard) < 20


async def test_what_can_wait_goes_with_what_cannot(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_S", 1000.0)
    async with two(redis_url) as (bell, ears):
        for person in range(1, 4):
            bell.read(ROOM, PersonId(person))
        bell.ring(ROOM, Number(5))
        await eventually(lambda: len(ears.heard) == 4)
        monkeypatch.setattr(module, "REST_S", 0.01)
        bell.read(ROOM, PersonId(4))
        await eventually(lambda: ("read", ROOM, 4) in ears.heard, "it does not wait for ever")


async def test_what_is_rung_just_before_a_stop_is_heard(redis_url: str) -> None:
    async with two(redis_url) as (bell, ears):
        for head in range(1, 6):
            bell.ring(ROOM, Number(head))
            await asyncio.sleep(0)
        await bell.stop()
        await eventually(lambda: ears.heard[-1:] == [("head", ROOM, 5)])


async def test_what_is_rung_while_redis_is_away_is_bounded(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PENDING_MAX", 3)
    redis.kill()
    async with AsyncExitStack() as stack:
        ears = Ears()
        rings = RedisBell(Ears(), redis.url)
        await rings.start()
        stack.push_async_callback(rings.stop)
        for room in range(1, 100):
            rings.ring(RoomId(room), Number(1))
        redis.start()
        await stack.enter_async_context(running(RedisBell(ears, redis.url)))
        await eventually(lambda: rings.connected)
        rings.ring(ROOM, Number(9))
        await eventually(lambda: ("head", ROOM, 9) in ears.heard)
        assert len(ears.heard) <= 4


async def test_what_is_said_in_passing_is_not_told_once_redis_is_back(redis_url: str) -> None:
    ears, rings = Ears(), RedisBell(Ears(), redis_url)
    async with running(RedisBell(ears, redis_url)):
        rings.typing(ROOM, PersonId(3))  # nobody can hear it: they have stopped writing by then
        rings.ring(ROOM, Number(5))
        async with running(rings):
            await eventually(lambda: ("head", ROOM, 5) in ears.heard)
            rings.typing(ROOM, PersonId(4))
            await eventually(lambda: ("typing", ROOM, 4) in ears.heard)
    assert ("typing", ROOM, 3) not in ears.heard


async def test_news_of_a_newer_worker_is_passed_over(redis: Redis) -> None:
    async with two(redis.url) as (bell, ears):
        await ring(bell, b"someone\nfuture:1:2 3\nhead:7 9")
        await eventually(lambda: ears.heard == [("head", ROOM, 9)])


@pytest.mark.parametrize("line", [b"head:x 1", b"head 1", b"alive:1 0", b"head:7 \xff", b"", b"head:7"])
async def test_garbled_news_is_passed_over_and_the_next_is_heard(redis: Redis, line: bytes) -> None:
    async with two(redis.url) as (bell, ears):
        await ring(bell, b"someone\n" + line + b"\nhead:7 9")
        await eventually(lambda: ears.heard == [("head", ROOM, 9)])
        bell.ring(ROOM, Number(10))
        await eventually(lambda: ("head", ROOM, 10) in ears.heard)


async def test_a_listener_that_fails_is_told_the_next_news(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    async with two(redis.url) as (bell, ears):
        monkeypatch.setattr(Ears, "sessions_ended", lambda self: dict[str, int]()["unforeseen"])
        await ring(bell, b"someone\nended: 0")
        await eventually(lambda: ears.restored == 2, "it did not listen again")
        bell.ring(ROOM, Number(10))
        await eventually(lambda: ("head", ROOM, 10) in ears.heard)


async def test_houses_that_share_a_redis_do_not_hear_each_other(redis: Redis) -> None:
    mine, theirs = Ears(), Ears()
    bells = [RedisBell(Ears(), redis.url), RedisBell(mine, redis.url), RedisBell(theirs, redis.url)]
    for bell, house in zip(bells, ("a", "a", "b"), strict=True):
        await bell.start(house)
    try:
        await eventually(lambda: all(bell.connected for bell in bells))
        bells[0].ring(ROOM, Number(5))
        await eventually(lambda: mine.heard == [("head", ROOM, 5)])
        await ring(bells[2], b"someone\nhead:7 1")
        await eventually(lambda: theirs.heard == [("head", ROOM, 1)])
    finally:
        for bell in bells:
            await bell.stop()


async def test_a_redis_that_dies_and_comes_back_restores_the_bell(redis: Redis) -> None:
    async with two(redis.url) as (bell, ears):
        assert ears.restored == 1
        redis.kill()
        await eventually(lambda: not bell.connected)
        await eventually(lambda: ears.silent > 1, "it says again and again that it hears nothing")
        bell.ring(ROOM, Number(5))  # lost, and nobody waits for it
        redis.start()
        await eventually(lambda: bell.connected and ears.restored == 2)
        await asyncio.sleep(0)
        bell.ring(ROOM, Number(6))
        await eventually(lambda: ("head", ROOM, 6) in ears.heard)


async def test_it_starts_without_redis_and_connects_when_that_comes(redis: Redis) -> None:
    redis.kill()
    ears = Ears()
    bell = RedisBell(ears, redis.url)
    await bell.start()
    try:
        bell.ring(ROOM, Number(1))
        assert not bell.connected
        assert ears.heard == [("head", ROOM, 1)]
        redis.start()
        await eventually(lambda: bell.connected)
        assert ears.restored == 1
    finally:
        await bell.stop()


async def test_a_redis_that_hangs_is_noticed_and_the_bell_restored_after_it(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 0.2)
    monkeypatch.setattr(module, "CONNECT_S", 0.5)
    async with two(redis.url) as (bell, ears):
        await asyncio.sleep(0.7)
        assert bell.connected, "silence alone is no fault"
        os.kill(redis.pid, signal.SIGSTOP)
        try:
            await eventually(lambda: not bell.connected, "nothing comes from it any more")
        finally:
            os.kill(redis.pid, signal.SIGCONT)
        await eventually(lambda: bell.connected and ears.restored > 1)
