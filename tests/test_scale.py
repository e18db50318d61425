"""The model of `docs/scaling.md`: its arithmetic holds, and it says what real processes do."""

from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from benchmarks.scale.check import check
from benchmarks.scale.constants import Constants, Measured, load, save
from benchmarks.scale.model import (
    BATCH_MAX,
    FULL,
    Load,
    Place,
    Room,
    batch_of,
    ceiling,
    first,
    shares,
    worker,
    workers_reading,
)
from benchmarks.scale.scenes import SCENES, lines
from benchmarks.scale.simulate import Run

COST = Constants(**dict.fromkeys((field.name for field in fields(Constants)), 0.0))
"""Nothing costs anything: each test names what it looks at."""
ALONE = Place(alone=True, cores=2)
WITHIN = 2.5  # the factor by which a prediction may miss, on a machine that does other things meanwhile


def test_a_worker_uses_what_it_does() -> None:
    cost = replace(COST, post_sqlite=1_000, pull_here=500, write=10, extra=1, idle_share=0.01)
    busy = Load([Room(100, 10.0)], attentive=0)
    beats = 100 / 10 * 10  # a heartbeat to each reader, every 10 s
    used = 10 * (1_000 + 500 + 100 * 10) + beats
    assert worker(busy, ALONE, cost) == pytest.approx(0.01 + used / 1e6)
    used = 10 * (1_000 + (500 + 100 * (10 + 3)) / 4) + beats
    assert worker(busy, ALONE, cost, batch=4) == pytest.approx(0.01 + used / 1e6)


def test_every_worker_hears_what_the_others_ring() -> None:
    cost = replace(COST, heard=100, publish=5, fan=6)
    load = Load([Room(0, 30.0)], attentive=0)
    messages = 10 / (1 + 10 * 0.002)
    found = shares(load, Place(workers=3), cost)
    assert found["a worker"] == pytest.approx(2 * messages * 100 / 1e6)
    assert found["Redis"] == pytest.approx(3 * messages * (5 + 3 * 6) / 1e6)
    assert shares(load, Place(workers=3, sharded=True), cost)["a worker"] == 0


def test_readers_come_to_any_worker() -> None:
    assert workers_reading(Room(1, 1.0), Place(workers=10)) == pytest.approx(1)
    assert workers_reading(Room(1_000, 1.0), Place(workers=10)) == pytest.approx(10)
    assert workers_reading(Room(5, 1.0), ALONE) == 1
    assert workers_reading(Room(5, 1.0), Place(workers=10, gathered=True)) == 1


def test_who_is_full_gives_out_more_at_once() -> None:
    cost = replace(COST, write=10, extra=1)
    crowd = [Room(10_000, rate) for rate in (1.0, 20.0, 1_000.0)]
    batches = [batch_of(Load([room], attentive=0), ALONE, cost) for room in crowd]
    assert batches[0] == 1 < batches[1] < batches[2] == BATCH_MAX
    assert worker(Load([crowd[1]], attentive=0), ALONE, cost, batches[1]) <= FULL


def test_at_the_ceiling_something_is_used_up() -> None:
    for scene in SCENES:
        times, what = ceiling(scene.load, scene.place, load().constants)
        name, share = first(scene.load.louder(times), scene.place, load().constants)
        assert times > 0
        assert share == pytest.approx(1, abs=0.01)
        assert name == what


def test_a_simulated_message_takes_the_sum_of_its_steps_where_nobody_waits() -> None:
    steps = {"post": 3_000, "pg_post": 500, "pull_here": 1_000, "pg_pull": 250, "write": 10}
    cost = replace(COST, **steps, sync_ms=2.0)
    told = Run(Place(workers=1, cores=2), cost, [100]).says(20, 1.0)
    assert told.answer_p50_ms == pytest.approx(3 + 0.5 + 2)
    assert (told.p50_ms, told.p99_ms) == pytest.approx((7.75, 7.75))  # 5.5 + 1 + 0.25 + 100 writes
    assert told.batch == 1


def test_what_is_simulated_uses_what_arithmetic_says() -> None:
    place, cost = Place(workers=4, cores=8), load().constants
    told = Run(place, cost, [50] * 4).says(400, 10.0, evenly=False)
    said = shares(Load([Room(200, 10.0)], attentive=0), place, cost)
    assert sum(told.workers) / 4 == pytest.approx(said["a worker"], rel=0.15)
    assert told.redis == pytest.approx(said["Redis"], rel=0.15)


def test_posts_to_one_room_wait_for_each_other() -> None:
    cost = replace(COST, sync_ms=10.0)
    told = Run(Place(workers=4, cores=8), cost, [1] * 4).says(10, 1e6)
    assert told.p99_ms == pytest.approx(100, rel=0.01)


def test_few_cores_make_many_processes_wait() -> None:
    cost = replace(COST, write=100)
    one, four = (Run(Place(workers=4, cores=n), cost, [100] * 4).says(5, 1.0).p99_ms for n in (1, 4))
    assert one == pytest.approx(4 * four)


def test_what_else_a_machine_does_takes_its_time() -> None:
    quiet, busy = (
        Run(Place(workers=1, cores=2), replace(COST, post=5_000), [1], others=others).says(100, 10.0)
        for others in (0.0, 1.9)
    )
    assert quiet.p99_ms == pytest.approx(5)
    assert quiet.p99_ms < 0.9 * busy.p99_ms


def test_a_busy_worker_gathers_and_keeps_up() -> None:
    cost = replace(COST, write=100)
    told = Run(Place(workers=1, cores=2), cost, [1_000]).says(200, 50.0)
    assert told.batch > 3
    assert told.p99_ms < 400


def test_the_same_seed_is_the_same_run() -> None:
    def run(seed: int) -> float:
        return (
            Run(Place(workers=2), load().constants, [10, 10], seed=seed).says(50, 100.0, evenly=False).p99_ms
        )

    assert run(1) == run(1) != run(2)


def test_constants_are_kept(tmp_path: Path) -> None:
    measured = Measured("2026-01-02", "a machine", replace(COST, post=1.5))
    save(measured, tmp_path / "constants.toml")
    assert load(tmp_path / "constants.toml") == measured


def test_every_constant_is_known_and_the_tables_are_made_of_them() -> None:
    assert all(value >= 0 for value in asdict(load().constants).values())
    assert len(list(lines(load().constants))) == 2 + len(SCENES)


def test_real_processes_use_what_was_predicted() -> None:
    """The constants are of another machine, or another day: one process tells how much slower this one is."""
    cost = load().constants
    (one,), (two,) = (
        [pairs[0] for _, pairs in check(cost, processes, readers=40, rates=(20.0,), messages=60)]
        for processes in (1, 2)
    )
    speed = one.measured / one.predicted
    assert 1 / WITHIN < two.measured / (two.predicted * speed) < WITHIN, f"{one}, {two}"
