"""The benchmarks run, and check what they say they check."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from benchmarks.chart import picture
from benchmarks.client import Talker
from benchmarks.delivery import BURSTS, FLAT_OUT, PACED, Figures, times_ms
from benchmarks.fan import Fan, Pace
from benchmarks.places import OURS, WEBSOCKET
from benchmarks.readers import Dialect, Reader
from benchmarks.report import document
from tests.servers import ROOT


def test_a_quick_run_prints_every_figure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    for kind in ("websocket", "SSE"):
        assert re.search(rf"^\| {kind}: CPU µs of a delivery +\| flat out", done.stdout, re.MULTILINE), (
            done.stdout
        )
    for program in ("\\*\\*Parley\\*\\*", "Quart, a queue for each"):
        assert (
            len(re.findall(rf"^\| {program} +(?:\| [\d.,× /–()]+ ){{7}}\|", done.stdout, re.MULTILINE)) == 2
        ), done.stdout
    assert re.search(r"^\| bare writes in C|^floor: not run: the floor needs cc", done.stdout, re.MULTILINE)
    for what in (
        "bare Quart hello",
        "bare Quart post",
        "room page",
        "room page beside 20 posts a second",
        "post",
        "first visit: all",
        "16 websockets at once: idle",
        "16 SSEs at once: longest wait",
    ):
        assert re.search(rf"^\| {what}.* \d", done.stdout, re.MULTILINE), what


def batch(*numbers: int) -> bytes:
    messages = (f'<li class="msg" id="m-{n}" data-number="{n}">said-{n - 1}-</li>' for n in numbers)
    return f'{"".join(messages)}<i data-mark="e.{numbers[-1]}" hidden></i>'.encode()


@pytest.fixture
def reader() -> Iterator[tuple[Reader, socket.socket]]:
    """A reader, and the end that its server would have."""
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader = Reader(listening.getsockname()[1], b"", OURS)
    reader.socket.close()
    reader.socket = ours
    yield reader, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("tail", [b"", b"\n\n\r\n"])
def test_a_reader_keeps_what_is_cut_until_the_rest_comes(
    reader: tuple[Reader, socket.socket], tail: bytes
) -> None:
    whole = batch(7) + tail
    assert reader[0].whole(whole[:20]) == b""
    assert reader[0].whole(whole[20:]).startswith(batch(7))
    assert reader[0].whole(whole) == whole


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [((1, 2, 3), 0), ((1, 2, 2), 1), ((2, 1, 3), 1)],
    ids=["in order", "doubled", "in disorder"],
)
def test_what_comes_twice_or_in_disorder_is_counted(
    reader: tuple[Reader, socket.socket], sent: tuple[int, ...], wrong: int
) -> None:
    fan = Fan([reader[0]], [], OURS)
    fan._begin(lambda _: b"", 3, Pace())
    fan._sent_at.extend([0.0] * 3)
    for number in sent:
        reader[1].sendall(batch(number))
        fan._receive(reader[0])
    assert fan._delivered == 3
    assert fan._seen.wrong == wrong


def test_what_has_no_numbers_must_come_in_one_order_to_all() -> None:
    plain = Dialect(re.compile(rb"said-(\d+)-"), mark=b"over.", ready=b"")
    pairs = [socket.socketpair() for _ in range(2)]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        readers = [Reader(listening.getsockname()[1], b"", plain) for _ in pairs]
    for reader, (ours, _) in zip(readers, pairs, strict=True):
        reader.socket.close()
        reader.socket = ours
    fan = Fan(readers, [], plain)
    fan._begin(lambda _: b"", 2, Pace())
    fan._sent_at.extend([0.0] * 2)
    for order, reader, (_, theirs) in zip(((1, 0), (0, 1)), readers, pairs, strict=True):
        for number in order:
            theirs.sendall(f"said-{number}- over.".encode())
            fan._receive(reader)
    assert fan._seen.wrong == 1
    for pair in pairs:
        for end in pair:
            end.close()


def figures(program: str, number: int, cpu_us: float) -> Figures:
    spent = dict.fromkeys((FLAT_OUT, BURSTS, PACED), cpu_us)
    return Figures(program, WEBSOCKET, number, 20.0, 4.0, spent, 454.0, 9.0, 12.0, 0.0)


RUNS = [figures("floor", 0, 4.0), *(figures("parley", n, us) for n, us in enumerate((3.0, 9.0, 5.0)))]
MEASURED = {
    "when": "2026-11-21T12:00:00",
    "machine": {"cpu": "a <processor>", "cores": 2, "kernel": "6", "python": "3"},
    "size": {"readers": 1000},
    "rows": [
        {"what": "bare Quart post, CPU", "value": 2.0, "unit": "µs"},
        {"what": "post, CPU", "value": 7.0, "unit": "µs"},
    ],
    "versions": {"floor": "cc 12"},
    "not run": {"ws": "no node"},
}


def test_a_table_has_the_median_the_spread_and_how_many_times_the_floor() -> None:
    lines = list(document(RUNS, MEASURED))
    assert any("5.00 (3.00–9.00), 1.25×" in line for line in lines)
    assert any(re.match(r"\| post, CPU +\| +3.50 \| times bare Quart post, CPU \|", line) for line in lines)
    assert "- Node `ws`: not run: no node" in lines


def test_the_picture_has_a_bar_for_every_program_and_scene() -> None:
    root = ElementTree.fromstring("\n".join(picture(RUNS, MEASURED)))
    looks = [rect.get("class") for rect in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert (looks.count("ours"), looks.count("peer")) == (3, 3)


def test_what_has_just_come_due_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talker = Talker(listening.getsockname()[1])
        fan = Fan([], [talker])
        fan._begin(lambda _: b"", 2, Pace(a_second=1000.0))
        fan._began -= 1.0
        assert fan._patience() == 0
        fan.close()


def test_times_are_told_in_milliseconds() -> None:
    assert times_ms([0.001] * 99 + [0.1]) == pytest.approx((1.0, 99.0), abs=0.1)
