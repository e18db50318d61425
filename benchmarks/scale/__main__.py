"""How far it goes: `make simulate`. The model's tables, and the model beside real processes.

python -m benchmarks.scale            both
python -m benchmarks.scale tables     what docs/scaling.md shows
python -m benchmarks.scale check      1, 2 and 4 processes on this machine, predicted and measured
python -m benchmarks.scale measure    take all constants anew, into benchmarks/scale/constants.toml
"""

import argparse

from benchmarks.scale.check import PROCESSES, READERS, check
from benchmarks.scale.constants import FILE, load, save
from benchmarks.scale.measure import Effort, measure
from benchmarks.scale.scenes import SCENES, details, lines


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="How far it goes.")
    options.add_argument("what", nargs="?", choices=("tables", "check", "measure"))
    what = options.parse_args().what
    if what == "measure":
        save(measure(Effort()))
        print(FILE.read_text())
        return
    found = load()
    print(f"Constants of {found.on}, {found.machine}")
    if what != "check":
        _print_tables()
    if what != "tables":
        _print_check()


def _print_tables() -> None:
    cost = load().constants
    print(*lines(cost), sep="\n")
    for scene in SCENES:
        print(f"{scene.name}, {scene.place.workers} workers: {details(scene, cost)}")


def _print_check() -> None:
    cost = load().constants
    for processes in PROCESSES:
        for rate, pairs in check(cost, processes):
            print(f"{processes} processes, {READERS} readers, {rate:.0f} messages a second")
            for pair in pairs:
                print(
                    f"    {pair.what:<16} {pair.predicted:9.3f} predicted {pair.measured:9.3f} measured "
                    f"{pair.unit:<6} factor {pair.factor:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
