"""Leases by hand-made clocks."""

from hypothesis import given
from hypothesis import strategies as st

from chat.core.ids import WorkerId
from chat.core.presence import BEAT_S, LEASE_S, Leases

ONE, TWO = WorkerId("one"), WorkerId("two")


def test_a_beat_that_stands_still_for_the_lease_is_a_dead_worker() -> None:
    leases, now = Leases(), 0.0
    while now <= LEASE_S:
        dead = leases.look({ONE: 1, TWO: int(now)}, now)
        assert dead == ({ONE} if now >= LEASE_S else set())
        now += BEAT_S / 2
    assert leases.look({ONE: 2, TWO: 0}, now) == set(), "it lives again"


def test_time_without_looks_does_not_count() -> None:
    leases = Leases()
    assert leases.look({ONE: 1}, 0) == set()
    assert leases.look({ONE: 1}, 10_000) == set()
    assert leases.look({ONE: 1}, 10_000 + LEASE_S - 5.1) == set()


def test_a_worker_that_was_struck_off_is_forgotten() -> None:
    leases = Leases()
    for now in range(0, 16, 2):
        leases.look({ONE: 1}, now)
    leases.look({}, 16)
    assert leases.look({ONE: 1}, 18) == set()


@given(st.lists(st.floats(0, 30), max_size=40))
def test_nobody_who_beats_between_looks_is_ever_dead(gaps: list[float]) -> None:
    leases, now = Leases(), 0.0
    for beat, gap in enumerate(gaps):
        now += gap
        assert leases.look({ONE: beat}, now) == set()
