import gzip
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from chat.actions.arrange import Around
from chat.actions.lists import Card
from chat.core.changes import Change, Cursor, Floor
from chat.core.file import FileLimits
from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import RUN_MS, Message, Notice
from chat.core.person import Person
from chat.core.presence import Attendance
from chat.core.reaction import Reaction
from chat.core.reply import Quote
from chat.core.room import Room, Settings
from chat.core.search import Hit, Query
from chat.web import render
from chat.web.assets import Assets
from chat.web.kept import ENTRY_COST
from chat.web.own import RoomRow, me_css
from chat.web.render import Renderer, mark

STATIC = Path(__file__).parents[2] / "static"
NOON = int(datetime(2026, 11, 19, 12, 0, tzinfo=UTC).timestamp() * 1000)
DAY = 24 * 60 * 60 * 1000

ADA, BO = Person(PersonId(1), "Ada Brandt"), Person(PersonId(2), "Bo Lindqvist")
ROOM = Room(RoomId(1), "harbour", "Harbour", "High water 10:40", Settings(), "ab12", Number(9))
CURSOR = Cursor("ab12", Number(9))

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea></template></title><script>alert(1)</script>",
    "{{ 7*7 }}{% include 'layout.html' %}",
    "<hx-partial hx-target='#people-in'>x</hx-partial>",
    '" hx-get="/leave" hx-trigger="load',
    "javascript:alert(1)",
]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Assets.load(STATIC), "Saltmarsh")


def said(number: int, author: Person = ADA, at_ms: int = NOON, body: str = "words", **more: Any) -> Message:
    return Message(
        Number(number), Number(more.pop("change", number)), number * 1_000_000, author, body, at_ms, **more
    )


def notice(number: int, kind: Any = "came", at_ms: int = NOON, **more: Any) -> Notice:
    return Notice(Number(number), Number(number), number * 1_000_000, kind, BO, at_ms, **more)


def pages(renderer: Renderer, text: str) -> dict[str, str]:
    """Every page, with `text` wherever somebody may have written something."""
    person = Person(PersonId(1), text)
    room = Room(RoomId(1), "harbour", text, text, Settings(), "ab12", Number(9))
    message = said(
        1, person, body=text, reply_to=Number(1), quote=Quote(Number(1), "shown", person, text),
        reactions=(Reaction("👍", (person,)),),
    )  # fmt: skip
    log = renderer.log([message, notice(2, "renamed", detail=text)], room.slug, NOON)
    other = Person(PersonId(2), text)
    people = [Attendance(person, "owner", "here"), Attendance(other, "member", "elsewhere", text)]
    common: dict[str, Any] = {"me": person, "rooms": [RoomRow(room, 3, current=True)], "room": room}
    typed: dict[str, Any] = {
        "values": {"name": text, "code": text, "topic": text, "body": text},
        "errors": {"name": text, "code": text, "topic": text, "body": text},
    }
    talk: dict[str, Any] = {
        "can": {"post", "moderate", "arrange"}, "log": log, "earlier": "1.1", "cursor": CURSOR, "nonce": "n",
        "people": people, "draft": text, "error": text, "reply": message, "file_limits": FileLimits(),
    }  # fmt: skip
    fragment = Markup(renderer.fragment(message, room.slug).decode())
    listed: dict[str, Any] = {
        "cards": [Card(room, [person] * 5), Card(room)], "q": text, "more": "/rooms", "paged": True,
    }  # fmt: skip
    asked: dict[str, Any] = {"can": {"clear", "own"}, "members": (), "invites": (), "saved": "door"}
    entered: dict[str, Any] = {"flags": [text], "room_count": 1, "here_count": 2, "next": text, "ended": True}
    deed: dict[str, Any] = {"message": message, "fragment": fragment, "may_edit": True, "may_delete": True}
    deed |= {"around": Around([message], [message], Number(1), Number(2)), "may_post": True, "nonce": "n"}
    problem: dict[str, Any] = {"text": text, "kept": text, "nonce": text, "problem_id": "7F3A", "door": text}
    found: dict[str, Any] = {
        "query": Query((text,), ("bold",)), "hits": [Hit(room, message)] * 2, "paged": False, "now_ms": NOON,
        "older": "/search?past=1", "everywhere": "/search?q=x",
    }  # fmt: skip
    return {
        "search": renderer.page("search", **common, **typed, **found),
        "no finds": renderer.page("search", **common, **typed, **found | {"hits": []}),
        "room": renderer.page("room", **common, **talk),
        "past": renderer.page("room", **common, **talk, past=True),
        "read only": renderer.page("room", **common, **talk | {"can": frozenset(), "earlier": None}),
        "rooms": renderer.page("rooms", **common, **typed, **listed),
        "no rooms": renderer.page("rooms", **common, **typed, **listed | {"cards": []}),
        "settings": renderer.page("room-settings", **common, **typed, **asked),
        "clear": renderer.page("ask", **common, **typed, asked="clear"),
        "delete": renderer.page("ask", **common, **typed, asked="delete"),
        "person": renderer.page("person", **common, one=people[1], removable=True, roles=["owner"]),
        "direct": renderer.page("room", **common | {"room": replace(room, other=person)}, **talk),
        "enter": renderer.page("enter", **typed, **entered),
        "message": renderer.page("message", **common, **typed, **deed),
        "join": renderer.page("join", **common, path="/rooms/harbour", error=text),
        "frame": renderer.page("frame", room=room),
        "stream": renderer.page("stream", **common, **talk),
        **{
            f"problem {status}": renderer.page("problem", status=status, **problem)
            for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 504)
        },
    }


class _Outline(HTMLParser):
    """What a browser would make of it: elements with attributes, those of templates apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inert: list[tuple[str, dict[str, str | None]]] = []
        self._templates = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._templates += tag == "template"
        (self.inert if self._templates else self.elements).append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"


def outline(html: str) -> list[tuple[str, list[str]]]:
    """The shape of a page: elements and the names of their attributes."""
    whole = _Outline(html)
    return [(tag, sorted(attrs)) for tag, attrs in whole.elements + whole.inert]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text_on_every_page(renderer: Renderer, text: str) -> None:
    tame = pages(renderer, "tame")
    for name, html in pages(renderer, text).items():
        assert outline(html) == outline(tame[name]), name
        assert "49" not in re.findall(r">(\d+)<", html)


def test_no_page_has_inline_script_or_style(renderer: Renderer) -> None:
    for name, html in pages(renderer, "tame").items():
        for tag, attrs in _Outline(html).elements:
            assert tag != "style", name
            assert tag != "script" or "src" in attrs, name
            assert not [attr for attr in attrs if attr == "style" or attr.startswith(("on", "hx-on"))], name


def test_ids_are_unique_on_every_page(renderer: Renderer) -> None:
    for name, html in pages(renderer, "tame").items():
        ids = [attrs["id"] for _, attrs in _Outline(html).elements if "id" in attrs]
        assert len(ids) == len(set(ids)), name


def test_every_error_is_tied_to_its_field_and_several_are_summed_up(renderer: Renderer) -> None:
    html = pages(renderer, "tame")["enter"]
    elements = _Outline(html).elements
    named = {attrs["id"] for _, attrs in elements if "id" in attrs}
    invalid = [attrs for tag, attrs in elements if "aria-invalid" in attrs]
    assert len(invalid) == 2
    assert all(attrs["aria-describedby"] in named for attrs in invalid)
    assert 'id="summary"' in html


def test_a_fragment_is_the_same_bytes_whoever_reads(renderer: Renderer) -> None:
    other = Renderer(Assets.load(STATIC), "Saltmarsh")
    for change in (said(1), said(2, deleted="host", body=""), notice(3), Floor(Number(4), Number(5))):
        first = renderer.fragment(change, "harbour")
        for reader in (ADA, BO):
            renderer.page("join", me=reader, rooms=[], room=ROOM, path="/rooms/harbour", error="")
            assert renderer.fragment(change, "harbour") == first
        assert other.fragment(change, "harbour") == first


def test_a_message_says_what_the_page_needs_to_place_it(renderer: Renderer) -> None:
    html = renderer.fragment(said(7, change=9), "harbour").decode()
    tag, attrs = _Outline(html).elements[0]
    assert tag == "li"
    assert attrs == {
        "class": "msg", "id": "m-7", "data-number": "7", "data-change": "9", "data-author": "u-1",
        "data-pos": "7000000", "tabindex": "-1",
    }  # fmt: skip
    assert '<a class="msg-time" href="/rooms/harbour/messages/7">' in html
    assert '<time datetime="2026-11-19T12:00:00.000Z">12:00</time>' in html
    assert "hx-swap-oob" not in html


def test_tools_are_once_in_a_page_and_in_no_message(renderer: Renderer) -> None:
    assert len(renderer.fragment(said(1234, body="words " * 6), "harbour")) < 600
    drawn = pages(renderer, "text")
    assert {name: drawn[name].count("msg-tools") for name in ("room", "past", "read only", "message")} == {
        "room": 1, "past": 0, "read only": 1, "message": 0,
    }  # fmt: skip


def test_an_edited_message_says_so(renderer: Renderer) -> None:
    assert b">edited<" in renderer.fragment(said(1, edited_ms=NOON + 1), "harbour")
    assert b">edited<" not in renderer.fragment(said(1), "harbour")


@pytest.mark.parametrize(
    ("deleted", "words"),
    [("author", "Ada</span> took this message back"), ("host", "A host removed this message")],
)
def test_a_tombstone_has_nobodys_words_and_no_tools(renderer: Renderer, deleted: Any, words: str) -> None:
    html = renderer.fragment(said(1, body="secret words", deleted=deleted), "harbour").decode()
    assert words in html
    assert f'data-deleted="{deleted}"' in html
    assert "secret" not in html
    assert "hx-post" not in html


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("came", "Bo came in"),
        ("left", "Bo left"),
        ("cleared", "Bo cleared the room"),
        ("renamed", "Bo named the room Slipway"),
    ],
)
def test_notices_use_first_names(renderer: Renderer, kind: Any, words: str) -> None:
    html = renderer.fragment(notice(3, kind, detail="Slipway"), "harbour").decode()
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", "", html)
    assert words in text


def test_a_silent_notice_and_a_floor_are_numbers_and_nothing_to_see(renderer: Renderer) -> None:
    silent = renderer.fragment(notice(3, silent=True), "harbour").decode().strip()
    assert (
        silent
        == '<li class="notice" id="c-3" data-number="3" data-change="3" data-pos="3000000" hidden></li>'
    )
    floor = renderer.fragment(Floor(Number(4), Number(5)), "harbour").decode().strip()
    assert floor == '<li class="notice" id="c-5" data-change="5" data-floor="4" hidden></li>'


def test_a_new_room_at_an_old_address_never_shows_the_old_rooms_words(renderer: Renderer) -> None:
    assert b"old words" in renderer.fragment(said(1, body="old words"), "harbour")
    assert b"old words" not in renderer.fragment(said(1, body="new words"), "harbour")


def test_the_cache_of_fragments_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "FRAGMENTS_MAX", 20_000)
    renderer = Renderer(Assets.load(STATIC), "Saltmarsh")
    for number in range(1, 60):
        renderer.fragment(said(number), "harbour")
    kept = [said(number) for number in range(1, 60) if renderer._fragments.peek(("harbour", said(number)))]
    assert 0 < len(kept) < 59
    assert kept == [said(number) for number in range(60 - len(kept), 60)], "the oldest go"
    assert sum(len(renderer.fragment(one, "harbour")) + ENTRY_COST for one in kept) <= 20_000


def runs(renderer: Renderer, *changes: Message | Notice, **more: Any) -> list[bool]:
    """Of each message, whether it continues the one above."""
    log = renderer.log(changes, "harbour", NOON, **more)
    return [attrs["class"] == "msg cont" for _, attrs in _Outline(log).elements if "data-author" in attrs]


def test_a_run_is_one_author_within_five_minutes_with_nothing_between(renderer: Renderer) -> None:
    assert runs(renderer, said(1), said(2, at_ms=NOON + RUN_MS - 1)) == [False, True]
    assert runs(renderer, said(1), said(2, at_ms=NOON + RUN_MS)) == [False, False]
    assert runs(renderer, said(1), said(2, BO)) == [False, False]
    assert runs(renderer, said(1), notice(2), said(3)) == [False, False]
    assert runs(renderer, said(1), notice(2, silent=True), said(3)) == [False, True]
    assert runs(renderer, said(1), said(2), new_at=Number(2)) == [False, False]
    assert runs(renderer, said(1), said(2, deleted="author"), said(3)) == [False, False, False]


def test_a_run_ends_with_the_day(renderer: Renderer) -> None:
    midnight = NOON + DAY // 2
    assert runs(renderer, said(1, at_ms=midnight - 1), said(2, at_ms=midnight)) == [False, False]


def test_a_plain_message_is_light(renderer: Renderer) -> None:
    assert len(renderer.fragment(said(1234, body="hello"), "harbour")) < 1_600  # every delivery pays for it


def test_furniture_does_not_change_the_fragment(renderer: Renderer) -> None:
    renderer.log([said(1), said(2)], "harbour", NOON)
    assert b'class="msg"' in renderer.fragment(said(2), "harbour")


def test_each_day_has_one_line_in_words(renderer: Renderer) -> None:
    times = [NOON - 400 * DAY, NOON - 5 * DAY, NOON - DAY, NOON - DAY, NOON]
    log = renderer.log([said(n, at_ms=at) for n, at in enumerate(times, 1)], "harbour", NOON)
    assert re.findall(r'<li class="day" data-day="([^"]+)"><h2>([^<]+)</h2></li>', log) == [
        ("2025-10-15", "Wednesday 15 October 2025"),
        ("2026-11-14", "Saturday 14 November"),
        ("2026-11-18", "Yesterday"),
        ("2026-11-19", "Today"),
    ]


def test_the_new_line_stands_before_its_message(renderer: Renderer) -> None:
    log = renderer.log([said(1), said(2, BO), said(3)], "harbour", NOON, new_at=Number(2))
    assert log.index('id="m-1"') < log.index('id="new"') < log.index('id="m-2"')
    assert 'id="new"' not in renderer.log([said(1)], "harbour", NOON)


def test_people_are_grouped_and_the_offline_are_few(renderer: Renderer) -> None:
    people = [Attendance(ADA, "owner", "here"), Attendance(BO, "member", "away")]
    people += [Attendance(Person(PersonId(n), f"P{n}"), "member", "offline") for n in range(10, 64)]
    html = renderer.people_signal(ROOM, people).decode()
    assert re.findall(r"<h2[^>]*>([^<]+)<", html) == ["In this room, 2", "Offline, 54"]
    assert "and 34 more" in html
    assert html.count("P1") == 10  # P10 to P19
    assert 'href="/rooms/harbour/people/2"' in html


def test_a_direct_room_is_called_differently_by_each_of_the_two(renderer: Renderer) -> None:
    direct = replace(ROOM, settings=Settings(access="direct"))
    assert b"Harbour" in renderer.people_signal(ROOM, [])
    assert b"Harbour" not in renderer.people_signal(direct, [])


def test_a_crowd_is_a_number_and_is_drawn_in_no_time(renderer: Renderer) -> None:
    crowd = [Person(PersonId(n), f"Person {n}") for n in range(1, 201)]
    people = [Attendance(one, "member", "here" if one.id <= 120 else "elsewhere") for one in crowd]
    html = renderer.people_signal(ROOM, people).decode()
    assert re.findall(r"<h2[^>]*>([^<]+)<", html) == ["In this room, 120", "Elsewhere, 80"]
    assert re.findall("and ([0-9]+) more", html) == ["70", "60"]
    assert html.count('class="who"') == 50 + 20


def test_an_older_page_says_at_which_cursor_it_was_read(renderer: Renderer) -> None:
    log = renderer.log([said(1)], "harbour", NOON)
    html = renderer.history(ROOM, log, "1000000.1", CURSOR).decode()
    assert html.startswith('<ol data-history="ab12.9">')
    assert 'href="/rooms/harbour?before=1000000.1"' in html
    assert 'class="begin"' in renderer.history(ROOM, log, None, CURSOR).decode()


def test_a_default_room_neither_closes_nor_ends(renderer: Renderer) -> None:
    context: dict[str, Any] = {"me": ADA, "can": {"moderate", "clear", "own"}, "members": (), "invites": ()}
    for default in (True, False):
        room = replace(ROOM, default=default)
        html = renderer.page("room-settings", **context, room=room, origin="", saved="")
        for words in ('name="access"', 'name="lifetime"', 'action="/rooms/harbour/delete"'):
            assert (words in html) is not default
        assert 'action="/rooms/harbour/clear"' in html


def test_the_stream_stops_inside_its_open_list(renderer: Renderer) -> None:
    html = pages(renderer, "tame")["stream"]
    assert html.count("<ol") == html.count("</ol>") + 1
    assert html.rstrip().endswith("</li>")
    assert "<script" not in html


def test_an_older_part_of_a_room_starts_nothing_live(renderer: Renderer) -> None:
    both = pages(renderer, "tame")
    assert both["room"].count("<script") > 1
    assert both["past"].count("<script") == 1  # the theme
    for live in ("<iframe", "data-status", 'id="pending"'):
        assert live not in both["past"]


def test_who_may_not_post_gets_no_form_but_stays_live(renderer: Renderer) -> None:
    html = pages(renderer, "tame")["read only"]
    assert 'id="composer"' not in html
    assert 'id="cursor"' in html
    assert 'href="#scroll"' in html  # the skip link: there is no box to skip to


def test_a_text_kept_in_a_form_keeps_its_first_line_break(renderer: Renderer) -> None:
    html = pages(renderer, "\nsecond line")["room"]
    assert re.search(r"<textarea[^>]*>\n\nsecond line</textarea>", html)


def test_a_mark_and_the_readers_own_rules() -> None:
    assert mark(CURSOR) == b'<i data-mark="ab12.9" hidden></i>'
    assert b'[data-author="u-7"]' in me_css(PersonId(7))


def test_a_page_of_fifty_messages_keeps_its_budget(renderer: Renderer) -> None:
    log = renderer.log(
        [said(n, (ADA, BO)[n % 2], body=f"Message {n} of some words.") for n in range(1, 51)], "harbour", NOON
    )
    people = [Attendance(ADA, "owner", "here")]
    html = renderer.page(
        "room", me=ADA, rooms=[RoomRow(ROOM)], room=ROOM, can={"post"}, log=log, earlier=None,
        cursor=CURSOR, nonce="n", people=people, draft="", error="", file_limits=FileLimits(),
    )  # fmt: skip
    assert len(gzip.compress(html.encode())) < 9_000


def test_every_change_has_a_fragment_of_one_element(renderer: Renderer) -> None:
    changes: list[Change] = [
        said(1),
        said(2, deleted="host"),
        notice(3),
        notice(4, silent=True),
        Floor(Number(5), Number(6)),
    ]
    for change in changes:
        html = renderer.fragment(change, "harbour").decode().strip()
        assert html.startswith("<li ")
        assert html.endswith("</li>")
        assert html.count("<li") == 1
