"""What was measured, as tables in Markdown: medians over the rounds, their spread, and ratios."""

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.delivery import BURSTS, FLAT_OUT, PACED, Figures
from benchmarks.meter import NOISY
from benchmarks.places import SSE, WEBSOCKET
from benchmarks.weight import Row

FLOOR, OURS = "floor", "parley"
NAMES = {  # in the order of the tables
    OURS: "**Parley**",
    FLOOR: "bare writes in C, the floor",
    "socketify": "socketify (C++ under Python)",
    "nchan": "nginx with nchan",
    "ws": "Node `ws`",
    "gevent": "Flask-SocketIO with gevent",
    "quart": "Quart, a queue for each",
}
RATIOS = {  # what is measured beside a bare Quart
    "room page, CPU": "bare Quart hello, CPU",
    "room page beside 20 posts a second, CPU": "bare Quart hello, CPU",
    "room page, not packed, CPU": "bare Quart hello, CPU",
    "post, CPU": "bare Quart post, CPU",
    "post, rate": "bare Quart post, rate",
}
REST = {"bytes": "bytes", "connect_cpu_us": "connect, CPU µs", "idle_kib": "idle, KiB"}


def tables(runs: Sequence[Figures]) -> Iterator[str]:
    """A table for each transport, then a word about noise."""
    for kind in (WEBSOCKET, SSE):
        if of_kind := [run for run in runs if run.kind == kind]:
            yield from _aligned(list(_table(kind, of_kind)))
            yield ""
    noisy = max((run.noise for run in runs), default=0.0)
    if noisy > NOISY:
        yield f"Noise: others took up to {noisy:.0%} of the machine in one scene."


def document(runs: Sequence[Figures], measured: dict[str, Any]) -> Iterator[str]:
    """All of a run, from what `--json` wrote: the tables, and what was measured on what."""
    machine, rounds = measured["machine"], 1 + max((run.round for run in runs), default=0)
    yield (
        f"{measured['when'][:10]}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
        f"Python {machine['python']}; medians of {rounds}, in brackets the least and the most, × the floor."
    )
    yield ""
    yield from tables(runs)
    yield from requests([Row(**row) for row in measured["rows"]])
    yield ""
    for name, version in measured["versions"].items():
        yield f"- {NAMES[name]}: {version}"
    for name, why in measured["not run"].items():
        yield f"- {NAMES[name]}: not run: {why}"


def requests(rows: Sequence[Row]) -> Iterator[str]:
    """Posts, pages and the first visit, over all rounds; and how they compare with a bare Quart."""
    cells = [["posts, pages and a first visit", "", ""]]
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row.what, []).append(row.value)
    units = {row.what: row.unit for row in rows}
    cells += [
        [what, _spread(figures, 1 if units[what] == "ms" else 0), units[what]]
        for what, figures in values.items()
    ]
    for ours, bare in RATIOS.items():
        if ours in values and bare in values:
            shares = [one / other for one, other in zip(values[ours], values[bare], strict=False) if other]
            cells.append([ours, _spread(shares, 2) if shares else "", f"times {bare}"])
    if values:
        yield from _aligned(cells)
    noisy = max((row.noise for row in rows), default=0.0)
    if noisy > NOISY:
        yield ""
        yield f"Noise: others took up to {noisy:.0%} of the machine in one of these."


def _table(kind: str, runs: Sequence[Figures]) -> Iterator[list[str]]:
    yield [f"{kind}: CPU µs of a delivery", FLAT_OUT, BURSTS, PACED, "p50 / p99, ms", *REST.values()]
    floor = [run for run in runs if run.program == FLOOR]
    for program, name in NAMES.items():
        if own := [run for run in runs if run.program == program]:
            cells = [_cell(own, floor, scene) for scene in (FLAT_OUT, BURSTS, PACED)]
            late = f"{_middle(own, 'p50_ms')} / {_middle(own, 'p99_ms')}"
            yield [name, *cells, late, *(_middle(own, what) for what in REST)]


def _middle(runs: Sequence[Figures], what: str) -> str:
    return f"{median([getattr(run, what) for run in runs]):,.0f}"


def _cell(own: Sequence[Figures], floor: Sequence[Figures], scene: str) -> str:
    """Median, spread, and how many times the floor."""
    values = [run.cpu_us[scene] for run in own]
    least = median([run.cpu_us[scene] for run in floor]) if floor else 0.0
    return _spread(values, 2) + (f", {median(values) / least:.2f}×" if least else "")


def _spread(values: Sequence[float], digits: int) -> str:
    """The median, and in brackets the least and the most where there is more than one."""
    text = f"{median(values):,.{digits}f}"
    return f"{text} ({min(values):,.{digits}f}–{max(values):,.{digits}f})" if len(set(values)) > 1 else text


def median(values: Sequence[float]) -> float:
    """The middle of what the rounds gave."""
    return statistics.median(values)


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    """A table that can be read as it is, too: the first column to the left, figures to the right."""
    first, *rest = [max(3, *(len(cell) for cell in column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        figures = [cell.rjust(width) for cell, width in zip(row[1:], rest, strict=True)]
        yield f"| {' | '.join([row[0].ljust(first), *figures])} |"
        if number == 0:
            yield f"|{'-' * (first + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in rest)
