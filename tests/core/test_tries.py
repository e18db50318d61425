"""How often somebody may guess."""

import pytest

from chat.core.ids import PersonId
from chat.core.person import clean_password
from chat.core.problems import Invalid
from chat.core.tries import MINUTE_MS, Guard, codes_from, passwords_from, passwords_of

NOW_MS = 1_790_000_000_000


def tries(count: int, minutes_ago: float) -> list[int]:
    """Times of tries a millisecond apart, newest first."""
    newest = NOW_MS - int(minutes_ago * MINUTE_MS)
    return [newest - n for n in range(count)]


@pytest.mark.parametrize(
    ("guard", "most", "minutes"),
    [
        (passwords_of(PersonId(7)), 10, 5),
        (passwords_of(PersonId(7)), 20, 60),
        (passwords_from("192.0.2.1"), 100, 5),
        (codes_from("192.0.2.1"), 20, 5),
    ],
)
def test_a_limit_is_reached_by_so_many_and_is_over_after_so_long(
    guard: Guard, most: int, minutes: int
) -> None:
    assert guard.wait_ms([], NOW_MS) == 0
    if guard.limits[0].most == most:
        assert guard.wait_ms(tries(most - 1, 0), NOW_MS) == 0
    wait_ms = guard.wait_ms(tries(most, 0), NOW_MS)
    assert 0 < wait_ms <= minutes * MINUTE_MS
    assert guard.wait_ms(tries(most, 0), NOW_MS + wait_ms) == 0
    assert guard.most >= most


def test_ten_now_wait_five_minutes_and_twenty_within_an_hour_wait_for_its_end() -> None:
    guard = passwords_of(PersonId(7))
    assert guard.wait_ms(tries(10, 1), NOW_MS) == pytest.approx(4 * MINUTE_MS, abs=20)
    assert guard.wait_ms([*tries(1, 6), *tries(19, 40)], NOW_MS) == pytest.approx(20 * MINUTE_MS, abs=20)


def test_subjects_are_told_apart_and_an_ipv6_household_is_one() -> None:
    subjects = [
        passwords_of(PersonId(7)).subject,
        passwords_of(PersonId(8)).subject,
        passwords_from("192.0.2.1").subject,
        passwords_from("192.0.2.2").subject,
        codes_from("192.0.2.1").subject,
        passwords_from("").subject,
        passwords_from("2001:db8::1").subject,
        passwords_from("2001:db8:0:1::1").subject,
    ]
    assert len(set(subjects)) == len(subjects)
    assert passwords_from("2001:db8::1") == passwords_from("2001:db8::ffff:2")


@pytest.mark.parametrize(
    "password", ["12345678", "x" * 200, "e\u0301" * 200, " " * 8, "\0" * 8, "пароль密码🙂🙂"]
)
def test_a_password_may_have_any_characters(password: str) -> None:
    assert len(clean_password(password)) in (8, 10, 200)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201, "e\u0301" * 7])
def test_a_password_has_8_to_200_characters(password: str) -> None:
    with pytest.raises(Invalid, match="A password has 8 to 200 characters") as refused:
        clean_password(password)
    assert refused.value.field == "password"
