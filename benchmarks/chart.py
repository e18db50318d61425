"""The picture and the tables of docs/performance.md, from one run.

After `make bench`: `python -m benchmarks.chart build/bench.json`.

One panel a scene, each with a scale of its own; a bar is a median, the line through it goes from the least
to the most of all rounds, and the dashed line is the floor. The picture brings its own ground, so that it
can be read on a light and on a dark page.
"""

import html
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.delivery import BURSTS, FLAT_OUT, PACED, Figures
from benchmarks.places import SSE, WEBSOCKET
from benchmarks.report import FLOOR, NAMES, OURS, document, median
from tests.servers import ROOT

PICTURE = ROOT / "docs" / "pictures" / "fan-out.svg"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
WIDTH, LEFT, PANEL, GAP, TOP, BAR, ROW = 960, 230, 190, 48, 92, 13, 42  # pixels

STYLE = """
  svg {
    --ground: #fefdfa; --edge: #e1ddd8; --text: #26201c; --soft: #534b46; --peer: #948e88; --ours: #156852
  }
  @media (prefers-color-scheme: dark) { svg {
    --ground: #1c1815; --edge: #312d29; --text: #e9e6e0; --soft: #bbb7b0; --peer: #716a65; --ours: #77cfaf
  } }
  text { font: 13px system-ui, sans-serif; fill: var(--text) }
  .title { font-size: 16px; font-weight: 600 }
  .soft, .value { fill: var(--soft); font-size: 12px }
  .value { stroke: var(--ground); stroke-width: 3px; paint-order: stroke }
  .ours { font-weight: 600 }
  .ground { fill: var(--ground); stroke: var(--edge) }
  rect.peer { fill: var(--peer) }
  rect.ours { fill: var(--ours) }
  .events { opacity: .6 }
  line { stroke: var(--text) }
  .floor { stroke: var(--soft); stroke-dasharray: 3 3 }
"""


def main() -> None:
    measured = json.loads(Path(sys.argv[1]).read_text())
    runs = [Figures(**run) for run in measured["runs"]]
    PICTURE.write_text("\n".join(picture(runs, measured)) + "\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n".join([before + BEGIN, "", *document(runs, measured), "", END + after]))


def picture(runs: Sequence[Figures], measured: dict[str, Any]) -> Iterator[str]:
    """The lines of an SVG file."""
    programs = [name for name in NAMES if any(run.program == name for run in runs)]
    height = TOP + ROW * len(programs) + 34
    rounds = 1 + max(run.round for run in runs)
    box = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
    yield "<title>Processor time of one delivery, beside other programs</title>"
    yield f"<style>{STYLE}</style>"
    yield f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>'
    yield '<text class="title" x="20" y="32">Processor time of one delivery, in µs: less is better</text>'
    readers = measured["size"]["readers"]
    yield (
        f'<text class="soft" x="20" y="52">{readers:,} readers in one room; medians of {rounds} rounds, '
        "with their spread; upper bar websocket, lower bar SSE</text>"
    )
    for row, program in enumerate(programs):
        name = NAMES[program].replace("*", "").replace("`", "")
        weight = "ours" if program == OURS else ""
        yield f'<text class="{weight}" x="20" y="{TOP + ROW * row + 24}">{name}</text>'
    for number, scene in enumerate((FLAT_OUT, BURSTS, PACED)):
        yield from _panel(runs, programs, scene, LEFT + number * (PANEL + GAP))
    words = f"{measured['when'][:10]}, {measured['machine']['cpu']}, {measured['machine']['cores']} cores"
    yield f'<text class="soft" x="20" y="{height - 14}">{html.escape(words)}</text>'
    yield "</svg>"


def _panel(runs: Sequence[Figures], programs: Sequence[str], scene: str, left: int) -> Iterator[str]:
    scale = PANEL / max(run.cpu_us[scene] for run in runs)
    bottom = TOP + ROW * len(programs)
    yield f'<text x="{left}" y="{TOP - 12}">{scene}</text>'
    floor = [run.cpu_us[scene] for run in runs if run.program == FLOOR and run.kind == WEBSOCKET]
    if floor:
        x = left + median(floor) * scale
        yield f'<line class="floor" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{bottom}"/>'
    for row, program in enumerate(programs):
        for kind, y in ((WEBSOCKET, TOP + ROW * row + 5), (SSE, TOP + ROW * row + 20)):
            values = [run.cpu_us[scene] for run in runs if run.program == program and run.kind == kind]
            if values:
                yield from _bar(values, scale, left, y, _look(program, kind))


def _look(program: str, kind: str) -> str:
    return f"{'ours' if program == OURS else 'peer'}{' events' if kind == SSE else ''}"


def _bar(values: Sequence[float], scale: float, left: int, y: int, look: str) -> Iterator[str]:
    """A bar, its spread, and its value behind it."""
    least, middle, most = (value * scale for value in (min(values), median(values), max(values)))
    yield f'<rect class="{look}" x="{left}" y="{y}" width="{max(middle, 1):.1f}" height="{BAR}"/>'
    if most - least > 1:
        centre = y + BAR / 2
        yield f'<line x1="{left + least:.1f}" x2="{left + most:.1f}" y1="{centre}" y2="{centre}"/>'
    yield f'<text class="value" x="{left + most + 5:.1f}" y="{y + 11}">{median(values):.2f}</text>'


if __name__ == "__main__":
    main()
