"""Comings and goings are told in few words, and only where nothing stands between them."""

import re
from pathlib import Path
from typing import Any

import pytest

from chat.core.ids import Number, PersonId
from chat.core.message import Message, Notice
from chat.core.person import Person
from chat.web.assets import Assets
from chat.web.furniture import runs, tell
from chat.web.render import Renderer

NOON = 1_790_000_000_000
DAY = 24 * 60 * 60 * 1000
NAMES = ("Ann Okafor", "Bo Lindqvist", "Cy Marsh", "Dilnoza Karimova", "Elias Vogt")


def went(number: int, kind: Any, who: str, at_ms: int = NOON, **more: Any) -> Notice:
    person = Person(PersonId(next(n for n, name in enumerate(NAMES) if name.startswith(who))), who)
    return Notice(Number(number), Number(number), number * 10, kind, person, at_ms, **more)


def said(number: int) -> Message:
    ann = Person(PersonId(0), NAMES[0])
    return Message(Number(number), Number(number), number * 10, ann, "words", NOON)


def log(*deeds: str) -> list[Message | Notice]:
    """`+Ann` came in, `-Ann` left, `.` is a message, `~` a silent notice."""
    made: list[Message | Notice] = []
    for number, deed in enumerate(deeds, 1):
        if deed == ".":
            made.append(said(number))
        elif deed == "~":
            made.append(went(number, "came", "Cy", silent=True))
        else:
            made.append(went(number, "came" if deed[0] == "+" else "left", deed[1:]))
    return made


def text(told: list[Any]) -> str:
    return ", ".join(" and ".join(person.name for person in one.people) + f" {one.verb}" for one in told)


@pytest.mark.parametrize(
    ("deeds", "words"),
    [
        (["+Ann", "+Bo"], "Ann and Bo came in"),
        (["-Ann", "+Bo"], "Ann left, Bo came in"),
        (["+Ann", "-Ann"], "Ann came and went"),
        (["-Ann", "+Ann"], "Ann left and came back"),
        (["+Ann", "-Ann", "+Ann"], "Ann came in"),
        (["+Ann", "+Bo", "-Ann", "+Cy"], "Ann came and went, Bo and Cy came in"),
    ],
)
def test_comings_and_goings_are_told_once_a_person(deeds: list[str], words: str) -> None:
    assert text(tell([one for one in log(*deeds) if isinstance(one, Notice)])) == words


@pytest.mark.parametrize(
    ("deeds", "numbers"),
    [
        (["+Ann", "+Bo", ".", "-Bo"], [[1, 2], [3], [4]]),
        (["+Ann", "~", "+Bo"], [[1, 2, 3]]),
        (["~", ".", "~", "."], [[1], [2, 3], [4]]),
        ([".", "."], [[1], [2]]),
    ],
)
def test_runs_hold_every_thing_once_in_order(deeds: list[str], numbers: list[list[int]]) -> None:
    found = [[thing.number for thing in run.things] for run in runs(log(*deeds), None)]
    assert [run for run in found if run] == numbers


def test_a_day_and_the_new_line_end_a_run() -> None:
    before, after = went(1, "came", "Ann"), went(2, "came", "Bo", NOON + DAY)
    assert [len(run.things) for run in runs([before, after], None)] == [0, 1, 1]
    assert [run.new for run in runs(log("+Ann", "+Bo"), Number(2))] == [False, False, True]


@pytest.mark.parametrize(
    ("deeds", "words"),
    [
        (["+Ann", "+Bo"], "Ann and Bo came in"),
        (["+Ann", "+Bo", "+Cy", "+Elias"], "Ann and 3 others came in"),
        (["+Ann", "-Ann", "+Bo"], "Ann came and went, Bo came in"),
    ],
)
def test_a_line_stands_over_notices_that_are_kept_hidden(deeds: list[str], words: str) -> None:
    renderer = Renderer(Assets.load(Path(__file__).parents[2] / "static"), "Saltmarsh")
    html = str(renderer.log(log(*deeds), "harbour", NOON))
    line = re.search(r'<li class="notice told".*?</li>', html, re.DOTALL)
    assert line
    assert words in re.sub(r"<svg.*?</svg>|<[^>]+>", "", line[0])
    assert html.count('class="notice merged"') == len(deeds)
    assert renderer.fragment(log(*deeds)[0], "harbour").count(b"merged") == 0
