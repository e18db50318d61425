"""What may be a name, a text, a cursor; and who sees what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.changes import Cursor, Floor, visible
from chat.core.ids import Number, PersonId
from chat.core.limits import FORGET_AT, Bucket, Buckets
from chat.core.message import BODY_MAX, Message, Notice, clean_body, clean_nonce
from chat.core.person import Person, clean_name, name_key
from chat.core.problems import Invalid
from chat.core.room import RESERVED_SLUGS, clean_room_name, clean_topic, slug_of

ANN = Person(PersonId(1), "Ann")
TEXT = st.text(st.characters())


def accepted(raw: str) -> str | None:
    try:
        return clean_name(raw)
    except Invalid:
        return None


@given(TEXT)
def test_a_name_is_clean_after_one_cleaning_and_its_key_is_stable(raw: str) -> None:
    if name := accepted(raw):
        assert clean_name(name) == name
        assert 2 <= len(name) <= 32
        assert name_key(name_key(name)) == name_key(name)
        name.encode()


@pytest.mark.parametrize(
    "raw",
    ["", " ", "A", "x" * 33, "a\x00b", "a\u202eb", "\u200b\u200b", "!?", "\u0301\u0301", "ab\ud800", "a\x07b",
     "\u3164\u3164", "\u2800\u2800", "An\u034fn", "\uffa0\uffa0"],
)  # fmt: skip
def test_a_name_that_cannot_be_read_is_refused(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_name(raw)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ANN"), ("straße", "STRASSE"), ("ａｎｎ", "Ann"), ("A  b", "a B"), ("An\u200dn", "Ann")],
)
def test_names_that_look_alike_have_one_key(one: str, other: str) -> None:
    assert name_key(clean_name(one)) == name_key(clean_name(other))


@given(TEXT)
def test_a_body_keeps_its_words_and_never_more_than_fit(raw: str) -> None:
    try:
        body = clean_body(raw)
    except Invalid:
        return
    assert 1 <= len(body) <= BODY_MAX
    assert body == body.strip() == clean_body(body)
    assert "\r" not in body
    body.encode()


def test_a_body_is_measured_after_trimming() -> None:
    assert len(clean_body(" " + "x" * BODY_MAX + "\n")) == BODY_MAX
    with pytest.raises(Invalid, match=r"^1 character too many"):
        clean_body("x" * (BODY_MAX + 1))


@pytest.mark.parametrize("raw", ["", "x" * 65, "a\nb", "\ud800"])
def test_a_bad_nonce_is_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        clean_nonce(raw)


@given(st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16), st.integers(0, 10**15 - 1))
def test_a_cursor_is_read_as_it_is_written(epoch: str, number: int) -> None:
    cursor = Cursor(epoch, Number(number))
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "abc", "abc.", ".1", "abc.-1", "abc.1 ", "abc.1\n", "ABC.1", "abc.１", "a.1.2"]
)
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert Cursor.parse(text) is None


def test_visibility_goes_by_the_number_and_never_by_the_last_change() -> None:
    edited = Message(Number(3), Number(9), 3, ANN, "x", 0)
    notice = Notice(Number(5), Number(5), 5, "came", ANN, 0)
    assert not visible(edited, Number(3))
    assert visible(edited, Number(2))
    assert visible(notice, Number(4))
    assert not visible(notice, Number(5))
    assert visible(Floor(Number(1), Number(9)), Number(8))


@given(TEXT)
def test_a_slug_is_an_address_or_empty(name: str) -> None:
    slug = slug_of(name)
    assert len(slug) <= 48
    assert slug.strip("-") == slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug not in RESERVED_SLUGS


def test_room_names_and_topics_have_limits() -> None:
    assert clean_room_name("  The   Quay ") == "The Quay"
    for bad in ("", "x", "x" * 49, "a\x00b", "!!!", "\u200b\u200b", "\u3164\u3164", "Qu\u034fay"):
        with pytest.raises(Invalid):
            clean_room_name(bad)
    assert clean_topic("") == ""
    for bad in ("x" * 201, "a\x00b", "a\ud800"):
        with pytest.raises(Invalid):
            clean_topic(bad)


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(2, 3, 0)
    assert [bucket.take(0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(0.5) == 0
    assert bucket.take(0.5) == 0.5
    assert not bucket.full(1)
    assert bucket.full(10)


def test_buckets_are_each_keys_own_and_full_ones_are_forgotten() -> None:
    buckets = Buckets(1, 1)
    for key in range(FORGET_AT):
        assert buckets.take(key, 0) == 0
    assert buckets.take("busy", 99.5) == 0
    assert len(buckets._buckets) == 1
    assert buckets.take("busy", 99.5) == 1
