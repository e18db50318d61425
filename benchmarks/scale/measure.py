"""Takes the constants of the model from real processes on this machine; about a minute and a half."""

import contextlib
import datetime
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from benchmarks import meter
from benchmarks.fan import Pace
from benchmarks.scale import cluster
from benchmarks.scale.cluster import BURST, SENDERS, Cost, Crowd, Running
from benchmarks.scale.constants import Constants, Measured
from chat.live.redis_bell import RedisBell
from tests.servers import Parley

LIVELY = Pace(a_second=20.0)
IDLE_S = 5.0
ROUNDS = 3
SYNCS = 50
HEARERS = 8  # of a bell, to tell what each of them costs Redis

Found = Iterator[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything."""

    readers: int = 200
    messages: int = 40  # of a round
    bells: int = 1_000


def measure(effort: Effort) -> Measured:
    """All constants, printed as they come. Raises `SystemExit` if a message was lost or doubled meanwhile."""
    found: dict[str, float] = {}

    def note(part: Found) -> None:
        for name, value in part:
            found[name] = value
            print(f"{name} {value:.4g}", flush=True)

    with cluster.alone() as running:
        note(_alone(Bench(running, effort)))
    with cluster.processes(2) as running:
        bench = Bench(running, effort)
        note(_idle(bench.idle))
        note(_requests(bench))
        note(_delivery(bench, found))
        note(_bells(bench))
    machine = f"{os.cpu_count()} cores"
    return Measured(datetime.datetime.now(datetime.UTC).date().isoformat(), machine, Constants(**found))


class Bench:
    """What runs, and what it costs to do something with it: without what it uses anyway."""

    def __init__(self, running: Running, effort: Effort) -> None:
        self.running, self.effort = running, effort
        end = cluster.costing(running)
        time.sleep(IDLE_S)
        self.idle = end()

    def said(
        self, people: Sequence[str], to: Parley, pace: Pace, count: int, reading: Sequence[str] = ()
    ) -> Cost:
        """Of a message to one of the workers, while others read on the first."""
        on = [len(reading)] + [0] * (len(self.running.workers) - 1)
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(cluster.readers(self.running, reading, on)) if reading else ()
            crowd = stack.enter_context(Crowd(self.running, people, opened, to))
            crowd.says(SENDERS, Pace())
            return self.least(lambda: crowd.says(count, pace)[0], count)

    def least(self, do: Callable[[], Cost], count: int) -> Cost:
        """Of each, in the cheapest of some rounds: other programs make it dearer, and never cheaper."""
        return min((self.each(do(), count) for _ in range(ROUNDS)), key=lambda cost: sum(cost.workers))

    def each(self, cost: Cost, count: int) -> Cost:
        """Of one of so many, in microseconds, without what the workers and PostgreSQL do for nobody."""
        times = cost.took_s / self.idle.took_s
        workers = [used - idle * times for used, idle in zip(cost.workers, self.idle.workers, strict=True)]
        return replace(
            cost,
            workers=[_us(used, count) for used in workers],
            postgres=_us(cost.postgres - self.idle.postgres * times, count),
            client=_us(cost.client, count),
        )


def _alone(bench: Bench) -> Found:
    """What SQLite makes different, and bursts, which only a shared commit lets through."""
    here, count = bench.running.workers[0], bench.effort.messages
    people = bench.running.people(bench.effort.readers)
    yield "post_sqlite", bench.said(people, here, Pace(), BURST).workers[0]
    marks = bench.least(lambda: cluster.marks(bench.running, here, people[:SENDERS], count), count)
    yield "mark_sqlite", marks.workers[0]
    bursts = (bench.said(people, here, Pace(burst=BURST), 2 * BURST, read) for read in (people[:1], people))
    one, all_ = (cost.workers[0] for cost in bursts)
    yield "extra", max(0.1, (all_ - one) / (len(people) - 1))


def _idle(cost: Cost) -> Found:
    """What is used when nobody is there."""
    yield "idle_share", sum(cost.workers) / len(cost.workers) / cost.took_s
    yield "pg_idle_share", cost.postgres / len(cost.workers) / cost.took_s
    yield "redis_idle_share", cost.redis / cost.took_s


def _requests(bench: Bench) -> Found:
    """Posts to the second of two processes, where nobody reads."""
    running, count = bench.running, bench.effort.messages
    far = running.workers[1]
    people = running.people(SENDERS)
    post = bench.said(people, far, LIVELY, count)
    yield "post", post.workers[1]
    yield "heard", max(1.0, post.workers[0])
    yield "pg_post", post.postgres
    yield "client_post", post.client
    yield "sync_ms", _sync_ms()
    marks = bench.least(lambda: cluster.marks(running, far, people, count), count)
    yield "mark", marks.workers[1]
    yield "pg_mark", marks.postgres
    pages = bench.least(lambda: cluster.pages(running, far, people, count), count)
    yield "page", pages.workers[1]
    yield "pg_page", pages.postgres


def _delivery(bench: Bench, found: dict[str, float]) -> Found:
    """The same messages with one reader and with many: the difference is what a reader costs."""
    running, effort, count = bench.running, bench.effort, bench.effort.messages
    near, far = running.workers
    people = running.people(effort.readers, "Jones")
    few, here = (bench.said(people, to, LIVELY, count, people[:1]) for to in (far, near))
    yield "pull_far", max(0.0, few.workers[0] - found["heard"])
    yield "pull_here", max(0.0, here.workers[0] - found["post"])
    yield "pg_pull", max(0.0, few.postgres - found["pg_post"])
    before_kib, connecting = meter.memory_kib(near.pid), cluster.costing(running)
    with cluster.readers(running, people, [effort.readers, 0]) as opened:
        connected, grown_kib = (
            bench.each(connecting(), effort.readers),
            meter.memory_kib(near.pid) - before_kib,
        )
        with Crowd(running, people, opened, far) as crowd:
            _, seen = crowd.says(SENDERS, LIVELY)
            many = bench.least(lambda: crowd.says(count, LIVELY)[0], count)
    yield "connect", connected.workers[0]
    yield "pg_connect", connected.postgres
    yield "idle_kib", grown_kib / effort.readers
    yield "frame_bytes", seen.bytes / len(seen.delivered_s)
    yield "write", (many.workers[0] - few.workers[0]) / (effort.readers - 1)
    yield "client_read", (many.client - few.client) / (effort.readers - 1)


def _bells(bench: Bench) -> Found:
    """What Redis takes for a bell that nobody hears, and for each that does."""
    count = bench.effort.bells
    alone, heard = (cluster.bells(bench.running, count, hearers) for hearers in (0, HEARERS))
    yield "publish", _us(alone, count)
    yield "fan", max(0.0, _us(heard - alone, count * HEARERS))
    yield "line", _us(_reading_s(count), count)


def _reading_s(count: int) -> float:
    """CPU seconds for so many pieces of news in one message, for nobody who listens."""
    nobody: Any = SimpleNamespace(rang=lambda room, head: None)
    bell = RedisBell(nobody, "redis://127.0.0.1")
    news = "\n".join(["somebody", *(f"head:{room} 12345" for room in range(count))]).encode()
    began = time.process_time()
    bell._hear(news)
    return time.process_time() - began


def _sync_ms() -> float:
    """How long the disk takes to keep a page of a database."""
    took: list[float] = []
    with tempfile.NamedTemporaryFile(prefix="parley-scale-") as file:
        for _ in range(SYNCS):
            file.write(bytes(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e3


def _us(seconds: float, count: float) -> float:
    """Microseconds each."""
    return seconds / count * 1e6
