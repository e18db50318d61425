"""The page Search, as it is seen from outside."""

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from tests.contract.visitor import Visitor
from tests.servers import Cluster

HIT = re.compile(r'<li class="hit">.*?</li>', re.DOTALL)
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "%' OR 1=1 --", '" OR "', "NEAR(a b)",
    "a* AND b", "{{7*7}}", "\\", "%", "_", "\x00", "\x01\x02", "\U000f0001\x02", "\u202e", "'", '"', '""',
    "in:\x00", "from:%", "has:file has:file", "before:9999-12-31", "after:0001-01-01",
    "-" * 200, "東" * 200, '"' * 199,
)  # fmt: skip


def hits(who: Visitor, **fields: object) -> list[str]:
    """What of the page is results, in order."""
    answer = who.get(f"/search?{urlencode({name.rstrip('_'): value for name, value in fields.items()})}")
    assert answer.status_code == 200, answer.text
    return HIT.findall(answer.text)


def test_a_find_leads_to_the_message_in_its_place(ann: Visitor, room: str) -> None:
    number = ann.say(room, "The *crane* is <b>booked</b> & paid")
    (hit,) = hits(ann, q="CRAN", in_=room)
    assert "The <mark>cran</mark>e is &lt;b&gt;booked&lt;/b&gt; &amp; paid" in hit
    there = f"/rooms/{room}?at={number}#m-{number}"
    assert f'href="{there}"' in hit
    assert f'id="m-{number}"' in ann.get(there.partition("#")[0]).text


def test_finds_come_in_pages_the_newest_or_the_best_first(ann: Visitor, room: str) -> None:
    said = [ann.say(room, f"crane{'s' if n != 3 else ''} {n}") for n in range(23)]
    for order, first in (("newest", said[22]), ("best", said[3])):
        page = ann.get(f"/search?q=crane&in={room}&order={order}").text
        (older,) = re.findall(r'<a class="btn edge" href="(/search[^"]+)">', page)
        rest = ann.get(unescape(older)).text
        shown = [int(n) for n in re.findall(r"\?at=(\d+)#m-\d+\"><time", page + rest)]
        assert sorted(shown) == said, order
        assert shown[0] == first
        assert len(HIT.findall(page)) == 20
        assert "past=" not in rest


def test_what_is_not_there_is_said_in_words(ann: Visitor, room: str) -> None:
    page = ann.get(f"/search?q=cranberry&in={room}").text
    assert 'No messages with "<bdi>cranberry</bdi>"' in page
    assert "Try fewer letters, or look in all rooms." in page
    assert 'href="/search?q=cranberry"' in page
    assert "No messages like that" in ann.get("/search?from=nobody").text
    assert "There is no word in that." in ann.get("/search?q=!!!").text
    assert ann.get("/search").status_code == 200


@pytest.mark.parametrize(
    "query", ["before=soon", "q=after:soon", "has=fun", "order=last", "past=x", "q=" + "x" * 201]
)
def test_what_cannot_be_asked_for_is_refused_with_what_was_typed(ann: Visitor, query: str) -> None:
    answer = ann.get(f"/search?{query}&from=Bo")
    assert answer.status_code == 422
    assert 'value="Bo"' in answer.text
    if not query.startswith("past"):
        assert 'class="error"' in answer.text
        assert "aria-describedby=" in answer.text


def test_whatever_is_asked_for_is_a_question_and_nothing_else(ann: Visitor, room: str) -> None:
    ann.say(room, "crane")
    for text in HOSTILE:
        for field in ("q", "in", "from", "before", "past"):
            answer = ann.get(f"/search?{field}={quote(text)}")
            assert answer.status_code in (200, 422), (field, text)
            assert "<script>alert" not in answer.text
            assert "<img" not in answer.text
            assert HIT.findall(answer.text) == [] or text.startswith(("before:", "after:")), (field, text)
    assert ann.get("/search?q=%ff%fe&in=%80").status_code == 200


def test_everybody_finds_what_they_may_see_at_that_moment(ann: Visitor, bob: Visitor) -> None:
    slug = ann.make_room()
    bob.open(slug)
    number = ann.say(slug, "a heron passed")
    (hit,) = hits(bob, q="heron")
    assert f"at={number}#" in hit
    ann.post(f"/rooms/{slug}/messages/{number}/edit", {"body": "an egret passed"})
    assert hits(bob, q="heron") == hits(ann, q="heron") == []
    assert len(hits(bob, q="egret")) == 1
    bob.post(f"/rooms/{slug}/leave")
    assert hits(bob, q="egret") == hits(bob, q="egret", in_=slug) == hits(bob, in_=slug) == []
    ann.post(f"/rooms/{slug}/messages/{number}/delete")
    assert hits(ann, q="egret") == []


def test_finds_wear_no_markdown(ann: Visitor) -> None:
    ann.say(ann.make_room(), "- rope, *all* of the cordage\n- paint")
    (hit,) = hits(ann, q="cordage")
    assert "rope, all of the <mark>cordage</mark> paint" in hit, hit


def test_a_room_that_is_hidden_and_one_that_is_missing_give_the_same_page(ann: Visitor, bob: Visitor) -> None:
    answer = ann.post("/rooms", {"name": "Cellar", "preset": "private"})
    slug = answer.headers["location"].removeprefix("/rooms/")
    ann.say(slug, "a canary")
    pages = [
        bob.get(f"/search?q=canary&in={name}").text.replace(name, "…") for name in (slug, "x" * len(slug))
    ]
    assert pages[0] == pages[1]
    past = [
        bob.get(f"/search?q=canary&past=0.{name}.1").text.replace(name, "…") for name in (slug, "nothing")
    ]
    assert past[0] == past[1]


def test_it_works_the_same_on_every_kind_of_server(cluster: Cluster, visit: Callable[..., Visitor]) -> None:
    one, other = (visit(url) for url in cluster.urls)
    one.enter()
    other.cookie = one.cookie
    slug = one.make_room()
    one.say(slug, "東京 crane")
    assert len(hits(other, q="京")) == len(hits(other, q="ran", in_=slug, from_=one.name)) == 1
