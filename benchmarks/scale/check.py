"""The model beside what really happens: 1, 2 and 4 processes on this machine, all its cores shared."""

import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.fan import Pace
from benchmarks.scale import cluster
from benchmarks.scale.cluster import SENDERS, Crowd
from benchmarks.scale.constants import Constants
from benchmarks.scale.model import Place
from benchmarks.scale.simulate import Run

PROCESSES = (1, 2, 4)
RATES = (5.0, 20.0)  # messages a second
READERS = 200
MESSAGES = 80


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure, as predicted and as measured."""

    what: str
    predicted: float
    measured: float
    unit: str

    @property
    def factor(self) -> float:
        """How far apart they are: 2 is twice or half."""
        low, high = sorted((self.predicted, self.measured))
        return high / low if low > 0 else float("inf")


def check(
    cost: Constants, processes: int, readers: int = READERS, rates: Sequence[float] = RATES,
    messages: int = MESSAGES,
) -> Iterator[tuple[float, list[Pair]]]:  # fmt: skip
    """For each rate, what the model says of so many processes beside what they do."""
    on = [len(range(n, readers, processes)) for n in range(processes)]
    with cluster.processes(processes) as running:
        people = running.people(max(readers, SENDERS))
        with (
            cluster.readers(running, people[:readers], on) as opened,
            Crowd(running, people, opened) as crowd,
        ):
            crowd.says(SENDERS, Pace())
            for rate in rates:
                used, seen = crowd.says(messages, Pace(a_second=rate))
                place = Place(workers=processes, cores=os.cpu_count() or 1)
                others = used.others / used.took_s
                told = Run(place, cost, on, client=True, others=others).says(messages, rate)
                cuts = statistics.quantiles(seen.delivered_s, n=100)
                yield (
                    rate,
                    [
                        Pair("other programs", others, others, "cores"),
                        Pair("workers", sum(told.workers), sum(used.workers) / used.took_s, "cores"),
                        Pair("Redis", told.redis, used.redis / used.took_s, "cores"),
                        Pair("PostgreSQL", told.postgres, used.postgres / used.took_s, "cores"),
                        Pair("delivered, p50", told.p50_ms, cuts[49] * 1e3, "ms"),
                        Pair("delivered, p99", told.p99_ms, cuts[98] * 1e3, "ms"),
                        Pair(
                            "answered, p50",
                            told.answer_p50_ms,
                            statistics.median(seen.answered_s) * 1e3,
                            "ms",
                        ),
                    ],
                )
