"""What a place uses of everything it has, by arithmetic from the constants; and what it runs out of first.

A share of 1.0 means that the resource can do no more. All formulas of `docs/scaling.md` are here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.scale.constants import Constants

REST_S = 5.0  # static/js/read.js: a page in a room that never rests says so often what was read
BEAT_S = 10.0  # chat/live/hub.py: a heartbeat to each reader
PAUSE_S = 0.002  # chat/live/redis_bell.py: what a worker rings within it goes out together
BELL_REST_S = 0.2  # the same of what can wait, such as what somebody has read
BATCH_MAX = 64  # a writer's commit has no more (chat/store/writer.py), and a feed keeps 500
GATHER_S = 1.0  # nobody shall wait longer for a message to be gathered with
FULL = 0.9  # of a worker: above it messages are gathered into batches, which cost less
ENTER, INSIDE = (
    0.3,
    0.5,
)  # of a post's CPU: before it has the room's row, and while it has it; by its statements
US = 1e-6


@dataclass(frozen=True, slots=True)
class Room:
    """`count` rooms of one kind."""

    readers: int
    a_second: float  # messages, in each of them
    count: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """What serves them."""

    workers: int = 1
    machines: int = 1
    cores: int = 4  # of a machine
    gbit: float = 10.0  # a second, of its line
    pg_cores: int = 0  # of PostgreSQL's own machine, on which Redis is too; 0: they share the first one
    alone: bool = False  # one worker on SQLite, without Redis
    gathered: bool = False  # the proxy sends all that is of one room to the same worker
    sharded: bool = False  # a bell goes to workers with readers of its room only: not built


@dataclass(frozen=True, slots=True)
class Load:
    """What people do. `attentive` is the share of readers who look at a page while something is said."""

    rooms: Sequence[Room]
    attentive: float = 0.2
    comes_a_second: float = 0.0  # people who open a page, and its stream

    @property
    def readers(self) -> int:
        return sum(room.readers * room.count for room in self.rooms)

    @property
    def posts(self) -> float:
        """Messages a second, in all rooms."""
        return sum(room.a_second * room.count for room in self.rooms)

    @property
    def marks(self) -> float:
        """Times a second that some page says what was read."""
        return sum(
            room.readers * room.count * self.attentive * min(room.a_second, 1 / REST_S) for room in self.rooms
        )

    def louder(self, times: float) -> "Load":
        """The same with that many times the messages."""
        return replace(self, rooms=[replace(room, a_second=room.a_second * times) for room in self.rooms])


def workers_reading(room: Room, place: Place) -> float:
    """How many workers have a reader of a room, when readers come to any of them."""
    if place.gathered:
        return min(1.0, room.readers)
    return place.workers * (1 - (1 - 1 / place.workers) ** room.readers)


def rung(load: Load, place: Place) -> tuple[float, float]:
    """What one worker rings in a second: news, and messages that these go out in."""
    posts, marks = load.posts / place.workers, load.marks / place.workers
    return posts + marks, posts / (1 + posts * PAUSE_S) + marks / (1 + marks * BELL_REST_S)


def hearing(load: Load, place: Place) -> float:
    """How many other workers hear a bell, on average."""
    if not place.sharded:
        return place.workers - 1.0
    heard = sum((workers_reading(room, place) - 1) * room.a_second * room.count for room in load.rooms)
    return max(0.0, heard / (load.posts or 1.0))


def gathered(room: Room, batch: float) -> float:
    """How many messages of a room go out at once, where `batch` may: in a quiet room there are no more."""
    return min(batch, max(1.0, room.a_second * GATHER_S))


def worker(load: Load, place: Place, cost: Constants, batch: float = 1.0) -> float:
    """Of one core, what each worker uses; messages are given out `batch` at a time."""
    everywhere = place.workers
    news, messages = rung(load, place)
    used = load.posts / everywhere * (cost.post_sqlite if place.alone else cost.post)
    used += load.marks / everywhere * (cost.mark_sqlite if place.alone else cost.mark)
    used += hearing(load, place) * (messages * cost.heard + news * cost.line)
    used += load.comes_a_second / everywhere * (cost.page + cost.connect)
    used += load.readers / everywhere / BEAT_S * cost.write
    for room in load.rooms:
        reading = workers_reading(room, place)
        here = (
            1.0 if place.gathered else reading / everywhere
        )  # where a post finds readers of its room at once
        pull = here * cost.pull_here + (reading - here) * cost.pull_far
        many = gathered(room, batch)
        each = (cost.write + cost.extra * (many - 1)) * room.readers
        used += room.count * room.a_second / many * (pull + each) / everywhere
    return cost.idle_share + used * US


def batch_of(load: Load, place: Place, cost: Constants) -> float:
    """How many messages go out at once: one, until a worker is full."""
    batch = 1.0
    while batch < BATCH_MAX and worker(load, place, cost, batch) > FULL:
        batch *= 1.25
    return min(batch, BATCH_MAX)


def shares(load: Load, place: Place, cost: Constants) -> Mapping[str, float]:
    """How much of each resource is used."""
    one = worker(load, place, cost, batch_of(load, place, cost))
    machine = one * place.workers / place.machines
    line = bytes_a_second(load, cost) / place.machines * 8 / (place.gbit * 1e9)
    if place.alone:
        return {"the worker": one, "the line": line}
    redis = redis_share(load, place, cost)
    database = postgres_cores(load, place, cost)
    shared = 0.0 if place.pg_cores else (redis + database)
    return {
        "a worker": one,
        "cores of a machine": (machine + shared) / place.cores,
        "Redis": redis,
        "PostgreSQL": database / (place.pg_cores or place.cores),
        "the line of a machine": line,
        "a room's row": max(room.a_second for room in load.rooms) * row_s(cost),
    }


def row_s(cost: Constants) -> float:
    """How long a post to PostgreSQL holds the row of its room, for which all others to the room wait."""
    return (INSIDE * cost.post + cost.pg_post) * US + cost.sync_ms / 1e3


def redis_share(load: Load, place: Place, cost: Constants) -> float:
    """Of the one core that a Redis uses: all messages, to all that hear them and to who sent them."""
    _, messages = rung(load, place)
    each = cost.publish + (hearing(load, place) + 1) * cost.fan
    return cost.redis_idle_share + place.workers * messages * each * US


def postgres_cores(load: Load, place: Place, cost: Constants) -> float:
    """Cores that PostgreSQL keeps busy: posts, what people have read, and each worker's reading."""
    used = load.posts * cost.pg_post + load.marks * cost.pg_mark
    used += load.comes_a_second * (cost.pg_page + cost.pg_connect)
    batch = batch_of(load, place, cost)
    for room in load.rooms:
        reads = room.count * room.a_second / gathered(room, batch) * workers_reading(room, place)
        used += reads * cost.pg_pull
    return place.workers * cost.pg_idle_share + used * US


def first(load: Load, place: Place, cost: Constants) -> tuple[str, float]:
    """The resource that is used most, and how much of it."""
    found = shares(load, place, cost)
    name = max(found, key=lambda name: found[name])
    return name, found[name]


def ceiling(load: Load, place: Place, cost: Constants) -> tuple[float, str]:
    """With how many times the messages something is used up, and what; 0 if it is already without any."""
    low, high = 0.0, 1.0
    while first(load.louder(high), place, cost)[1] < 1 and high < 1e6:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if first(load.louder(middle), place, cost)[1] < 1 else (low, middle)
    return low, first(load.louder(high), place, cost)[0]


def bytes_a_second(load: Load, cost: Constants) -> float:
    """What all readers together are sent."""
    return sum(room.count * room.readers * room.a_second for room in load.rooms) * cost.frame_bytes


def back_s(load: Load, place: Place, cost: Constants) -> float:
    """How long it takes until everybody is back who was cut off at the same moment."""
    workers = load.readers * cost.connect / min(place.workers, place.machines * place.cores)
    database = load.readers * cost.pg_connect / (place.pg_cores or place.cores)
    return (workers if place.alone else max(workers, database)) * US


def memory_mib(load: Load, place: Place, cost: Constants) -> float:
    """Of one machine, for open streams."""
    return load.readers / place.machines * cost.idle_kib / 1024
