"""One emoji is one emoji, however it is spelled; nothing else is."""

import pytest

from chat.core.emoji import canonical
from chat.core.problems import Invalid
from chat.core.reaction import PALETTE, clean_emoji


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("👍", "👍"),
        (" 👍\n", "👍"),
        ("👍\ufe0f", "👍"),
        ("\u2764", "\u2764\ufe0f"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("👍🏽", "👍🏽"),
        ("\u261d\ufe0f🏽", "\u261d🏽"),
        ("🇩🇪", "🇩🇪"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",) * 2,
        ("7\u20e3", "7\ufe0f\u20e3"),
        ("👨\u200d👩\u200d👧\u200d👦",) * 2,
        ("🏳\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("👁\u200d🗨\ufe0f", "👁\ufe0f\u200d🗨\ufe0f"),
        ("🧑🏻\u200d\u2764\u200d💋\u200d🧑🏿", "🧑🏻\u200d\u2764\ufe0f\u200d💋\u200d🧑🏿"),
    ],
)
def test_an_emoji_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert clean_emoji(typed) == kept
    assert clean_emoji(kept) == kept


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "a", "1", "#", "ok 👍", "👍👍", "👍 👍", "🇩", "🇩🇪🇫",
        "\ufe0f", "\u200d", "👍\u200d", "\u200d👍",
        "👍\u0301", "<b>", "👍\x00", "\u202e👍", "👍\ufe0f\ufe0f\ufe0f", "🏽🏽🏽", "\u4e2d", "\u2654",
        "\u200d".join("👩👩👩👩👩"), "🏴\U000e0067\U000e007f", "👍" * 1000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_emoji(raw)
    assert refused.value.field == "emoji"


def test_what_the_picker_offers_is_spelled_as_it_is_kept_and_offered_once() -> None:
    assert [canonical(one) for one in PALETTE] == list(PALETTE)
    assert len(set(PALETTE)) == len(PALETTE)
