"""What holds for every answer. The security headers are checked on each answer of each test here."""

import re

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.contract.visitor import HTMX, JSON, TEXT, Visitor, check

PAGES = ["/rooms", "/rooms/lobby", "/rooms/lobby/messages/1", "/rooms/lobby/frame"]
STREAMS = ["/rooms/lobby/events", "/rooms/lobby/changes", "/rooms/lobby/stream", "/events", "/changes"]
FORMS = [
    "/leave",
    "/rooms",
    "/join",
    "/rooms/lobby/leave",
    "/rooms/lobby/messages",
    "/rooms/lobby/messages/1/edit",
    "/rooms/lobby/messages/1/delete",
    "/rooms/lobby/read",
    "/rooms/lobby/alive",
    "/alive",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_somebody_unknown_to_the_door_and_back(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/enter?next={path}")
    assert f'name="next" value="{path}"' in stranger.get(answer.headers["location"]).text
    entered = stranger.post("/enter", {"name": f"Back {path}"[:32], "next": path})
    assert (entered.status_code, entered.headers["location"]) == (303, path)


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_tells_somebody_unknown_by_its_status(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["chat-status"]) == (401, "ok")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_somebody_unknown_is_refused_in_the_form_that_was_asked_for(
    stranger: Visitor, path: str
) -> None:
    assert stranger.post(path).headers["location"] == "/enter"
    answer = stranger.post(path, {"body": "words"}, HTMX)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/enter")
    assert 'id="composer-error"' in answer.text
    assert stranger.post(path, {"body": "words"}, JSON).status_code == 401


@pytest.mark.parametrize("path", ["/live", "/rooms/lobby/live"])
def test_a_websocket_of_somebody_unknown_is_refused_before_it_opens(stranger: Visitor, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        stranger.live(path)
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in refused.value.response.headers["Content-Security-Policy"]


def test_a_cookie_of_nonsense_is_no_session(stranger: Visitor) -> None:
    for cookie in ("parley=", "parley=x", "parley=\xff", "parley=" + "a" * 4000, "=;;", 'parley="\\', "\x01"):
        stranger.cookie = cookie
        with stranger._client.stream("GET", "/rooms/lobby/changes") as answer:
            assert answer.status_code == 401, cookie


def test_a_room_that_is_hidden_answers_as_one_that_does_not_exist(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    number = ann.say(room, "hidden from Bob, who has not come in")
    for method, path in (
        ("GET", "/frame"),
        ("GET", f"/messages/{number}"),
        ("GET", "/changes"),
        ("GET", "/events"),
        ("GET", "/stream"),
        ("POST", "/messages"),
        ("POST", f"/messages/{number}/edit"),
        ("POST", f"/messages/{number}/delete"),
        ("POST", "/leave"),
        ("POST", "/read"),
        ("POST", "/alive"),
    ):
        for headers in ({}, HTMX, JSON, TEXT):
            there, nowhere = (
                bob.ask(method, f"/rooms/{slug}{path}", headers=headers) for slug in (room, "nowhere")
            )
            assert there.status_code == nowhere.status_code == 404, path
            assert there.content == nowhere.content
            assert _comparable(there) == _comparable(nowhere)
    assert ann.words(room) == ["hidden from Bob, who has not come in"]


def test_a_websocket_of_a_hidden_room_is_refused_as_one_of_no_room(bob: Visitor, room: str) -> None:
    answers = []
    for slug in (room, "nowhere"):
        with pytest.raises(InvalidStatus) as refused:
            bob.live(f"/rooms/{slug}/live")
        response = refused.value.response
        answers.append((response.status_code, response.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_a_message_that_is_missing_is_not_found(ann: Visitor, room: str) -> None:
    nowhere = ann.get("/rooms/nowhere")
    for path in ("/messages/1", "/messages/999999", "?at=999999"):  # 1 is the notice of Ann's coming
        answer = ann.get(f"/rooms/{room}{path}")
        assert (answer.status_code, answer.content) == (404, nowhere.content)


def test_numbers_beyond_all_bounds_are_not_found_or_refused(ann: Visitor, room: str) -> None:
    for number in ("9" * 15, "9" * 19, "9" * 40, "-1", "1e3", "0x1", "%00", "%F0%9F%90%9F"):
        assert ann.get(f"/rooms/{room}/messages/{number}").status_code == 404, number
        assert ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "x"}).status_code == 404
        assert ann.post(f"/rooms/{room}/messages/{number}/delete").status_code == 404
        assert ann.get(f"/rooms/{room}?at={number}").status_code in (404, 422), number
        assert ann.get(f"/rooms/{room}?before={number}.{number}").status_code in (200, 422), number
        assert ann.get(f"/rooms/{room}/changes?since=x.{number}").status_code in (200, 422), number
        assert ann.post(f"/rooms/{room}/read", {"number": number}).status_code in (303, 422), number
        assert ann.get(f"/me/{number}.css").status_code in (200, 404), number


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_methods_that_nothing_uses_are_refused(ann: Visitor, method: str) -> None:
    assert ann.ask(method, "/rooms").status_code == 405


@pytest.mark.parametrize("path", ["/leave", "/join", "/rooms/lobby/messages", "/alive"])
def test_a_form_cannot_be_sent_by_a_link(ann: Visitor, path: str) -> None:
    assert ann.get(path).status_code == 405


def test_an_address_that_is_too_long_is_refused(ann: Visitor) -> None:
    assert ann.get("/rooms?" + "a" * 9000).status_code == 414


@pytest.mark.parametrize("headers", [{}, HTMX, JSON, TEXT])
def test_a_form_that_is_too_large_is_refused_and_the_next_one_is_not(
    ann: Visitor, room: str, headers: dict[str, str]
) -> None:
    assert ann.post(f"/rooms/{room}/messages", {"body": "x" * 70_000}, headers).status_code == 413
    assert ann.words(room) == []
    ann.say(room, "short")
    assert ann.words(room) == ["short"]


def test_a_form_of_unknown_length_that_grows_too_large_is_refused(ann: Visitor, room: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pieces = (b"body=" + b"x" * 10_000 for _ in range(8))
    answer = ann.ask("POST", f"/rooms/{room}/messages", content=pieces, headers=form)
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml", "image/png"])
def test_a_form_of_another_type_is_refused(ann: Visitor, room: str, kind: str) -> None:
    for path in (f"/rooms/{room}/messages", "/enter", "/rooms"):
        answer = ann.ask("POST", path, content=b"body=words&name=Words", headers={"Content-Type": kind})
        assert answer.status_code == 415, path
    assert ann.words(room) == []


ORIGINS = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "nonsense"}, False),
    ({"Origin": "own"}, True),
    ({"Origin": "null"}, False),
    ({"Origin": ""}, False),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "http://127.0.0.1"}, False),
    ({"Origin": "http://127.0.0.1:1"}, False),
    ({"Origin": "own.evil.example"}, False),
    ({"Origin": "http://evil.example/own"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "own"}, False),
]


@pytest.mark.parametrize(("headers", "allowed"), ORIGINS)
def test_only_our_own_pages_and_scripts_may_change_something(
    ann: Visitor, room: str, headers: dict[str, str], allowed: bool
) -> None:
    sent = {
        name: value.replace("own", ann.url, 1) if name == "Origin" else value
        for name, value in headers.items()
    }
    answer = ann.post(f"/rooms/{room}/messages", {"body": "from elsewhere"}, sent)
    assert answer.status_code == (303 if allowed else 403)
    assert ann.words(room) == (["from elsewhere"] if allowed else [])


@pytest.mark.parametrize("path", [*FORMS, "/enter"])
def test_no_form_takes_what_another_site_sends(ann: Visitor, path: str) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert ann.post(path, {"name": "Evil", "body": "evil"}, headers).status_code == 403
    assert ann.get("/rooms").status_code == 200, "still signed in"


@pytest.mark.parametrize(("headers", "allowed"), ORIGINS)
def test_only_our_own_pages_and_scripts_may_open_a_websocket(
    ann: Visitor, room: str, headers: dict[str, str], allowed: bool
) -> None:
    sent = {
        name: value.replace("own", ann.url, 1) if name == "Origin" else value
        for name, value in headers.items()
    }
    if allowed:
        with ann.live(f"/rooms/{room}/live", **sent) as socket:
            assert "data-mark" in str(socket.recv(timeout=10))
    else:
        with pytest.raises(InvalidStatus) as refused:
            ann.live(f"/rooms/{room}/live", **sent)
        assert refused.value.response.status_code == 403


def test_pages_are_kept_by_nobody(ann: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    for path in ("/rooms", f"/rooms/{room}", f"/rooms/{room}/messages/{number}", "/", "/enter", "/nowhere"):
        assert ann.get(path).headers["cache-control"] == "private, no-store", path
    assert "no-store" in ann.get(f"/rooms/{room}/changes").headers["cache-control"]


def test_static_files_are_kept_for_ever_and_carry_their_hash(ann: Visitor, room: str) -> None:
    linked = set(re.findall(r'(?:href|src)="(/(?:static|me)/[^"#]+)', ann.open(room).html))
    assert len(linked) >= 4, linked
    for path in linked:
        answer = ann.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"[.?][0-9a-f]{8}\b", path), f"{path} has no hash"
        assert "set-cookie" not in answer.headers
        plain = ann.get(path, {"Accept-Encoding": "identity"})
        assert plain.content == answer.content
    assert ann.get("/static/parley.css").status_code == 404
    assert ann.get("/static/../config.toml").status_code == 404
    assert ann.get("/static/..%2f..%2fconfig.toml").status_code == 404


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Visitor) -> None:
    answer = stranger.post("/enter", {"name": "Cookie Reader"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("parley=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_times_are_utc_with_milliseconds(ann: Visitor, room: str) -> None:
    ann.say(room, "words")
    found = re.findall(r'<time datetime="([^"]*)"', ann.open(room).html)
    assert found
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in found)


def test_no_page_holds_script_or_style_of_its_own(ann: Visitor, stranger: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    pages = [stranger.get("/enter"), *(ann.get(path) for path in (
        "/rooms", f"/rooms/{room}", f"/rooms/{room}/messages/{number}", f"/rooms/{room}/frame", "/nowhere",
    ))]  # fmt: skip
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)|javascript:", page.text)


def test_an_answer_that_is_no_page_of_quart_carries_the_headers_too(ann: Visitor) -> None:
    raw = httpx.get(f"{ann.url}/rooms/lobby/changes")
    check(raw)
    assert raw.status_code == 401


def _comparable(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize("path", ["/rooms/nowhere/messages", "/nowhere", "/leave", "/rooms/nowhere/changes"])
def test_a_connection_outlives_a_form_that_was_refused_early(stranger: Visitor, path: str) -> None:
    """Else the next request over it is lost: browsers say so, and proxies answer 502."""
    for _ in range(20):
        assert stranger.post(path, {"body": "words"}).status_code in (303, 401, 404)


def test_an_answer_before_the_end_of_a_form_says_that_the_connection_ends(ann: Visitor) -> None:
    too_large = ann.post("/rooms", {"name": "x" * 70_000})
    foreign = ann.post("/rooms", {"name": "x"}, {"Origin": "http://evil.example"})
    for answer, status in ((too_large, 413), (foreign, 403)):
        assert (answer.status_code, answer.headers["connection"]) == (status, "close")
