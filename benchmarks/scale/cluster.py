"""Several real processes with Redis and PostgreSQL on this machine, and what each of them uses."""

import contextlib
import http.client
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import client, meter
from benchmarks.client import Doorman, Talker
from benchmarks.fan import Fan, Pace, Seen
from benchmarks.places import OURS, message
from benchmarks.readers import Reader, connect
from tests.servers import Parley, Postgres, Redis

ROOM = "/rooms/lobby"
SENDERS = 16  # people who post
BURST = 64
BELL_S = 0.001
SETTLE_S = 1.5  # for what a server does after it has answered: visits, lists of people


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that serves."""

    workers: list[Parley]
    redis: Redis | None = None
    postgres: Postgres | None = None

    def people(self, count: int, family: str = "Smith") -> list[str]:
        """That many new people, all in the room: their cookies."""
        doorman = Doorman(self.workers[0].port)
        return [doorman.enter(f"{family} {number}", ROOM) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds while something was done, and how long that took."""

    workers: Sequence[float]
    redis: float
    postgres: float
    client: float
    others: float  # of other programs on this machine
    took_s: float


@contextlib.contextmanager
def alone() -> Iterator[Running]:
    """One process on SQLite."""
    with tempfile.TemporaryDirectory(prefix="parley-scale-") as folder, contextlib.ExitStack() as stack:
        yield Running([_started(stack, Parley(Path(folder, "alone")))])


@contextlib.contextmanager
def processes(count: int) -> Iterator[Running]:
    """That many processes that share a Redis, and a PostgreSQL that waits for its disk."""
    with tempfile.TemporaryDirectory(prefix="parley-scale-") as folder, contextlib.ExitStack() as stack:
        redis = Redis(Path(folder, "redis"))
        stack.callback(redis.kill)
        redis.start()
        postgres = Postgres(durable=True)
        stack.callback(postgres.remove)
        postgres.start()
        made = [Parley(Path(folder, f"worker-{n}")) for n in range(count)]
        database, files = postgres.database(), str(Path(folder, "files"))
        for worker in made:
            worker.env |= {"REDIS_URL": redis.url, "DATABASE_URL": database, "CHAT_FILES_FOLDER": files}
        yield Running([_started(stack, worker) for worker in made], redis, postgres)


def _started(stack: contextlib.ExitStack, parley: Parley) -> Parley:
    stack.callback(parley.kill)
    parley.start()
    return parley


@contextlib.contextmanager
def readers(running: Running, people: Sequence[str], on: Sequence[int]) -> Iterator[list[Reader]]:
    """A websocket for each person, `on[n]` of them on worker `n`; closed at the end."""
    opened: list[Reader] = []
    rest = list(people)
    path = f"{ROOM}/live?since={Doorman(running.workers[0].port).cursor(ROOM, people[0])}"
    try:
        for worker, count in zip(running.workers, on, strict=True):
            theirs, rest = rest[:count], rest[count:]
            asking = [client.stream(path, websocket=True, cookie=cookie) for cookie in theirs]
            opened += connect(worker.port, asking, OURS, SETTLE_S / len(on))
        yield opened
    finally:
        for reader in opened:
            reader.socket.close()


def costing(running: Running) -> Callable[[], Cost]:
    """Begin to measure; call what this returns at the end."""
    stores = [server.pid for server in (running.redis, running.postgres) if server]
    ends = [meter.measured(pid) for pid in (*(worker.pid for worker in running.workers), *stores)]
    own, began = time.process_time(), time.perf_counter()

    def end() -> Cost:
        used = [end() for end in ends]
        seconds = [one.server_s for one in used]
        workers, others = seconds[: len(running.workers)], used[-1].others_s - sum(seconds[:-1])
        redis, postgres = seconds[len(running.workers) :] or (0.0, 0.0)
        client = time.process_time() - own
        return Cost(workers, redis, postgres, client, max(0.0, others), time.perf_counter() - began)

    return end


class Crowd:
    """Readers, and senders to some of the workers (all, if none is named) in turn."""

    def __init__(
        self, running: Running, people: Sequence[str], listening: Sequence[Reader], *to: Parley
    ) -> None:
        self._running, self._people = running, people[:SENDERS]
        ports = [worker.port for worker in to or running.workers]
        self._talkers = [Talker(ports[n % len(ports)]) for n in range(BURST)]
        self._fan = Fan(listening, self._talkers, OURS)
        self._said_before = 0

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for talker in self._talkers:
            talker.socket.close()

    def says(self, count: int, pace: Pace) -> tuple[Cost, Seen]:
        """Say that much and see it delivered. Raises `SystemExit` if something was lost or doubled."""
        end = costing(self._running)
        seen = self._fan.run(self._said, count, pace)
        self._said_before += count
        if seen.wrong:
            raise SystemExit(f"{seen.wrong} deliveries were missing, doubled or in disorder")
        return end(), seen

    def _said(self, number: int) -> bytes:
        cookie = self._people[number % len(self._people)]
        nonce = f"scale-{id(self)}-{self._said_before + number}"
        return client.post(ROOM, cookie, message(number), nonce)


def marks(running: Running, to: Parley, people: Sequence[str], count: int) -> Cost:
    """Have people tell what they have read, to and fro so that it is always news."""
    connection = http.client.HTTPConnection("127.0.0.1", to.port, timeout=client.ANSWER_S)
    end = costing(running)
    for number in range(count):
        head = {"Cookie": people[number % len(people)], "HX-Request": "true"}
        head["Content-Type"] = "application/x-www-form-urlencoded"
        form = f"number={1 + number // len(people) % 2}"
        connection.request("POST", f"{ROOM}/read", form, head)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise SystemExit(f"read: {answer.status}")
    return end()


def pages(running: Running, to: Parley, people: Sequence[str], count: int) -> Cost:
    """Have people look at the room, packed as browsers have it."""
    doorman = Doorman(to.port)
    end = costing(running)
    for number in range(count):
        doorman.get(ROOM, people[number % len(people)], **{"Accept-Encoding": "gzip"})
    return end()


def bells(running: Running, count: int, hearers: int) -> float:
    """CPU seconds of Redis for that many bells, one after the other, each heard by so many."""
    assert running.redis
    with contextlib.ExitStack() as stack:
        dial = partial(socket.create_connection, ("127.0.0.1", running.redis.port), timeout=client.ANSWER_S)
        ears = [stack.enter_context(dial()) for _ in range(hearers)]
        for ear in ears:
            ear.sendall(b"SUBSCRIBE scale\r\n")
            ear.recv(1 << 10)
        rings = stack.enter_context(dial())
        end = meter.measured(running.redis.pid)
        for _ in range(count):
            rings.sendall(b"PUBLISH scale 0123456789abcdef-head:1000-100000\r\n")
            rings.recv(1 << 10)
            for ear in ears:
                ear.recv(1 << 12)
            time.sleep(BELL_S)  # back to back, a bell costs a third: Redis does not go to sleep between
        return end().server_s
