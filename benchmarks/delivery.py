"""What it costs to bring a message to many readers, round by round, of each program in turn."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import meter
from benchmarks.client import Talker
from benchmarks.fan import Fan, Pace, Seen
from benchmarks.meter import Used, noise
from benchmarks.places import SENDERS, Contestant, NotRun, Place, Size
from benchmarks.readers import connect

BURST = 64
A_SECOND = 10.0
FLAT_OUT, BURSTS, PACED = f"flat out, {SENDERS} under way", f"bursts of {BURST}", f"{A_SECOND:.0f} a second"


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of one program over one transport. Units are in the names."""

    program: str
    kind: str
    round: int
    connect_cpu_us: float
    idle_kib: float  # what an idle connection adds to the memory of the server
    cpu_us: dict[str, float]  # for a delivery, by scene
    bytes: float  # of a delivery
    p50_ms: float  # from the sender's write to a reader's read, at ten a second
    p99_ms: float
    noise: float  # the most of the machine that others took in a scene, 0 to 1


def rounds(
    programs: Sequence[Contestant], kinds: Sequence[str], size: Size, count: int
) -> Iterator[Figures | tuple[str, str]]:
    """The figures of each program in turn, so many times; or which one was not run, and why.

    A program of which a delivery is missing, doubled or in disorder has no figures.
    """
    ended: set[str] = set()
    for number in range(count):
        for kind in kinds:
            for program in programs:
                if kind not in program.kinds or program.name in ended:
                    continue
                try:
                    with program.open(kind, size) as place:
                        yield _measure(place, program.name, kind, number, size)
                except (NotRun, OSError, RuntimeError, SystemExit) as error:
                    ended.add(program.name)
                    yield program.name, f"{str(error).splitlines()[0]} ({kind}, round {number + 1})"


def _measure(place: Place, program: str, kind: str, number: int, size: Size) -> Figures:
    before, asking = meter.memory_kib(place.pid), place.streams()
    end = meter.measured(place.pid)
    readers = connect(place.port, asking, place.dialect, size.settle_s)
    connect_us = end().server_s / size.readers * 1e6
    idle_kib = (meter.memory_kib(place.pid) - before) / size.readers
    scenes = [
        (FLAT_OUT, SENDERS, size.messages, Pace(under_way=SENDERS)),
        (BURSTS, BURST, size.messages, Pace(burst=BURST)),
        (PACED, SENDERS, size.paced, Pace(a_second=A_SECOND)),
    ]
    cpu_us, others, given, deliveries = {}, 0.0, 0, 0
    for scene, talkers, messages, pace in scenes:
        used, seen = _scene(
            place, scene, Fan(readers, _talkers(place, talkers), place.dialect), messages, pace
        )
        cpu_us[scene] = used.server_s / (messages * len(readers)) * 1e6
        others = max(others, noise(used, seen.took_s))
        given += seen.bytes
        deliveries += messages * len(readers)
    for reader in readers:
        reader.socket.close()
    late = times_ms(seen.delivered_s)
    return Figures(program, kind, number, connect_us, idle_kib, cpu_us, given / deliveries, *late, others)


def _talkers(place: Place, count: int) -> list[Talker]:
    """New for each scene, since some servers soon end connections on which nothing is said."""
    return [Talker(place.port) for _ in range(count)]


def _scene(place: Place, scene: str, fan: Fan, messages: int, pace: Pace) -> tuple[Used, Seen]:
    """Raises `RuntimeError` when a delivery is missing, doubled or in disorder."""
    fan.run(place.said(f"warm {scene}"), SENDERS)
    end = meter.measured(place.pid)
    seen = fan.run(place.said(scene), messages, pace)
    used = end()
    fan.close()
    if seen.wrong:
        raise RuntimeError(f"{scene}: {seen.wrong} deliveries were missing, doubled or in disorder")
    return used, seen


def times_ms(values_s: Iterable[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    cuts = statistics.quantiles(values_s, n=100)
    return cuts[49] * 1000, cuts[98] * 1000
