"""Places of every size, and what the model says of them: the tables of `docs/scaling.md`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.scale.constants import Constants
from benchmarks.scale.model import Load, Place, Room, back_s, ceiling, first, memory_mib, shares
from benchmarks.scale.simulate import Run

MESSAGES = 60  # simulated


@dataclass(frozen=True, slots=True)
class Scene:
    """A load and the smallest place that is meant for it."""

    name: str
    load: Load
    place: Place


def _many(machines: int, pg_cores: int = 8) -> Place:
    """Machines of eight cores with seven workers each; Redis and PostgreSQL have one of their own."""
    return Place(7 * machines, machines, cores=8, pg_cores=pg_cores)


ALONE = Place(alone=True, cores=2)
TOGETHER = Place(workers=5, cores=8)  # with Redis and PostgreSQL beside them
SMALL = [Room(10, 0.05, 10_000)]
LARGE, HUGE = [Room(100_000, 2.0)], [Room(1_000_000, 2.0)]
SCENES = (
    Scene("10 readers", Load([Room(10, 0.2)]), ALONE),
    Scene("1,000 readers", Load([Room(1_000, 2.0)]), ALONE),
    Scene("1,000 readers", Load([Room(1_000, 2.0)]), TOGETHER),
    Scene("1,000 rooms of 10", Load([Room(10, 0.05, 1_000)]), TOGETHER),
    Scene("10,000 rooms of 10", Load(SMALL), _many(6)),
    Scene("- sharded channels", Load(SMALL), replace(_many(6), sharded=True)),
    Scene("- a room on one worker", Load(SMALL), replace(_many(6), gathered=True)),
    Scene("100,000 readers", Load(LARGE), _many(8, 16)),
    Scene("- nobody looks on", Load(LARGE, attentive=0), _many(2)),
    Scene("1,000,000 readers", Load(HUGE), _many(80, 128)),
    Scene("- nobody looks on", Load(HUGE, attentive=0), _many(20)),
)


def lines(cost: Constants) -> Iterator[str]:
    """A row for each scene, as Markdown."""
    yield "| load | a second | workers | used most | memory | all back | p50 / p99 | ends |"
    yield "|---|---|---|---|---|---|---|---|"
    for scene in SCENES:
        load, place = scene.load, scene.place
        most, share = first(load, place, cost)
        cells = (
            scene.name,
            f"{load.posts:g}",
            f"{place.workers} on {place.machines}",
            f"{most}, {share:.0%}",
            f"{memory_mib(load, place, cost):,.0f} MiB",
            f"{back_s(load, place, cost):,.0f} s",
            _latency(scene, cost),
            _end(scene, cost),
        )
        yield f"| {' | '.join(cells)} |"


def _end(scene: Scene, cost: Constants) -> str:
    """What is used up first if more and more is said."""
    times, what = ceiling(scene.load, scene.place, cost)
    return (
        f"{what}, at {times * scene.load.posts:,.0f} a second" if times >= 1 else f"**{what}**, before that"
    )


def details(scene: Scene, cost: Constants) -> str:
    """What is used of each resource."""
    return ", ".join(f"{name} {share:.0%}" for name, share in shares(scene.load, scene.place, cost).items())


def _latency(scene: Scene, cost: Constants) -> str:
    """Of one room, with nothing else going on beside it."""
    if scene.load.rooms[0].count > 1 or first(scene.load, scene.place, cost)[1] > 1:
        return "-"
    room, workers = scene.load.rooms[0], scene.place.workers
    on = [len(range(n, room.readers, workers)) for n in range(workers)]
    told = Run(scene.place, cost, on).says(MESSAGES, room.a_second, evenly=False)
    return f"{told.p50_ms:.0f} / {told.p99_ms:.0f} ms"
