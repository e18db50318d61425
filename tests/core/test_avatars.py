import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chat.core import avatars

SPRITE = Path(__file__).parents[2] / "static" / "sprite.svg"


def test_a_face_is_the_same_for_ever() -> None:
    assert avatars.person("u-7", "Ada Brandt") == avatars.person("u-7", "Ada Brandt")
    assert avatars.person("u-ada", "Ada Brandt") == (8, 1, "AB")  # written down: it may never change


def test_a_rename_keeps_the_face_and_changes_the_letters() -> None:
    before, after = avatars.person("u-7", "Ada Brandt"), avatars.person("u-7", "Zoe")
    assert before[:2] == after[:2]
    assert after.letters == "Z"


def test_a_rooms_flag_comes_from_its_name_however_it_is_typed() -> None:
    assert avatars.flag("Harbour") == avatars.flag("  HARBOUR ")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Brandt", "AB"),
        ("Ada Maria von Brandt", "AB"),
        ("gus", "G"),
        ("ada-brandt", "AB"),
        ("林美咲", "林"),
        ("فرح ناصر", "ف"),
        ("🌊🌊", ""),
        ("", ""),
        ("<b>x</b>", "B"),
        ("ß s", "SS"),
    ],
)
def test_letters_are_those_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert avatars.initials(name) == letters


def test_every_hue_pattern_palette_and_cut_is_used() -> None:
    faces = {avatars.person(f"u-{n}", "x")[:2] for n in range(3000)}
    flags = {avatars.flag(f"room {n}") for n in range(4000)}
    assert len(faces) == len(avatars.HUES) * len(avatars.PEOPLE)
    assert len(flags) == len(avatars.PALETTES) * len(avatars.FLAGS)


@pytest.mark.parametrize("name", ["Ada & <script>", "<", "\ud800", "林", '"onload="x'])
def test_a_picture_of_its_own_is_well_formed_whatever_the_name(name: str) -> None:
    for svg in (avatars.person_svg(name, name), avatars.flag_svg(name)):
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [element for element in root.iter() if element.tag.endswith("script")]


def test_flags_on_the_rope_hang_in_order_inside_the_picture() -> None:
    rope, places = avatars.bunting(7)
    assert rope == "M-20 4Q220 78 460 4"
    assert [place.x for place in places] == sorted(place.x for place in places)
    assert all(0 <= place.x <= 440 for place in places)
    assert avatars.bunting(0)[1] == []


def test_the_sprite_has_every_pattern_and_cut_as_they_are_listed() -> None:
    sprite = SPRITE.read_text("utf-8")
    for letter, shapes in (("p", avatars.PEOPLE), ("f", avatars.FLAGS)):
        found = re.findall(rf'<symbol id="{letter}(\d+)" [^>]*>.*?<path [^>]*d="([^"]*)"/></symbol>', sprite)
        assert [shape for _, shape in found] == list(shapes)
