"""Leases by hand-made clocks."""

from hypothesis import given
from hypothesis import strategies as st

from chat.core.ids import WorkerId
from chat.core.presence import BEAT_S, GIVEN_UP, LEASE_S, Leases, Visit

ONE, TWO, OWN = WorkerId("one"), WorkerId("two"), WorkerId("own")


def test_a_beat_that_stands_still_for_the_lease_is_a_dead_worker() -> None:
    leases, now = Leases(), 0.0
    while now <= LEASE_S:
        dead = leases.look({ONE: 1, TWO: int(now), OWN: int(now)}, OWN, now)
        assert dead == ({ONE} if now >= LEASE_S else set())
        now += BEAT_S / 2
    assert leases.look({ONE: 2, TWO: 0, OWN: 99}, OWN, now) == set(), "it lives again"


def test_time_without_looks_does_not_count() -> None:
    leases = Leases()
    assert leases.look({ONE: 1, OWN: 0}, OWN, 0) == set()
    assert leases.look({ONE: 1, OWN: 1}, OWN, 10_000) == set()
    assert leases.look({ONE: 1, OWN: 2}, OWN, 10_000 + 2 * BEAT_S) == set()


def test_a_worker_that_was_struck_off_is_forgotten() -> None:
    leases = Leases()
    for now in range(0, 16, 2):
        leases.look({ONE: 1, OWN: now}, OWN, now)
    leases.look({OWN: 16}, OWN, 16)
    assert leases.look({ONE: 1, OWN: 18}, OWN, 18) == set()


@given(st.lists(st.floats(0, 30), max_size=40))
def test_nobody_who_beats_between_looks_is_ever_dead(gaps: list[float]) -> None:
    leases, now = Leases(), 0.0
    for beat, gap in enumerate(gaps):
        now += gap
        assert leases.look({ONE: beat, OWN: beat}, OWN, now) == set()


def test_who_cannot_write_itself_takes_nobody_for_dead() -> None:
    """A disk that is full for a while lets everybody read: all beats stand still, one's own as well."""
    leases, now = Leases(), 0.0
    for _ in range(40):
        assert leases.look({ONE: 1, OWN: 1}, OWN, now) == set()
        now += BEAT_S / 2
    for beat in range(2, 5):
        assert leases.look({ONE: 1, OWN: beat}, OWN, now) == set(), "writes are back: it has time to beat"
        now += BEAT_S


def test_time_before_a_beat_moved_is_not_counted_against_it() -> None:
    leases, step = Leases(), BEAT_S
    leases.look({ONE: 1, OWN: 1}, OWN, 0)
    leases.look({ONE: 1, OWN: 2}, OWN, step)
    leases.look({ONE: 2, OWN: 2}, OWN, 1.8 * step)  # it moved just before one's own
    looks = [(own, own * step - step) for own in range(3, 20)]
    still = [now for own, now in looks if ONE not in leases.look({ONE: 2, OWN: own}, OWN, now)]
    assert still == [now for _, now in looks if now - 1.8 * step < LEASE_S]
    assert leases.look({ONE: GIVEN_UP, OWN: 20}, OWN, 19 * step) == {ONE}, "to be given up is no sign of life"


def test_a_hidden_tab_is_not_forgotten_when_another_closes() -> None:
    visit = Visit()
    visit.away(0, 600)
    visit.connected()
    assert visit.state(1) == "here"
    visit.disconnected(2, 3, 20)
    assert [visit.state(at) for at in (4, 6, 30, 599, 600)] == ["here", "away", "away", "away", None]
