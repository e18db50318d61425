"""What is asked for, how words are compared, and what is shown of a find."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.core.folding import STRETCH, folded, grams, indexed, needle, rank
from chat.core.ids import PersonId, RoomId
from chat.core.pieces import Piece, pieces
from chat.core.problems import Invalid
from chat.core.search import QUERY_MAX, Query, parse

SAID = "Swapped: Crane is booked; then 東京タワー, ﬁne Straße! 🎉 CAFÉ"
DAY_MS = 24 * 60 * 60 * 1000
NOVEMBER_MS = 1_793_491_200_000  # 2026-11-01


def text(body: str, *names: str) -> str:
    return indexed(RoomId(1), PersonId(2), body, names)


def needles(q: str) -> tuple[str, ...]:
    return parse({"q": q}).needles


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_plain_letters_are_folded_by_a_shorter_way_to_the_same(text: str) -> None:
    assert folded(text) + "é  " == folded(f"{text} é").removeprefix("  " * (not folded(text)))


def test_a_query_has_words_phrases_and_filters() -> None:
    typed = 'crane "is booked" from:@ann in:"paint committee" HAS:file before:2026-11-02 after:2026-11-01'
    found = parse({"q": typed})
    assert found.words == ("crane", "is booked")
    assert (found.author, found.room, found.files) == ("ann", "paint committee", True)
    assert (found.after_ms, found.before_ms) == (NOVEMBER_MS, NOVEMBER_MS + DAY_MS)
    assert found.filtered
    assert not parse({"q": "crane"}).filtered


def test_a_field_wins_over_the_same_thing_among_the_words() -> None:
    found = parse({"q": "x in:lobby from:ann before:yesterday", "in": "pier", "before": "2026-11-01"})
    assert (found.room, found.author, found.before_ms) == ("pier", "ann", NOVEMBER_MS)


def test_what_only_looks_like_a_filter_is_a_word() -> None:
    assert parse({"q": "has:fun in: from:"}).words == ("has:fun", "in:", "from:")
    assert parse({"q": 'in:""'}) == Query()
    assert parse({"q": "!!! ... \x00 \x01 \U000f0001"}) == Query(), "there is no word in that"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"q": "before:friday"}, "q"),
        ({"before": "2026-02-30"}, "before"),
        ({"after": "20261101"}, "after"),
        ({"after": "2026-11-01T10:00"}, "after"),
        ({"has": "fun"}, "has"),
        ({"order": "oldest"}, "order"),
        ({"q": "x" * (QUERY_MAX + 1)}, "q"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_beside_its_field(fields: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "q",
    ["crane", "CRANE", "ran", "cr", "c", "booked;", '"is booked"', '"IS"', "京", "東京", "タワ", '"東京"',
     "strasse", "fine", "🎉", "café", unicodedata.normalize("NFD", "café"), "is-booked"],
)  # fmt: skip
def test_words_parts_and_pictures_are_found(q: str) -> None:
    (one,) = needles(q)
    assert one in text(SAID)
    assert grams(one) <= grams(text(SAID))
    assert len(one) >= 3


@pytest.mark.parametrize(
    "q", ["ra", "rane is", '"crane booked"', '"ran"', '"cran"', "京東", "大", "cranes", "🎈"]
)
def test_what_was_not_said_is_not_found(q: str) -> None:
    assert not all(one in text(SAID) for one in needles(f'"{q}"' if " " in q and '"' not in q else q))


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_a_part_of_a_text_by_words_is_found_by_its_grams(before: str, word: str) -> None:
    one = needle(word, whole=False)
    kept = folded(f"{before} {word}")
    assert one in kept
    assert grams(one) <= grams(kept)
    assert "%" not in one
    assert "_" not in one
    assert '"' not in one


@settings(max_examples=50)
@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=4), max_size=3))
def test_pieces_are_the_text_again(body: str, words: list[str]) -> None:
    wanted = [one for word in words if (one := needle(word, whole=False))]
    assert "".join(piece.text for piece in pieces(body, wanted)) == unicodedata.normalize("NFC", body)


def test_what_was_found_is_marked_where_it_stands() -> None:
    marked = [piece.text for piece in pieces(SAID, needles('ran "is booked" 京 strasse 🎉')) if piece.found]
    assert marked == ["ran", "is booked", "京", "Straße", "🎉"]
    assert pieces("crane", ()) == [Piece("crane", found=False)]


def test_of_a_long_text_the_words_around_the_find_are_shown() -> None:
    shown = pieces("north " * 300 + "crane " + "south " * 300, ("crane",), 120)
    assert [piece.text for piece in shown if piece.found] == ["crane"]
    assert shown[0].text.startswith("… ")
    assert shown[-1].text.endswith(" …")
    assert "north crane south" in (whole := "".join(piece.text for piece in shown))
    assert len(whole) < 150
    assert "".join(piece.text for piece in pieces("x" * 999, ("yyy",), 100)).startswith("xxx")


def test_whole_words_are_better_than_parts_and_more_than_less() -> None:
    best, often, part = text("the crane, a crane"), text("the crane"), text("cranes cranes cranes cranes")
    assert rank(("crane",), best) > rank(("crane",), often) > rank(("crane",), part) > 0
    assert rank(("東" + STRETCH,), text("東京")) > rank(("crane",), part)
