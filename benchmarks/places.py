"""Servers to be measured: each spoken to in its own way, and given the same work."""

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import client
from benchmarks.client import Doorman
from benchmarks.readers import Dialect
from tests.servers import Parley

WEBSOCKET, SSE = "websocket", "SSE"
ROOM = "/rooms/lobby"
SENDERS = 16  # people who post, and how many posts are under way flat out
MESSAGE_BYTES = 450
WORDS = "and then a line of the length that people write in rooms like this one."
OURS = Dialect(
    re.compile(rb'<li class="msg[^>]*? data-number="(\d+)".*?said-(\d+)-', re.DOTALL),
    mark=b"</i>",
    ready=b"</i>",
)


class NotRun(Exception):
    """A peer that cannot be started here; says why."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    readers: int = 1_000
    messages: int = 320  # flat out and in bursts
    paced: int = 50  # ten a second
    posts: int = 2_000
    pages: int = 400
    writing_s: float = 3.0  # somebody alone, before pages are asked for beside them
    settle_s: float = 1.5  # for what a server does after it has answered: visits, lists of people


@dataclass(frozen=True, slots=True)
class Place:
    """A server that serves, and how to speak with it."""

    port: int
    pid: int
    dialect: Dialect
    streams: Callable[[], Sequence[bytes]]  # a request for each reader
    said: Callable[[str], Callable[[int], bytes]]  # by the name of a run: its requests, by their number


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program to be measured. `open` raises `NotRun`."""

    name: str
    kinds: tuple[str, ...]
    open: Callable[[str, Size], AbstractContextManager[Place]]
    version: Callable[[], str]


def message(number: int) -> str:
    """What is said, of `MESSAGE_BYTES`. Readers know it by its number, and its end by its last word."""
    start, end = f"said-{number}- {WORDS} ", " over."
    return (start + WORDS * 6)[: MESSAGE_BYTES - len(end)] + end


class Said:
    """Requests that say something in a room of ours, each person in turn."""

    def __init__(
        self, run: str, people: Sequence[str], text: Callable[[int], str] = message, room: str = ROOM
    ) -> None:
        self._run, self._people, self._text = run.replace(" ", "-"), people[:SENDERS], text
        self._room = room

    def __call__(self, number: int) -> bytes:
        cookie = self._people[number % len(self._people)]
        return client.post(self._room, cookie, self._text(number), f"{self._run}-{number}")


@contextlib.contextmanager
def ours(kind: str, size: Size) -> Iterator[Place]:
    """This program as it is deployed, each reader a person of their own who has entered the room."""
    with server("chat:app") as parley:
        people = enter(parley.port, max(size.readers, SENDERS))
        time.sleep(size.settle_s)

        def streams() -> Sequence[bytes]:
            path = {WEBSOCKET: f"{ROOM}/live", SSE: f"{ROOM}/events"}[kind]
            path += f"?since={Doorman(parley.port).cursor(ROOM, people[0])}"
            cookies = people[: size.readers]
            return [client.stream(path, websocket=kind == WEBSOCKET, cookie=one) for one in cookies]

        yield Place(parley.port, parley.pid, OURS, streams, lambda run: Said(run, people))


@contextlib.contextmanager
def server(target: str) -> Iterator[Parley]:
    """A server as it is deployed, with the shipped settings, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        parley = Parley(Path(folder))
        parley.command[-1] = target
        try:
            parley.start()
            yield parley
        finally:
            parley.kill()


def enter(port: int, count: int) -> list[str]:
    """That many people, all in the room: their cookies."""
    doorman = Doorman(port)
    return [doorman.enter(f"Person {number}", ROOM) for number in range(count)]
