"""What a message shows of its files, and what is said of them in headers and in text."""

from typing import Any

import pytest

from chat.core.file import DOWNLOAD, MB, File
from chat.core.ids import Number, PersonId
from chat.core.message import Message
from chat.core.person import Person
from chat.web import text
from chat.web.assets import Assets
from chat.web.files import disposition
from chat.web.render import Renderer
from tests.servers import ROOT

BOATS = File("0a", "boats & co.zip", DOWNLOAD, 3 * MB)
SLIP = File("0b", '"><b>slip.png', "image/png", 5, 1200, 300)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Assets.load(ROOT / "static"), "Parley")


def said(**more: Any) -> Message:
    return Message(Number(7), Number(7), 7_000_000, Person(PersonId(1), "Ann"), "", 0, **more)


def test_pictures_stand_before_downloads_with_the_size_that_they_will_have(renderer: Renderer) -> None:
    html = renderer.fragment(said(files=(BOATS, SLIP)), "harbour").decode()
    picture = html.index('href="/files/0b/%22%3E%3Cb%3Eslip.png"')
    download = html.index('href="/files/0a/boats%20%26%20co.zip" download')
    assert picture < download
    assert 'src="/files/0b/%22%3E%3Cb%3Eslip.png/thumb" width="300" height="75"' in html
    assert "<b>slip" not in html
    assert "3 MB" in html


@pytest.mark.parametrize(
    ("expired", "words"),
    [(1, "A file that was here has expired"), (3, "3 files that were here have expired")],
)
def test_a_message_says_that_it_had_files(renderer: Renderer, expired: int, words: str) -> None:
    assert words in renderer.fragment(said(expired=expired), "harbour").decode()
    assert "expired" not in renderer.fragment(said(deleted="host"), "harbour").decode()


def test_text_readers_get_the_names_of_files() -> None:
    assert text.line(said(files=(BOATS,))).endswith(b"\tAnn\t[boats & co.zip]\n")


def test_a_picture_is_shown_and_everything_else_is_saved() -> None:
    assert disposition(BOATS).startswith('attachment; filename="boats & co.zip"; ')
    assert disposition(SLIP) == "inline; filename=\"_><b>slip.png\"; filename*=UTF-8''%22%3E%3Cb%3Eslip.png"
