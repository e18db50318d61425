"""What things cost, measured: the only numbers that the model of `docs/scaling.md` has from outside.

They stand in `constants.toml`, which `python -m benchmarks.scale measure` writes.
"""

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path

FILE = Path(__file__).parent / "constants.toml"
COMMAND = "python -m benchmarks.scale measure"


@dataclass(frozen=True, slots=True)
class Constants:
    """CPU in microseconds of one core, unless the name says otherwise."""

    # a worker
    post: float  # of the worker that is posted to, on PostgreSQL: the bell that it rings included
    post_sqlite: float  # the same alone on SQLite, where posts that wait share a commit
    heard: float  # a message on the bell, with one piece of news for a room that nobody reads here
    line: float  # each piece of news in such a message
    pull_here: float  # what a feed takes to read and render what was posted to this worker
    pull_far: float  # the same of what another worker's bell told of
    write: float  # a batch to one reader, with one message in it
    extra: float  # each further message of the batch, to one reader
    mark: float  # a page says what was read
    mark_sqlite: float
    page: float  # a room's page with its newest 50 messages
    connect: float  # a stream is let in, its visit and what it is shown of others included
    idle_kib: float  # memory of an open stream, KiB
    idle_share: float  # of a core, of a worker that nobody uses
    frame_bytes: float  # of one message, to one reader
    # PostgreSQL, all its processes
    pg_post: float
    pg_pull: float
    pg_mark: float
    pg_page: float
    pg_connect: float
    pg_idle_share: float  # of a core, for each worker that nobody uses
    sync_ms: float  # the disk keeps a page, milliseconds
    # Redis
    publish: float  # a bell, without those it goes to
    fan: float  # each worker that it goes to
    redis_idle_share: float  # of a core
    # the client of the benchmarks: no part of a deployment, but of every check on one machine
    client_post: float
    client_read: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The constants, and where they are from."""

    on: str  # the day
    machine: str
    constants: Constants


def load(path: Path = FILE) -> Measured:
    """What was measured last. Raises `KeyError` or `TypeError` if something is missing or unknown."""
    found = tomllib.loads(path.read_text())
    return Measured(found["on"], found["machine"], Constants(**found["constants"]))


def save(measured: Measured, path: Path = FILE) -> None:
    """Write them for `load`."""
    values = asdict(measured.constants)
    lines = [f"{field.name} = {values[field.name]:.4g}" for field in fields(Constants)]
    head = f'# Written by `{COMMAND}`; what each means stands in constants.py.\non = "{measured.on}"\n'
    path.write_text(f'{head}machine = "{measured.machine}"\n\n[constants]\n' + "\n".join(lines) + "\n")
