"""Entering, leaving, and the rooms as pages."""

import re
from collections.abc import Callable

import pytest

from tests.contract.visitor import HTMX, SECURITY, TEXT, Page, Visitor, numbers


def test_entering_leads_to_the_first_default_room_and_home_to_the_last_one(
    ann: Visitor, stranger: Visitor
) -> None:
    assert stranger.get("/").headers["location"] == "/enter"
    assert ann.get("/").headers["location"] == "/rooms/lobby"
    room = ann.make_room()
    assert ann.get("/").headers["location"] == f"/rooms/{room}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give a name to go in by."),
        ("   ", "Give a name to go in by."),
        ("A", "A name has 2 to 32 characters."),
        ("A" * 33, "A name has 2 to 32 characters."),
        ("Bell\x07", "That name has characters that cannot be shown. Use letters."),
        ("Nul\x00", "That name has characters that cannot be shown. Use letters."),
        ("abc\u202edef", "That name has characters that cannot be shown. Use letters."),
        ("\u0301\u0301", "A name needs a letter."),
    ],
)
def test_a_bad_name_is_refused_beside_its_field(stranger: Visitor, name: str, words: str) -> None:
    answer = stranger.post("/enter", {"name": name, "next": "/rooms"})
    assert (answer.status_code, stranger.cookie) == (422, "")
    assert _error_beside(answer.text, "name") == words
    assert 'name="next" value="/rooms"' in answer.text
    if name.isprintable():
        assert f'value="{name}"' in answer.text


def test_names_are_the_same_whatever_their_case_and_spaces(ann: Visitor, stranger: Visitor) -> None:
    for same in (
        ann.name,
        ann.name.upper(),
        f"  {ann.name.replace(' ', '   ')} ",
        ann.name.replace("V", "\uff36"),
    ):
        answer = stranger.post("/enter", {"name": same})
        assert answer.status_code == 422, same
        assert "is taken here. Add a letter, or give the password if it is yours." in answer.text


def test_the_shortest_and_the_longest_name_are_taken(visit: Callable[..., Visitor]) -> None:
    for name in ("Øy", "M" * 32):
        visit().enter(name)


def test_a_code_that_no_room_has_is_refused_beside_its_field(ann: Visitor, stranger: Visitor) -> None:
    for answer in (
        stranger.post("/enter", {"name": "Code Reader", "code": "KLEP-42"}),
        ann.post("/join", {"code": "KLEP-42"}),
    ):
        assert answer.status_code == 422
        assert _error_beside(answer.text, "code") == "No room has the code KLEP-42. It may have closed."
        assert 'value="KLEP-42"' in answer.text
    assert ann.post("/join", {}).status_code == 422


@pytest.mark.parametrize(
    "elsewhere",
    ["http://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil",
     "javascript:alert('evil')", "/\n/evil.example", "/x\r\nSet-Cookie: a=b", "/\u2028/evil.example"],
)  # fmt: skip
def test_the_door_leads_nowhere_else(visit: Callable[..., Visitor], elsewhere: str) -> None:
    visitor = visit()
    assert "evil" not in visitor.ask("GET", "/enter", params={"next": elsewhere}).text
    answer = visitor.post("/enter", {"name": f"To {hash(elsewhere)}", "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers.get_list("set-cookie") == [answer.headers["set-cookie"]]


def test_leaving_frees_the_name_and_ends_the_session(ann: Visitor, visit: Callable[..., Visitor]) -> None:
    cookie = ann.cookie
    answer = ann.post("/leave")
    assert (answer.status_code, answer.headers["location"], ann.cookie) == (303, "/enter", "")
    ann.cookie = cookie
    assert ann.get("/rooms").status_code == 303
    assert ann.get("/rooms/lobby/changes").status_code == 401
    visit().enter(ann.name)


def test_the_session_is_the_same_in_another_browser_window(
    ann: Visitor, visit: Callable[..., Visitor]
) -> None:
    other = visit()
    other.cookie = ann.cookie
    assert ann.name in other.get("/rooms").text


def test_a_new_room_is_listed_for_everybody(ann: Visitor, bob: Visitor) -> None:
    answer = ann.post("/rooms", {"name": "Salt  & <Pepper>", "topic": 'Of "taste"'})
    assert (answer.status_code, answer.headers["location"]) == (303, "/rooms/salt-pepper")
    page = bob.get("/rooms").text
    assert "Salt &amp; &lt;Pepper&gt;" in page
    assert 'href="/rooms/salt-pepper"' in page
    assert "Of &#34;taste&#34;" in bob.open("salt-pepper").html


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "name", "Give the room a name."),
        ({"name": "A"}, "name", "A room&#39;s name has 2 to 48 characters."),
        ({"name": "A" * 49}, "name", "A room&#39;s name has 2 to 48 characters."),
        ({"name": "Lobby"}, "name", "There is a room called Lobby already."),
        ({"name": "LOBBY"}, "name", "There is a room called LOBBY already."),
        ({"name": "Good name", "topic": "x" * 201}, "topic", "A topic has at most 200 characters."),
        ({"name": "Good name", "topic": "a\x00b"}, "topic", "A topic has at most 200 characters."),
        ({"name": "Bad\x00name"}, "name", "That name has characters that cannot be shown. Use letters."),
    ],
)
def test_a_bad_room_is_refused_beside_its_field_and_not_made(
    ann: Visitor, fields: dict[str, str], field: str, words: str
) -> None:
    before = ann.rooms()
    answer = ann.post("/rooms", fields)
    assert answer.status_code == 422
    assert _error_beside(answer.text, field) == words
    for value in fields.values():
        assert "\x00" in value or f'value="{value}"' in answer.text
    assert ann.rooms() == before


@pytest.mark.parametrize("name", ["Live", "events", "CHANGES", "new", "聊天室", "--", "!!a!!", "É" * 48])
def test_every_name_gets_an_address_that_works(ann: Visitor, name: str) -> None:
    if name == "--":
        assert ann.post("/rooms", {"name": name}).status_code == 422
        return
    slug = ann.make_room(name)
    assert re.fullmatch("[a-z0-9-]{1,48}", slug)
    assert slug not in ("live", "events", "changes", "new")
    assert name in ann.open(slug).html


@pytest.mark.parametrize(
    ("field", "value"),
    [("preset", "secret"), ("access", "direct"), ("history", "some"), ("keep", "-1"), ("max_length", "0")],
)
def test_a_room_that_cannot_be_made_as_asked_is_not_made(ann: Visitor, field: str, value: str) -> None:
    before = ann.rooms()
    assert ann.post("/rooms", {"name": f"Odd {field}", field: value}).status_code == 422
    assert ann.rooms() == before


def test_opening_a_room_is_joining_it(ann: Visitor, bob: Visitor, room: str) -> None:
    assert bob.get(f"/rooms/{room}/changes").status_code == 404
    bob.open(room)
    assert bob.get(f"/rooms/{room}/changes").status_code == 200
    assert f"{bob.name.split()[0]}</b> came in" in ann.open(room).html


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_is_no_visit_gets_a_button_and_does_not_join(
    ann: Visitor, bob: Visitor, room: str, headers: dict[str, str]
) -> None:
    before = ann.open(room).cursor
    answer = bob.get(f"/rooms/{room}", headers)
    assert answer.status_code == 200
    assert re.search(rf'<a class="btn[^"]*" href="/rooms/{room}">Join</a>', answer.text)
    assert 'id="composer"' not in answer.text
    assert bob.get(f"/rooms/{room}/changes").status_code == 404
    assert ann.open(room).cursor == before
    bob.get(f"/rooms/{room}", {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"})
    assert bob.get(f"/rooms/{room}/changes").status_code == 200


def test_looking_at_the_head_of_a_room_does_not_join_it(bob: Visitor, room: str) -> None:
    assert bob.ask("HEAD", f"/rooms/{room}").status_code == 200
    assert bob.get(f"/rooms/{room}/changes").status_code == 404


def test_leaving_a_room_ends_seeing_it_until_it_is_opened_again(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    ann.say(room, "before")
    answer = bob.post(f"/rooms/{room}/leave")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rooms")
    assert bob.get(f"/rooms/{room}/changes").status_code == 404
    assert bob.post(f"/rooms/{room}/messages", {"body": "from outside"}).status_code == 404
    bob.open(room)
    assert bob.words(room) == ["before"]


def test_older_pages_go_back_to_the_beginning_without_a_gap_or_a_double(ann: Visitor, room: str) -> None:
    said = [ann.say(room, f"message {n}") for n in range(120)]
    page, seen = ann.open(room).html, list[int]()
    for _ in range(10):
        seen = numbers(page) + seen
        older = re.search(r'<li class="earlier" id="earlier"><a [^>]*href="([^"]+)"', page)
        if older is None:
            break
        page = ann.get(older[1]).text
    assert seen == said
    assert "This is the beginning of" in page


def test_an_older_page_for_htmx_is_messages_with_the_cursor_they_were_read_at(
    ann: Visitor, room: str
) -> None:
    said = [ann.say(room, f"message {n}") for n in range(60)]
    page = ann.open(room)
    older = re.search(rf'href="(/rooms/{room}\?before=[^"]+)"', page.html)
    assert older
    answer = ann.get(older[1], HTMX)
    assert re.match(
        rf'<ol data-history="{re.escape(page.cursor)}">\s*<li class="(begin|earlier)"', answer.text
    )
    assert "<html" not in answer.text
    assert numbers(answer.text) == [number for number in said if number not in numbers(page.html)]
    assert "data-mark" not in answer.text
    assert 'id="cursor"' not in answer.text


def test_a_page_may_begin_before_a_message_that_never_was(ann: Visitor, room: str) -> None:
    said = [ann.say(room, f"message {n}") for n in range(3)]
    assert numbers(ann.get(f"/rooms/{room}?before=999999999999.0").text) == said
    assert numbers(ann.get(f"/rooms/{room}?before=0.0").text) == []
    for nonsense in ("x", "1", "1.2.3", "1.x", "-", "1.-1"):
        assert ann.get(f"/rooms/{room}?before={nonsense}").status_code == 422, nonsense


def test_a_page_around_a_message_shows_it_and_its_neighbours(ann: Visitor, room: str) -> None:
    said = [ann.say(room, f"message {n}") for n in range(120)]
    around = said[60]
    shown = numbers(ann.get(f"/rooms/{room}?at={around}").text)
    assert {said[50], around, said[70]} <= set(shown)
    assert shown == sorted(shown)
    assert said[0] not in shown


def test_a_message_has_a_page_with_its_actions_as_plain_forms(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    number = ann.say(room, "words")
    path = f"/rooms/{room}/messages/{number}"
    own, others = ann.get(path).text, bob.get(path).text
    for action in ("edit", "delete"):
        assert f'method="post" action="{path}/{action}"' in own
        assert f'action="{path}/{action}"' not in others
    assert f'href="{path}"' in own
    assert "words" in others


def test_only_the_author_edits_and_takes_back(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    number = ann.say(room, "first")
    path = f"/rooms/{room}/messages/{number}"
    for headers in ({}, HTMX):
        assert bob.post(f"{path}/edit", {"body": "rewritten"}, headers).status_code == 403
        assert bob.post(f"{path}/delete", {}, headers).status_code == 403
    assert ann.words(room) == ["first"]
    edited = ann.post(f"{path}/edit", {"body": "second"})
    assert (edited.status_code, edited.headers["location"]) == (303, f"/rooms/{room}?at={number}#m-{number}")
    assert ann.words(room) == ["second"]
    assert 'class="msg-edited"' in bob.get(path).text
    deleted = ann.post(f"{path}/delete")
    assert deleted.status_code == 303
    assert bob.words(room) == []
    assert f"{ann.name.split()[0]}</span> took this message back" in bob.open(room).html
    assert "second" not in bob.open(room).html


def test_the_owner_of_a_room_removes_but_never_rewrites(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    number = bob.say(room, "unkind")
    path = f"/rooms/{room}/messages/{number}"
    assert ann.post(f"{path}/edit", {"body": "kind"}).status_code == 403
    assert ann.post(f"{path}/delete").status_code == 303
    assert "A host removed this message" in bob.open(room).html
    assert bob.post(f"{path}/edit", {"body": "again"}).status_code == 403
    assert bob.words(room) == []


def test_a_bad_edit_shows_the_form_again_with_what_was_typed(ann: Visitor, room: str) -> None:
    number = ann.say(room, "first")
    answer = ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "x" * 4001})
    assert answer.status_code == 422
    assert "x" * 4001 in answer.text
    assert _error_beside(answer.text, "body").startswith("1 character too many.")
    assert ann.post(f"/rooms/{room}/messages/{number}/edit", {}).status_code == 422
    assert ann.words(room) == ["first"]


def test_the_read_mark_and_alive_are_answered_without_a_page(ann: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    assert ann.post(f"/rooms/{room}/read", {"number": str(number)}, HTMX).status_code == 204
    assert ann.post(f"/rooms/{room}/read", {"number": "x"}, HTMX).status_code == 422
    assert ann.post(f"/rooms/{room}/alive").status_code == 204
    assert ann.post("/alive").status_code == 204


def test_the_page_of_a_room_in_text_is_its_transcript(ann: Visitor, room: str) -> None:
    first, second = ann.say(room, "one"), ann.say(room, "two\nlines\tand \\ a slash")
    answer = ann.get(f"/rooms/{room}", TEXT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    lines = answer.text.split("\n")
    assert lines.pop() == ""
    assert [line.split("\t")[0] for line in lines] == [str(first), str(second)]
    assert [line.split("\t")[2:] for line in lines] == [
        [ann.name, "one"],
        [ann.name, "two\\nlines\\tand \\\\ a slash"],
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.split("\t")[1]) for line in lines)


def test_health_and_readiness_are_told_to_anybody(stranger: Visitor) -> None:
    health = stranger.get("/health")
    assert (health.text, health.headers["content-type"]) == ("OK\n", "text/plain; charset=utf-8")
    ready = stranger.get("/ready")
    assert ready.status_code == 200
    assert ready.headers["content-type"] == "application/json"
    assert ready.json()["database"] is True
    assert {"database", "redis", "version", "uptime_s"} == set(ready.json())


def test_the_style_sheet_of_a_person_tells_which_messages_are_theirs(ann: Visitor, stranger: Visitor) -> None:
    me = re.search(r'data-me="u-([0-9]+)"', ann.get("/rooms").text)
    assert me
    answer = stranger.get(f"/me/{me[1]}.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert f'[data-author="u-{me[1]}"]' in answer.text
    assert stranger.get("/me/0.css").status_code == 404


def test_a_page_without_scripts_has_a_frame_around_its_stream(ann: Visitor, room: str) -> None:
    frame = ann.get(f"/rooms/{room}/frame")
    assert f'src="/rooms/{room}/stream"' in frame.text
    assert '<meta http-equiv="refresh" content="2">' in frame.text
    assert "frame-ancestors 'self'" in SECURITY["content-security-policy"]
    assert f'<noscript><iframe class="stream-frame" src="/rooms/{room}/frame"' in ann.open(room).html


def _error_beside(html: str, field: str) -> str:
    """The words that a field of a form names as its description."""
    found = re.search(rf'<(?:input|textarea)[^>]* name="{field}"[^>]* aria-invalid="true"[^>]*>', html)
    assert found, f"nothing is wrong with a field {field}"
    described = re.search(r'aria-describedby="([^"]+)"', found[0])
    assert described, found[0]
    words = re.search(
        rf'<p[^>]* id="{described[1].split()[0]}"[^>]*>(?:<svg.*?</svg>)?(.*?)</p>', html, re.DOTALL
    )
    assert words, f"{described[1]} is not there"
    return re.sub(r"<[^>]*>", "", words[1])


def test_the_cursor_of_a_page_is_that_of_its_messages(ann: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    page = Page(ann.get(f"/rooms/{room}").text)
    assert page.cursor == f"{page.epoch}.{number}"
    assert f'id="log" data-epoch="{page.epoch}"' in page.html
