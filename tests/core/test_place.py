"""Positions between neighbours: found as long as there are whole numbers between them."""

from hypothesis import given
from hypothesis import strategies as st

from chat.core.ids import Number
from chat.core.message import POS_STEP
from chat.core.place import between, stands_between

positions = st.integers(-(10**15), 10**15)


@given(positions, st.integers(1, 3 * POS_STEP))
def test_there_is_a_place_between_two_neighbours_unless_they_touch(lower: int, apart: int) -> None:
    found = between(lower, lower + apart, Number(9))
    assert (found is None) == (apart == 1)
    assert found is None or lower < found < lower + apart


@given(positions)
def test_there_is_always_a_place_before_the_first(first: int) -> None:
    found = between(None, first, Number(9))
    assert found is not None
    assert found < first


def test_the_end_is_below_everything_that_is_said_later() -> None:
    end = between(8 * POS_STEP, None, Number(9))
    assert end is not None
    assert 8 * POS_STEP < end < 10 * POS_STEP


def test_between_two_whole_steps_there_is_room_for_nineteen_halvings() -> None:
    lower, upper, halvings = 0, POS_STEP, 0
    while (found := between(lower, upper, Number(9))) is not None:
        upper, halvings = found, halvings + 1
    assert halvings == 19


def test_what_stands_there_already_is_known() -> None:
    assert stands_between(5, 4, 6)
    assert stands_between(5, None, 6)
    assert stands_between(5, 4, None)
    assert not stands_between(5, 6, 7)
    assert not stands_between(5, 3, 4)
