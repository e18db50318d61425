"""The way of messages through workers, cores, PostgreSQL and Redis, step by step on a clock of its own.

Arithmetic knows averages; how long a message takes comes from who waits for whom. Each process does one
thing at a time, a machine does as many as it has cores, a room's row takes one post, and what is rung
while a worker is busy goes out in one batch. Randomness comes from a seed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.scale.clockwork import Clock, Machine, Process, Row, Then
from benchmarks.scale.constants import Constants
from benchmarks.scale.model import BATCH_MAX, ENTER, INSIDE, US, Place

CHUNK = 100  # readers written to before others have their turn; a tenth where there are many
SLICE_US = 3_000  # for which other programs keep a core


@dataclass(slots=True)
class Feed:
    """A room in one worker: messages it has not given out yet, by the times they were sent at."""

    process: Process
    readers: int
    waiting: list[float] = field(default_factory=list)
    pull_us: float = 0.0  # of the dearest that waits: read where it was posted, or elsewhere
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Shares of a core, and milliseconds from the sender's write to the reader's read."""

    workers: Sequence[float]
    redis: float
    postgres: float
    p50_ms: float
    p99_ms: float
    answer_p50_ms: float
    batch: float  # messages that went out at once, on average


class Run:
    """One room with `readers` on each worker.

    `client` and `others`: the first machine also has the program that measures, and other programs that
    keep so many cores busy.
    """

    def __init__(
        self, place: Place, cost: Constants, readers: Sequence[int], *,
        client: bool = False, others: float = 0.0, seed: int = 1,
    ) -> None:  # fmt: skip
        self._place, self._cost, self._random = place, cost, random.Random(seed)
        self._clock = Clock()
        machines = [Machine(self._clock, place.cores) for _ in range(place.machines)]
        store = Machine(self._clock, place.pg_cores) if place.pg_cores else machines[0]
        self._store, self._row = store, Row()
        self._machine, self._others = machines[0], others
        self._redis = Process(store)
        self._client = Process(machines[0]) if client else None
        workers = (Process(machines[n % place.machines]) for n in range(place.workers))
        self._feeds = [Feed(process, many) for process, many in zip(workers, readers, strict=True)]
        self._postgres_s = 0.0
        self._seen: list[tuple[float, int]] = []
        self._answered: list[float] = []
        self._batches: list[int] = []

    def says(self, messages: int, a_second: float, *, evenly: bool = True) -> Outcome:
        """Let that be said, evenly or at random, and tell how it went."""
        self._disturb(messages / a_second)
        at_s = 0.0
        for number in range(messages):
            self._clock.after(at_s, self._post(self._feeds[number % len(self._feeds)]))
            at_s += 1 / a_second if evenly else self._random.expovariate(a_second)
        self._clock.run()
        took_s = self._clock.now_s
        return Outcome(
            [feed.process.used_s / took_s + self._cost.idle_share for feed in self._feeds],
            self._redis.used_s / took_s + self._cost.redis_idle_share,
            self._postgres_s / took_s + self._cost.pg_idle_share * len(self._feeds),
            _weighed(self._seen, 0.5) * 1e3,
            _weighed(self._seen, 0.99) * 1e3,
            _weighed([(took, 1) for took in self._answered], 0.5) * 1e3,
            sum(self._batches) / max(1, len(self._batches)),
        )

    def _disturb(self, for_s: float) -> None:
        """Other programs want a core at any time: half of them as we do, half whenever one is free."""
        for slice_ in range(round(for_s * self._others / (SLICE_US * US))):
            other = Process(self._machine, last=slice_ % 2 == 0)
            self._clock.after(self._random.uniform(0, for_s), partial(other.do, SLICE_US, lambda: None))

    def _post(self, feed: Feed) -> Then:
        """A message on its way to the disk and back to its sender."""
        clock, row, cost = self._clock, self._row, self._cost
        post = cost.post_sqlite if self._place.alone else cost.post

        def arrives() -> None:
            sent_s = clock.now_s

            def has_the_row() -> None:
                feed.process.do(post * INSIDE, lambda: self._ask_store(cost.pg_post, syncs))

            def syncs() -> None:
                clock.after(cost.sync_ms / 1e3, is_stored)

            def is_stored() -> None:
                row.give_back()
                feed.process.do(post * (1 - ENTER - INSIDE), is_answered)

            def is_answered() -> None:
                self._answered.append(clock.now_s - sent_s)
                self._ring(feed, sent_s)

            self._by_client(
                cost.client_post, lambda: feed.process.do(post * ENTER, lambda: row.take(has_the_row))
            )

        return arrives

    def _ring(self, feed: Feed, sent_s: float) -> None:
        cost = self._cost
        self._hears(feed, sent_s, cost.pull_here)
        others = [other for other in self._feeds if other is not feed]

        def rings() -> None:
            for other in others:
                other.process.do(cost.heard, partial(self._hears, other, sent_s, cost.pull_far))

        if others:
            self._redis.do(cost.publish + cost.fan * len(self._feeds), rings)

    def _hears(self, feed: Feed, sent_s: float, pull_us: float) -> None:
        if feed.readers:
            feed.waiting.append(sent_s)
            feed.pull_us = max(feed.pull_us, pull_us)
            if not feed.busy:
                feed.busy = True
                self._pull(feed)

    def _pull(self, feed: Feed) -> None:
        """Read and render what is new, once; what comes in meanwhile is read with it."""
        pull_us, feed.pull_us = feed.pull_us, 0.0

        def has_read() -> None:
            batch, feed.waiting = feed.waiting[:BATCH_MAX], feed.waiting[BATCH_MAX:]
            self._batches.append(len(batch))
            feed.process.do(pull_us / 2, lambda: self._give(feed, batch, feed.readers))

        feed.process.do(pull_us / 2, lambda: self._ask_store(self._cost.pg_pull, has_read))

    def _give(self, feed: Feed, batch: Sequence[float], left: int) -> None:
        """Write to so many readers, then to those who are left, then begin again."""
        many = min(max(CHUNK, feed.readers // 10), left)

        def is_written() -> None:
            self._by_client(many * self._cost.client_read, is_read)
            if left > many:
                self._give(feed, batch, left - many)
            elif feed.waiting:
                self._pull(feed)
            else:
                feed.busy = False

        def is_read() -> None:
            self._seen.extend((self._clock.now_s - sent_s, many) for sent_s in batch)

        feed.process.do(many * (self._cost.write + self._cost.extra * (len(batch) - 1)), is_written)

    def _ask_store(self, us: float, then: Then) -> None:
        """PostgreSQL has a process for each that asks; SQLite is in the worker's own figures."""
        if self._place.alone:
            then()
        else:
            self._postgres_s += us * US
            Process(self._store).do(us, then)

    def _by_client(self, us: float, then: Then) -> None:
        if self._client:
            self._client.do(us, then)
        else:
            then()


def _weighed(values: Sequence[tuple[float, int]], share: float) -> float:
    """The value below which that share of the weights lies."""
    left = sum(weight for _, weight in values) * share
    for value, weight in sorted(values):
        left -= weight
        if left <= 0:
            return value
    return 0.0
