"""What files may be called, and what their bytes say they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.file import MB, NAME_MAX, clean_file_name, fitted, in_words, picture_type
from tests.pictures import KINDS, picture

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("boats.zip", "boats.zip"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\slip way.jpg", "slip way.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\x00b\r\nc.png", "ab c.png"),
        ("\u2066x\u2069\ufeff", "x"),
        ("", "file"),
        ("..", "file"),
        ("a/", "file"),
        (" \u200b\u3164 ", "file"),
        ("кораблі.pdf", "кораблі.pdf"),
        ("👩\u200d🚀.png", "👩\u200d🚀.png"),
        ("x" * 200 + ".jpeg", "x" * 115 + ".jpeg"),
        ("x." + "y" * 200, "x." + "y" * 118),
    ],
)
def test_a_name_is_its_last_part_without_what_cannot_be_seen(raw: str, name: str) -> None:
    assert clean_file_name(raw) == name


@given(st.text(st.characters(), max_size=300))
def test_any_name_becomes_one_that_can_stand_in_an_address(raw: str) -> None:
    name = clean_file_name(raw)
    assert 1 <= len(name) <= NAME_MAX
    assert clean_file_name(name) == name
    assert not set(name) & set("/\\\0\r\n\u202e")
    assert name.strip(".")
    name.encode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_known_by_how_it_begins(kind: str) -> None:
    assert picture_type(picture(kind)[:64]) == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "head",
    [
        b"", b"<svg xmlns=", b"<html>", b"%PDF-1.7", b"PK\x03\x04", b"BM", b"\x89PNG",
        b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"GIF90a", b" \xff\xd8\xff",
    ],
)  # fmt: skip
def test_everything_else_is_no_picture(head: bytes) -> None:
    assert picture_type(head) is None


def test_a_picture_may_say_later_what_it_is() -> None:
    assert picture_type(b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif") == "image/avif"
    assert picture_type(b"\0\0\0\x18ftypmif1\0\0\0\0mif1miafavif") is None  # behind the end of the box


@given(SIDES, SIDES)
def test_a_small_picture_fits_and_keeps_its_shape(width: int, height: int) -> None:
    small = fitted(width, height)
    assert 1 <= min(small) <= max(small) <= 300
    if max(width, height) <= 300:
        assert small == (width, height)
    else:
        assert max(small) == 300
        assert abs(small[0] * height - small[1] * width) <= max(width, height)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "1 KB"),
        (1, "1 KB"),
        (840_000, "820 KB"),
        (MB, "1 MB"),
        (1_258_291, "1.2 MB"),
        (120 * MB, "120 MB"),
    ],
)
def test_a_size_is_said_in_few_letters(size: int, words: str) -> None:
    assert in_words(size) == words
