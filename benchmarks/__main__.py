"""How much it carries, and what that costs: `make bench`, or `python -m benchmarks --help`.

The program runs as deployed, alone on SQLite; the client is a process of its own beside it. Every
delivery is checked: a figure is only worth reading if everything came once and in order. Client and
server share one machine, so compare figures of one machine, and ratios rather than figures.
"""

import argparse
import resource
from collections.abc import Callable, Iterator

from benchmarks import scenes
from benchmarks.scenes import Size
from benchmarks.weight import Row

QUICK = Size(readers=16, messages=64, paced=5, posts=32, pages=10, settle_s=0.6)
SPARE_FILES = 200  # beside one for each reader


def main() -> None:
    size, only = _options()
    _allow_files(2 * size.readers + SPARE_FILES)
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "websocket": lambda: scenes.delivery("live", size),
        "sse": lambda: scenes.delivery("events", size),
        "requests": lambda: scenes.requests(size),
    }
    print(f"{size.readers:,} readers, each a person of their own, in one room; alone on SQLite")
    for name in only or parts:
        if name not in parts:
            raise SystemExit(f"There is no part {name}: {', '.join(parts)}")
        for row in parts[name]():
            print(f"{row.what:<46} {row.value:>14} {row.unit}".rstrip(), flush=True)


def _options() -> tuple[Size, list[str]]:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("part", nargs="*", help="websocket, sse, requests; without: all")
    options.add_argument("--quick", action="store_true", help="a few of everything: does it still run?")
    options.add_argument("--readers", type=int, default=Size().readers)
    options.add_argument("--messages", type=int, default=Size().messages, help="flat out and in bursts")
    given = options.parse_args()
    size = QUICK if given.quick else Size(readers=given.readers, messages=given.messages)
    return size, given.part


def _allow_files(count: int) -> None:
    """Allow this process and the servers it starts that many open files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


if __name__ == "__main__":
    main()
