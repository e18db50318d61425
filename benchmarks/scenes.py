"""Posts, pages and a first visit: what is measured beside deliveries."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence

from benchmarks import client, meter
from benchmarks.client import Doorman, Talker
from benchmarks.delivery import times_ms
from benchmarks.fan import Fan, Seen
from benchmarks.places import ROOM, SENDERS, WORDS, Said, Size, enter, server
from benchmarks.weight import Row, first_visit
from tests.servers import Parley

A_SECOND = 20.0  # what somebody writes into another room while pages are asked for


def requests(size: Size) -> Iterator[Row]:
    """Pages and posts, after a bare Quart's in the same minute, and what a first visit weighs."""
    with server("benchmarks.hello:app") as hello:
        yield from _gets("bare Quart hello", hello, client.get("/"), size.pages * 2)
    with server("benchmarks.commit:app") as commit:
        bare = Fan((), [Talker(commit.port) for _ in range(SENDERS)])
        bare.run(Said("filling", ("",), _short), 50)
        yield from _posts("bare Quart post", commit, bare, ("",), size.posts)
        bare.close()
    with server("chat:app") as parley:
        people = enter(parley.port, SENDERS)
        fan = Fan((), [Talker(parley.port) for _ in people])
        fan.run(Said("filling", people, _short), 50)
        yield from first_visit(parley.port, ROOM, people[0])
        for name, encoding in (("room page", "gzip"), ("room page, not packed", "identity")):
            yield from _gets(name, parley, client.get(ROOM, people[0], encoding), size.pages)
        yield from _gets_beside_writing(parley, people, size)
        yield from _posts("post", parley, fan, people, size.posts)
        fan.close()


def _short(number: int) -> str:
    return f"said-{number}- {WORDS}"


def _posts(name: str, parley: Parley, fan: Fan, people: Sequence[str], count: int) -> Iterator[Row]:
    """Senders who wait for each answer, which says that the message is on the disk."""
    end = meter.measured(parley.pid)
    seen = fan.run(Said("posts", people, _short), count)
    used = end()
    p50_ms, p99_ms = times_ms(seen.answered_s)
    yield from _spent(name, used, seen, count)
    yield Row(f"{name}, latency p50", p50_ms, "ms")
    yield Row(f"{name}, latency p99", p99_ms, "ms")


def _gets(name: str, served: Parley, request: bytes, count: int) -> Iterator[Row]:
    fan = Fan((), [Talker(served.port) for _ in range(4)])
    fan.run(lambda _: request, 8)
    end = meter.measured(served.pid)
    seen = fan.run(lambda _: request, count)
    used = end()
    fan.close()
    yield from _spent(name, used, seen, count)


def _gets_beside_writing(parley: Parley, people: Sequence[str], size: Size) -> Iterator[Row]:
    """The room's page while somebody writes in another room; what the writing costs alone is taken off."""
    room = Doorman(parley.port).make("Another", people[1])
    fan = Fan((), [Talker(parley.port) for _ in range(4)])
    with _writing(parley.port, Said("beside", people[1:2], _short, room)) as written:
        end, before = meter.measured(parley.pid), len(written)
        time.sleep(size.writing_s)
        each_s = end().server_s / max(1, len(written) - before)
        end, before = meter.measured(parley.pid), len(written)
        seen = fan.run(lambda _: client.get(ROOM, people[0], "gzip"), size.pages)
        used = end()
    fan.close()
    used.server_s -= each_s * (len(written) - before)
    yield from _spent(f"room page beside {A_SECOND:.0f} posts a second", used, seen, size.pages)


@contextlib.contextmanager
def _writing(port: int, said: Said) -> Iterator[list[float]]:
    """Somebody who says `A_SECOND` things a second until the block ends: when they did."""
    ended = threading.Event()
    written: list[float] = []

    def write() -> None:
        talker, began = Talker(port), time.perf_counter()
        while not ended.wait(max(0.0, began + len(written) / A_SECOND - time.perf_counter())):
            talker.ask(said(len(written)))
            while not talker.answered():
                pass
            written.append(talker.asked_at)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        ended.set()
        thread.join()


def _spent(name: str, used: meter.Used, seen: Seen, count: int) -> Iterator[Row]:
    noise = meter.noise(used, seen.took_s)
    yield Row(f"{name}, rate", count / seen.took_s, "a second", noise)
    yield Row(f"{name}, CPU", used.server_s / count * 1e6, "µs", noise)
