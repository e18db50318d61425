"""What hangs on a message in its fragment: the quote of what it answers, and the reactions to it."""

import re
from pathlib import Path
from typing import Any

import pytest

from chat.core.ids import Number, PersonId
from chat.core.message import Message
from chat.core.person import Person
from chat.core.reaction import Reaction
from chat.core.reply import Quote
from chat.web.assets import Assets
from chat.web.render import Renderer
from chat.web.words import some_names

NOON = 1_790_000_000_000
NAMES = ("Ann Okafor", "Bo Lindqvist", "Cy Marsh", "Dilnoza", "Elias Vogt", "Farah", "Gus", "Ivo", "Jun",
         "Kim", "Lea", "Misaki")  # fmt: skip
CROWD = tuple(Person(PersonId(n), name) for n, name in enumerate(NAMES, 1))
ANN, BO = CROWD[:2]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Assets.load(Path(__file__).parents[2] / "static"), "Saltmarsh")


def said(number: int, author: Person = ANN, **more: Any) -> Message:
    return Message(Number(number), Number(number), number * 10, author, "words", NOON, **more)


def fragment(renderer: Renderer, **more: Any) -> str:
    return renderer.fragment(said(9, **more), "harbour").decode()


def test_a_quote_shows_a_face_a_name_and_the_words_and_leads_there(renderer: Renderer) -> None:
    html = fragment(renderer, reply_to=Number(4), quote=Quote(Number(4), "shown", BO, "<b>Crane</b>"))
    quote = re.search(r'<a class="quote" href="/rooms/harbour\?at=4#m-4">(.*?)</a>', html)
    assert quote
    assert quote[1].startswith('<svg class="av"')
    assert '<b dir="auto">Bo Lindqvist</b><span class="cut" dir="auto">&lt;b&gt;Crane' in quote[1]


def test_a_quote_wears_no_markdown(renderer: Renderer) -> None:
    words = "Crane at **8:00**, `keel` *first*, [rota](https://example.org) & <i>rope</i>"
    html = fragment(renderer, reply_to=Number(4), quote=Quote(Number(4), "shown", BO, words))
    assert "Crane at 8:00, keel first, rota &amp; &lt;i&gt;rope&lt;/i&gt;</span>" in html


def test_a_quote_that_not_everybody_may_see_is_a_link_only(renderer: Renderer) -> None:
    html = fragment(renderer, reply_to=Number(4), quote=Quote(Number(4), "hidden"))
    assert '<a class="quote" href="/rooms/harbour?at=4#m-4">An earlier message</a>' in html


def test_a_quote_of_what_is_gone_says_so(renderer: Renderer) -> None:
    html = fragment(renderer, reply_to=Number(4), quote=Quote(Number(4), "gone"))
    assert '<p class="quote">The message is gone</p>' in html


def test_a_tombstone_quotes_and_shows_nothing(renderer: Renderer) -> None:
    quote = Quote(Number(4), "shown", BO, "Crane")
    html = fragment(renderer, deleted="author", quote=quote, reactions=(Reaction("👍", (BO,)),))
    assert not re.search("Crane|quote|react", html)


def test_a_reply_shows_its_head_and_begins_a_run(renderer: Renderer) -> None:
    answer = said(2, reply_to=Number(1), quote=Quote(Number(1), "hidden"))
    log = str(renderer.log([said(1), answer, said(3)], "harbour", NOON))
    assert re.findall(r'class="msg( cont)?" id="m-(\d)"', log) == [("", "1"), ("", "2"), (" cont", "3")]


def test_a_reaction_is_a_button_that_counts_and_names(renderer: Renderer) -> None:
    html = fragment(renderer, reactions=(Reaction("👍", (ANN, BO)), Reaction("⚓", CROWD)))
    form = re.search(r'<form class="reactions" method="post" action="([^"]+)">(.*?)</form>', html, re.DOTALL)
    assert form
    assert form[1] == "/rooms/harbour/messages/9/react"
    first, second = re.findall(r"<button .*?</button>", form[2])
    assert 'name="emoji" value="👍" data-by="u-1 u-2" aria-label="👍 2, Ann and Bo"' in first
    assert first.endswith("<span>👍</span>2</button>")
    assert f'data-by="{" ".join(f"u-{n}" for n in range(1, 13))}"' in second
    assert 'aria-label="⚓ 12, Ann, Bo, Cy, Dilnoza, Elias, Farah, Gus, Ivo, Jun, Kim and 2 others"' in second
    assert form[2].index("</button><a") > form[2].index("⚓"), "adding another comes last"
    assert 'href="/rooms/harbour/messages/9#react" aria-label="Add a reaction"' in form[2]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "Ann"),
        (2, "Ann and Bo"),
        (3, "Ann, Bo and Cy"),
        (10, "Ann, Bo, Cy, Dilnoza, Elias, Farah, Gus, Ivo, Jun and Kim"),
        (11, "Ann, Bo, Cy, Dilnoza, Elias, Farah, Gus, Ivo, Jun, Kim and 1 other"),
    ],
)
def test_names_are_told_up_to_ten(count: int, words: str) -> None:
    assert some_names(NAMES[:count]) == words


def test_a_message_without_reactions_pays_nothing_for_them(renderer: Renderer) -> None:
    html = fragment(renderer)
    assert "<form" not in html
    assert "quote" not in html
