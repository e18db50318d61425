"""How much it carries, and what that costs: `make bench`, or `python -m benchmarks --help`.

The program runs as deployed, alone on SQLite, and its peers in turn with it; the client is a process of its
own beside them. Every delivery is checked: a figure is only worth reading if everything came once and in
order. Client and server share one machine, so compare figures of one machine, and ratios rather than figures.
"""

import argparse
import dataclasses
import json
import os
import platform
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import places, scenes
from benchmarks.delivery import Figures, rounds
from benchmarks.peers import PEERS, package
from benchmarks.places import SSE, WEBSOCKET, Contestant, Size
from benchmarks.report import OURS, requests, tables
from benchmarks.storm import storm
from benchmarks.weight import Row

QUICK = Size(readers=16, messages=64, paced=5, posts=32, pages=10, writing_s=0.3, settle_s=0.6)
QUICK_PROGRAMS = ["floor", "quart", OURS]  # for which nothing has to be installed
SPARE_FILES = 200  # beside one for each reader
PARTS = {"websocket": WEBSOCKET, "sse": SSE, "requests": "", "storm": ""}
PARLEY = Contestant(OURS, (WEBSOCKET, SSE), places.ours, package(sys.executable, "quart", "hypercorn"))


def main() -> None:
    given = _options()
    size = QUICK if given.quick else Size(readers=given.readers, messages=given.messages)
    _allow_files(2 * size.readers + SPARE_FILES)
    parts = given.part or list(PARTS)
    named = given.programs.split(",") if given.programs else QUICK_PROGRAMS if given.quick else None
    programs = [one for one in [*PEERS, PARLEY] if named is None or one.name in named]
    print(f"{size.readers:,} readers in one room, {places.MESSAGE_BYTES} bytes a message; alone on SQLite")
    runs, missing = _deliveries(programs, [PARTS[part] for part in parts if PARTS[part]], size, given.rounds)
    print(*tables(runs), sep="\n")
    for name, why in missing.items():
        print(f"{name}: not run: {why}")
    rows: list[Row] = []
    try:
        for _ in range(given.rounds):
            rows.extend(_rows(parts, size))
    finally:  # what has been measured is kept when something fails later
        print(*requests(rows), sep="\n")
        if given.json:
            Path(given.json).parent.mkdir(parents=True, exist_ok=True)
            Path(given.json).write_text(
                json.dumps(_everything(size, programs, runs, missing, rows), indent=1)
            )
    if OURS in missing:
        raise SystemExit(1)


def _rows(parts: list[str], size: Size) -> Iterator[Row]:
    if "requests" in parts:
        yield from scenes.requests(size)
    if "storm" in parts:
        yield from storm(size)


def _deliveries(
    programs: list[Contestant], kinds: list[str], size: Size, count: int
) -> tuple[list[Figures], dict[str, str]]:
    """All figures, and what was not run. Says meanwhile what has been done."""
    runs, missing = [], {}
    for one in rounds(programs, kinds, size, count):
        if isinstance(one, Figures):
            runs.append(one)
            spent = ", ".join(f"{value:.2f}" for value in one.cpu_us.values())
            print(f"  round {one.round + 1}: {one.kind}: {one.program}: {spent}", file=sys.stderr, flush=True)
        else:
            missing[one[0]] = one[1]
    return runs, missing


def _everything(
    size: Size, programs: list[Contestant], runs: list[Figures], missing: dict[str, str], rows: list[Row]
) -> dict[str, object]:
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": cpus[0].partition(": ")[2] if cpus else platform.machine(),
            "cores": os.cpu_count(),
            "kernel": platform.release(),
            "python": platform.python_version(),
        },
        "versions": {one.name: one.version() for one in programs if one.name not in missing},
        "size": dataclasses.asdict(size),
        "runs": [dataclasses.asdict(run) for run in runs],
        "not run": missing,
        "rows": [dataclasses.asdict(row) for row in rows],
    }


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("part", nargs="*", help=f"{', '.join(PARTS)}; without: all")
    options.add_argument("--quick", action="store_true", help="a few of everything: does it still run?")
    options.add_argument("--rounds", type=int, default=1, help="each program in turn")
    names = [one.name for one in [*PEERS, PARLEY]]
    options.add_argument("--programs", metavar="A,B", help=f"only these of {','.join(names)}")
    options.add_argument("--readers", type=int, default=Size().readers)
    options.add_argument("--messages", type=int, default=Size().messages, help="flat out and in bursts")
    options.add_argument("--json", help="write everything to this file")
    given = options.parse_args()
    if unknown := {*given.part} - {*PARTS} | {*(given.programs or OURS).split(",")} - {*names}:
        options.error(f"There is no {', '.join(unknown)}")
    return given


def _allow_files(count: int) -> None:
    """Allow this process and the servers it starts that many open files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


if __name__ == "__main__":
    main()
