"""What is measured, scene by scene, each on a server just started."""

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import client, meter
from benchmarks.client import Doorman, Talker
from benchmarks.fan import Fan, Pace, Reader, Seen, connect
from benchmarks.weight import Row, first_visit
from tests.servers import Parley

ROOM = "/rooms/lobby"
SENDERS = 16  # people who post, and how many posts are under way flat out
BURST = 64
A_SECOND = 10.0
WORDS = "and then a line of the length that people write in rooms like this one."


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    readers: int = 1_000
    messages: int = 320  # flat out and in bursts
    paced: int = 100  # ten a second
    posts: int = 2_000
    pages: int = 400
    settle_s: float = 1.5  # for what a server does after it has answered: visits, lists of people


def delivery(kind: str, size: Size) -> Iterator[Row]:
    """Readers of one room over one transport: connecting, idle memory, what a message costs each."""
    name = {"live": "websocket", "events": "SSE"}[kind]
    with server("chat:app") as parley:
        people = enter(parley.port, max(size.readers, SENDERS))
        time.sleep(size.settle_s)
        before, end = meter.memory_kib(parley.pid), meter.measured(parley.pid)
        cursor = Doorman(parley.port).cursor(ROOM, people[0])
        asking = [client.stream(ROOM, cookie, kind, cursor) for cookie in people[: size.readers]]
        readers = connect(parley.port, asking, size.settle_s)
        grown = meter.memory_kib(parley.pid) - before
        yield Row(f"{name}: connect", f"{end().server_s / size.readers * 1e6:.0f}", "CPU µs")
        yield Row(f"{name}: an idle connection", f"{grown / size.readers:.1f}", "KiB")
        talkers = [Talker(parley.port) for _ in range(BURST)]
        yield from _paces(name, parley, readers, talkers, people, size)


def _paces(
    name: str, parley: Parley, readers: Sequence[Reader], talkers: Sequence[Talker],
    people: Sequence[str], size: Size,
) -> Iterator[Row]:  # fmt: skip
    flat, bursts = Fan(readers, talkers[:SENDERS]), Fan(readers, talkers)
    flat.run(Said("warm", people), SENDERS)
    runs = [
        (f"flat out, {SENDERS} under way", flat, size.messages, Pace()),
        (f"bursts of {BURST}", bursts, size.messages, Pace(burst=BURST)),
        (f"{A_SECOND:.0f} a second", flat, size.paced, Pace(a_second=A_SECOND)),
    ]
    for words, fan, messages, pace in runs:
        end = meter.measured(parley.pid)
        seen = fan.run(Said(words, people), messages, pace)
        used = end()
        if seen.wrong:
            raise SystemExit(f"{name}, {words}: {seen.wrong} deliveries were missing, doubled or in disorder")
        deliveries = messages * len(readers)
        note = f"CPU µs a delivery{noise(used, seen)}"
        yield Row(f"{name}: {words}", f"{used.server_s / deliveries * 1e6:.2f}", note)
    yield Row(f"{name}: {words}, latency p50 / p99", times(seen.delivered_s), "ms")
    bursts.close()


def requests(size: Size) -> Iterator[Row]:
    """Pages and posts, after a bare Quart's in the same minute, and what a first visit weighs."""
    with server("benchmarks.hello:app") as hello:
        yield from _gets("bare Quart hello", hello, client.get("/"), size.pages * 2)
    with server("benchmarks.commit:app") as commit:
        bare = Fan((), [Talker(commit.port) for _ in range(SENDERS)])
        bare.run(Said("filling", ("",)), 50)
        yield from _posts("bare Quart post", commit, bare, ("",), size.posts)
        bare.close()
    with server("chat:app") as parley:
        people = enter(parley.port, SENDERS)
        fan = Fan((), [Talker(parley.port) for _ in people])
        fan.run(Said("filling", people), 50)
        yield from first_visit(parley.port, ROOM, people[0])
        for name, encoding in (("room page", "gzip"), ("room page, not packed", "identity")):
            yield from _gets(name, parley, client.get(ROOM, people[0], encoding), size.pages)
        yield from _posts("post", parley, fan, people, size.posts)
        fan.close()


def _posts(name: str, parley: Parley, fan: Fan, people: Sequence[str], count: int) -> Iterator[Row]:
    """Senders who wait for each answer, which says that the message is on the disk."""
    end = meter.measured(parley.pid)
    seen = fan.run(Said("posts", people), count)
    used = end()
    yield Row(f"{name}, on disk, {SENDERS} senders", f"{count / seen.took_s:.0f}", "a second")
    yield Row(name, f"{used.server_s / count * 1e6:.0f}", f"CPU µs{noise(used, seen)}")
    yield Row(f"{name}, latency p50 / p99", times(seen.answered_s), "ms")


def _gets(name: str, served: Parley, request: bytes, count: int) -> Iterator[Row]:
    fan = Fan((), [Talker(served.port) for _ in range(4)])
    fan.run(lambda _: request, 8)
    end = meter.measured(served.pid)
    seen = fan.run(lambda _: request, count)
    used = end()
    fan.close()
    yield Row(name, f"{count / seen.took_s:.0f}", "a second")
    yield Row(name, f"{used.server_s / count * 1e6:.0f}", f"CPU µs{noise(used, seen)}")


class Said:
    """Requests that say something, each person in turn. The number in the text is how readers know it."""

    def __init__(self, run: str, people: Sequence[str]) -> None:
        self._run, self._people = run.replace(" ", "-"), people[:SENDERS]

    def __call__(self, number: int) -> bytes:
        cookie = self._people[number % len(self._people)]
        return client.post(ROOM, cookie, f"said-{number}- {WORDS}", f"{self._run}-{number}")


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


def times(values_s: Iterable[float]) -> str:
    """Median and 99th percentile, in milliseconds."""
    cuts = statistics.quantiles(values_s, n=100)
    return f"{cuts[49] * 1000:.1f} / {cuts[98] * 1000:.1f}"


def noise(used: meter.Used, seen: Seen) -> str:
    """A word of warning if the machine had other things to do."""
    share = used.others_s / seen.took_s / (os.cpu_count() or 1)
    return f", others took {share:.0%} of the machine" if share > 0.05 else ""
