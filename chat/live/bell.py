"""The bell: tells every worker that something can be read. It may be late, doubled or lost."""

import asyncio
import contextlib
import logging
import secrets
from typing import Protocol

from redis import asyncio as redis
from redis.exceptions import RedisError

from chat.core.ids import Number, PersonId, RoomId, SessionId
from chat.live.tasks import Tasks, forever

CHANNEL = "parley:bell"  # and the house: a Redis may serve several
RETRY_S = 0.5  # between attempts to reach Redis; a bell missed meanwhile is repaired by the sweep
CONNECT_S = 2.0
SILENCE_S = 5.0  # without a word from Redis for this long, ask whether it is still there

log = logging.getLogger("parley.bell")


class Listener(Protocol):
    """What a worker does when the bell rings."""

    def rang(self, room: RoomId, head: Number) -> None:
        """The room is at `head`."""

    def people_changed(self, room: RoomId) -> None:
        """Somebody came, went, or is away in the room."""

    def sessions_ended(self) -> None:
        """Some sessions have ended: ask which."""

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        """A page that reads the room by event stream has said that it is alive."""

    def person_changed(self, person: PersonId) -> None:
        """The rooms of this person, or what they are called, have changed."""

    def read(self, room: RoomId, person: PersonId) -> None:
        """The person has read something of the room, or will have it unread again."""

    def typing(self, room: RoomId, person: PersonId) -> None:
        """The person writes something in the room."""

    def rooms_changed(self) -> None:
        """The list of rooms that everybody sees has changed."""

    def bell_restored(self) -> None:
        """Bells may have been missed: read everything anew."""

    def bell_silent(self) -> None:
        """Other workers cannot be heard: said again and again as long as that lasts."""


class Bell:
    """Rings for the listener in this process, at once; alone it needs nothing else.

    The kinds of news are words of two or three parts, the same ones that go over Redis.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def start(self, house: str = "") -> None:
        """Begin to hear what other workers of the same house, which is of the same database, ring."""

    async def stop(self) -> None:
        """Ring what is left to ring, and end."""

    @property
    def connected(self) -> bool:
        """Whether the other workers can be heard."""
        return True

    def ring(self, room: RoomId, head: Number) -> None:
        """Tell all workers that the room is at `head`."""
        self._listener.rang(room, head)
        self._tell(f"head:{room}", head)

    def people_changed(self, room: RoomId) -> None:
        """Tell all workers that the room's list of people has changed."""
        self._listener.people_changed(room)
        self._tell(f"people:{room}")

    def sessions_ended(self) -> None:
        """Tell all workers that sessions have ended."""
        self._listener.sessions_ended()
        self._tell("ended:")

    def page_alive(self, session: SessionId, room: RoomId) -> None:
        """Tell all workers that a page reading the room by event stream is alive."""
        self._listener.page_alive(session, room)
        self._tell(f"alive:{session}:{room}")

    def person_changed(self, person: PersonId) -> None:
        """Tell all workers that the rooms of this person, or what they are called, have changed."""
        self._listener.person_changed(person)
        self._tell(f"person:{person}")

    def read(self, room: RoomId, person: PersonId) -> None:
        """Tell all workers that the person's read mark in the room has moved."""
        self._listener.read(room, person)
        self._tell(f"read:{room}:{person}")

    def typing(self, room: RoomId, person: PersonId) -> None:
        """Tell all workers that the person writes something in the room."""
        self._listener.typing(room, person)
        self._tell(f"typing:{room}:{person}")

    def rooms_changed(self) -> None:
        """Tell all workers that the list of rooms has changed."""
        self._listener.rooms_changed()
        self._tell("rooms:")

    def _tell(self, news: str, value: int = 0) -> None:
        """Pass news to other workers; later news of the same name takes the place of earlier."""


class RedisBell(Bell):
    """Rings in every process that shares a Redis. Nobody ever waits for it.

    News piles up in a dict while a publish is under way, so a busy worker sends few, larger messages
    and a Redis that hangs holds nothing but the latest head of each room.
    """

    def __init__(self, listener: Listener, url: str) -> None:
        super().__init__(listener)
        self._me = secrets.token_hex(4)
        self._channel = CHANNEL
        self._redis = redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S, retry_on_timeout=False
        )
        self._pending: dict[str, int] = {}
        self._ringing = asyncio.Event()
        self._tasks = Tasks()
        self._heard = False

    @property
    def connected(self) -> bool:
        return self._heard

    async def start(self, house: str = "") -> None:
        self._channel = f"{CHANNEL}:{house}"
        self._tasks.start(forever(RETRY_S, self._publish_forever))
        self._tasks.start(forever(RETRY_S, self._listen_forever))

    async def stop(self) -> None:
        with contextlib.suppress(RedisError, OSError, asyncio.TimeoutError):
            await asyncio.wait_for(self._publish(), CONNECT_S)
        self._tasks.cancel()
        with contextlib.suppress(RedisError, OSError):
            await self._redis.aclose()

    def _tell(self, news: str, value: int = 0) -> None:
        self._pending[news] = max(value, self._pending.get(news, 0))
        self._ringing.set()

    async def _publish_forever(self) -> None:
        while True:
            await self._ringing.wait()
            self._ringing.clear()
            try:
                await self._publish()
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_S)  # the news is lost with it: other workers sweep

    async def _publish(self) -> None:
        news, self._pending = self._pending, {}
        if news:
            lines = "\n".join(f"{name} {value}" for name, value in news.items())
            await self._redis.publish(self._channel, f"{self._me}\n{lines}")

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                if self._heard:
                    log.warning("Redis cannot be reached (%s); other workers' news comes by the sweep", error)
            finally:
                self._heard = False
            self._listener.bell_silent()
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            asked = False
            while True:
                message = await pubsub.get_message(timeout=SILENCE_S)
                if message is None and asked:
                    raise TimeoutError("no answer to a ping")
                asked = message is None
                if message is None:
                    await asyncio.wait_for(pubsub.ping(), CONNECT_S)
                elif message["type"] == "subscribe":
                    self._heard = True
                    self._listener.bell_restored()
                elif message["type"] == "message":
                    self._hear(message["data"].decode(errors="replace"))

    def _hear(self, text: str) -> None:
        sender, *news = text.split("\n")
        if sender == self._me:
            return  # rung here already
        for line in news:
            try:
                self._hear_line(line)
            except (ValueError, IndexError):
                log.warning("the bell was rung with what is no news: %.80r", line)

    def _hear_line(self, line: str) -> None:
        name, _, value = line.rpartition(" ")
        kind, *numbers = name.split(":")
        match kind:
            case "head":
                self._listener.rang(RoomId(int(numbers[0])), Number(int(value)))
            case "people":
                self._listener.people_changed(RoomId(int(numbers[0])))
            case "ended":
                self._listener.sessions_ended()
            case "alive":
                self._listener.page_alive(SessionId(int(numbers[0])), RoomId(int(numbers[1])))
            case "person":
                self._listener.person_changed(PersonId(int(numbers[0])))
            case "read":
                self._listener.read(RoomId(int(numbers[0])), PersonId(int(numbers[1])))
            case "typing":
                self._listener.typing(RoomId(int(numbers[0])), PersonId(int(numbers[1])))
            case "rooms":
                self._listener.rooms_changed()
            case _:
                pass  # a newer worker's news: during a rolling restart both versions run
