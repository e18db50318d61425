"""What browsers are called, and how times are said."""

import pytest

from chat.web.devices import device, is_pocket
from chat.web.words import moment

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
NOW_MS = 1_795_263_000_000  # Saturday 21 November 2026, 12:10 UTC
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/140.0 Safari/537.36 Edg/140", "Edge on Windows"),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {WEBKIT} Version/18 Safari/605", "Safari on Mac"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) {WEBKIT} CriOS/140", "Chrome on iPhone"),
        (f"Mozilla/5.0 (X11; CrOS x86_64) {WEBKIT} Chrome/140.0 Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.10.1", "curl"),
        ("python-httpx/0.28", "Something else"),
        ("", "Something else"),
        ("<script>" * 1000, "Something else"),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


def test_telephones_are_told_from_the_rest() -> None:
    assert is_pocket("Safari on iPhone")
    assert is_pocket("Chrome on Android")
    assert not is_pocket("Firefox on Linux")


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "12:10"), (1, "yesterday"), (2, "Thursday"), (6, "Sunday"), (7, "14 November"), (19, "2 November"),
     (384, "2 November 2025")],
)  # fmt: skip
def test_a_time_is_said_as_people_say_it(days: int, words: str) -> None:
    assert moment(NOW_MS - days * DAY_MS, NOW_MS) == words
