"""What is said of a room's settings."""

import pytest

from chat.core.room import Settings
from chat.core.settings import NAMES, PRESETS
from chat.web.words import beginning, touched


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(), "Everyone here can come in. Those who come later see what was said before."),
        (
            Settings(newcomers_see=100),
            "Everyone here can come in. Newcomers see at most 100 of what was said before.",
        ),
        (
            Settings(access="code", lifetime="ephemeral"),
            "Anyone with the code can come in. Those who come later see what was said before. "
            "When the last person has left, the room is gone.",
        ),
        (
            Settings(access="private", history="joined", newcomers_see=5, keep=1_000),
            "Only people who were invited can come in. Those who come later see what is said from then on. "
            "Of all that is said, the last 1,000 stay.",
        ),
        (Settings(access="direct"), "Only the two of you read this."),
    ],
)
def test_a_room_says_who_comes_in_and_what_becomes_of_it(settings: Settings, words: str) -> None:
    assert beginning(settings) == words


def test_every_kind_of_room_says_something() -> None:
    assert all(beginning(kind.settings) for kind in PRESETS)


def test_a_form_says_more_than_its_kind_once_a_setting_is_filled_in() -> None:
    untouched = {"name": "Harbour", "topic": "Boats", "preset": "workshop"} | dict.fromkeys(NAMES, "")
    assert not touched({})
    assert not touched(untouched)
    assert touched(untouched | {"keep": "5"})
