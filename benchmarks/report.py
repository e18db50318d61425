"""What was measured, as tables: medians over the rounds, their spread, and ratios."""

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.delivery import BURSTS, FLAT_OUT, PACED, Figures
from benchmarks.meter import NOISY
from benchmarks.places import SSE, WEBSOCKET

FLOOR, OURS = "floor", "parley"
NAMES = {
    OURS: "**Parley**",
    FLOOR: "bare writes in C, the floor",
    "socketify": "socketify (C++ under Python)",
    "nchan": "nginx with nchan",
    "ws": "Node `ws`",
    "gevent": "Flask-SocketIO with gevent",
    "quart": "Quart, a queue for each",
}


def tables(runs: Sequence[Figures]) -> Iterator[str]:
    """A table in Markdown for each transport, then a word about noise."""
    for kind in (WEBSOCKET, SSE):
        of_kind = [run for run in runs if run.kind == kind]
        if of_kind:
            yield from _table(kind, of_kind)
            yield ""
    noisy = max((run.noise for run in runs), default=0.0)
    if noisy > NOISY:
        yield f"Noise: others took up to {noisy:.0%} of the machine in one scene."


def _table(kind: str, runs: Sequence[Figures]) -> Iterator[str]:
    yield (
        f"| {kind}: CPU µs of a delivery | {FLAT_OUT} | {BURSTS} | {PACED} | p50 / p99, ms | bytes "
        "| connect, CPU µs | idle, KiB |"
    )
    yield "|---|" + "---:|" * 7
    programs = dict.fromkeys(run.program for run in runs)
    floor = [run for run in runs if run.program == FLOOR]
    for program in sorted(programs, key=lambda name: list(NAMES).index(name)):
        own = [run for run in runs if run.program == program]
        cells = [_cell(own, floor, scene) for scene in (FLAT_OUT, BURSTS, PACED)]
        late = f"{median([run.p50_ms for run in own]):.0f} / {median([run.p99_ms for run in own]):.0f}"
        rest = [f"{median([getattr(run, name) for run in own]):,.0f}" for name in REST]
        yield f"| {NAMES[program]} | {' | '.join([*cells, late, *rest])} |"


REST = ("bytes", "connect_cpu_us", "idle_kib")


def _cell(own: Sequence[Figures], floor: Sequence[Figures], scene: str) -> str:
    """Median, spread, and how many times the floor."""
    values = [run.cpu_us[scene] for run in own]
    text = f"{median(values):.2f}"
    if len(values) > 1:
        text += f" ({min(values):.2f}–{max(values):.2f})"
    least = median([run.cpu_us[scene] for run in floor]) if floor else 0.0
    return f"{text}, {median(values) / least:.1f}×" if least else text


def median(values: Sequence[float]) -> float:
    """The middle of what the rounds gave."""
    return statistics.median(values)
