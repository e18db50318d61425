"""Whom an "@" may mean."""

import pytest

from chat.core.mentions import SPOTS_MAX, spots


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("@Ann", "ann"),
        ("see @Ann, and", "ann"),
        ("(@Ann)", "ann"),
        ("@Ann's boat", "ann"),
        ("@ANN LEE: hi", "ann lee"),
        ("@Jean-Luc!", "jean-luc"),
        ("**@Ann**", "ann"),
        ("@李明你好", "李明"),
        ("@Dr. X! here", "dr. x!"),
        ("@Ann/@Bo", "bo"),
    ],
)
def test_a_name_after_the_sign_is_found_whatever_follows(body: str, name: str) -> None:
    assert any(name in keys for keys in spots(body))


@pytest.mark.parametrize("body", ["ann@example.org", "@", "@ Ann", "Ann", "@\nAnn"])
def test_no_name_is_meant(body: str) -> None:
    assert not any("ann" in keys for keys in spots(body))


def test_the_longest_name_comes_first() -> None:
    [keys] = spots("@Ann Lee is here")
    assert [key for key in keys if key in ("ann", "ann lee")] == ["ann lee", "ann"]


def test_a_name_does_not_end_within_a_word() -> None:
    [keys] = spots("@Annabel")
    assert "ann" not in keys


def test_only_so_many_places_are_looked_at() -> None:
    assert len(spots("@Ann " * 500)) == SPOTS_MAX
