"""Passwords, one's own settings, the first administrator, avatars."""

import re
from collections.abc import Callable
from itertools import count

import pytest

from tests.contract.visitor import Visitor
from tests.servers import Parley

PASSWORD = "correct horse"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

_numbers = count(1)


@pytest.fixture
def name() -> str:
    """A name that nobody has."""
    return f"Ada {next(_numbers)}"


@pytest.fixture
def ada(visit: Callable[..., Visitor], name: str) -> Visitor:
    """Somebody with an account."""
    return come_in(visit(), name)


def come_in(visitor: Visitor, name: str, password: str = PASSWORD) -> Visitor:
    """Go in by name and password."""
    answer = visitor.post("/enter", {"name": name, "password": password}, FIREFOX)
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    visitor.name = name
    return visitor


def error_beside(html: str, field: str) -> str:
    """The error that the field is described by."""
    control = re.search(rf'<input[^>]* name="{field}"[^>]*>', html)
    assert control, f"there is no field {field}"
    assert 'aria-invalid="true"' in control[0]
    found = re.search(rf'id="{field}-error">.*?<span>(.*?)</span>', html)
    assert found, f"no error beside {field}"
    return found[1]


def others(visitor: Visitor) -> list[str]:
    """Where the sessions that are not this one end, by their forms."""
    return re.findall(r'action="(/settings/sessions/[0-9]+/end)"', visitor.get("/settings").text)


def test_a_name_with_a_password_is_the_same_person_on_any_device(
    ada: Visitor, visit: Callable[..., Visitor]
) -> None:
    other = come_in(visit(), ada.name.upper())
    room = ada.make_room()
    ada.say(room, "From here")
    other.open(room)
    other.say(room, "From there")
    authors = re.findall(r'data-author="(u-[0-9]+)"', ada.open(room).html)
    assert len(authors) >= 2
    assert len(set(authors)) == 1


def test_a_wrong_password_is_refused_beside_its_field(ada: Visitor, stranger: Visitor) -> None:
    answer = stranger.post("/enter", {"name": ada.name, "password": "not this one", "next": "/rooms"})
    assert (answer.status_code, stranger.cookie) == (422, "")
    assert error_beside(answer.text, "password") == f"That is not the password for {ada.name}."
    assert "<details" in answer.text.partition('name="password"')[0]
    assert " open><summary>" in answer.text
    assert f'value="{ada.name}"' in answer.text
    assert "not this one" not in answer.text
    assert 'name="next" value="/rooms"' in answer.text


def test_a_taken_name_offers_the_password(ada: Visitor, stranger: Visitor) -> None:
    answer = stranger.post("/enter", {"name": ada.name})
    words = f"{ada.name} is taken here. Add a letter, or give the password if it is yours."
    assert error_beside(answer.text, "name") == words
    assert " open><summary>" in answer.text
    assert " open><summary>" not in stranger.get("/enter").text


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_that_cannot_be_kept_makes_nobody(stranger: Visitor, name: str, password: str) -> None:
    answer = stranger.post("/enter", {"name": name, "password": password})
    assert answer.status_code == 422
    assert error_beside(answer.text, "password") == "A password has 8 to 200 characters."
    stranger.enter(name)


def test_after_ten_wrong_passwords_an_account_is_closed_for_a_while(ada: Visitor, stranger: Visitor) -> None:
    for _ in range(10):
        assert stranger.post("/enter", {"name": ada.name, "password": "not this one"}).status_code == 422
    answer = stranger.post("/enter", {"name": ada.name, "password": PASSWORD})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert "Too many tries. Wait a minute." in answer.text
    assert ada.get("/rooms").status_code == 200


def test_a_guest_keeps_the_name_by_a_password(ann: Visitor, visit: Callable[..., Visitor]) -> None:
    assert 'name="current"' not in ann.get("/settings").text
    answer = ann.post("/settings/password", {"password": "short"})
    assert answer.status_code == 422
    assert error_beside(answer.text, "password") == "A password has 8 to 200 characters."
    answer = ann.post("/settings/password", {"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=password")
    assert "Saved" in ann.get("/settings?saved=password").text
    assert 'name="current"' in ann.get("/settings").text
    ann.post("/leave")
    assert visit().post("/enter", {"name": ann.name}).status_code == 422
    come_in(visit(), ann.name)


def test_another_password_needs_the_present_one_and_ends_other_sessions(
    ada: Visitor, visit: Callable[..., Visitor]
) -> None:
    other = come_in(visit(), ada.name)
    for current in ("", "not this one"):
        answer = ada.post("/settings/password", {"password": "battery staple", "current": current})
        assert answer.status_code == 422
        assert error_beside(answer.text, "current") == f"That is not the password for {ada.name}."
    assert other.get("/rooms").status_code == 200
    fields = {"password": "battery staple", "current": PASSWORD}
    assert ada.post("/settings/password", fields).status_code == 303
    assert ada.get("/settings").status_code == 200
    assert other.get("/rooms").status_code == 303
    come_in(visit(), ada.name, "battery staple")


def test_a_new_name_is_shown_and_the_old_one_is_free(
    ann: Visitor, bob: Visitor, room: str, visit: Callable[..., Visitor], name: str
) -> None:
    number = ann.say(room, "Who am I?")
    answer = ann.post("/settings", {"name": f" {name}  Brandt"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=name")
    assert f"{name} Brandt" in bob.open(room).html
    assert f"{name} Brandt" in bob.get(f"/rooms/{room}/messages/{number}").text
    visit().enter(ann.name)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "Give a name to go in by."),
        ("M" * 33, "A name has 2 to 32 characters."),
        ("\u202eAda", "cannot be shown"),
    ],
)
def test_a_bad_new_name_is_refused_beside_its_field(ann: Visitor, given: str, words: str) -> None:
    answer = ann.post("/settings", {"name": given})
    assert answer.status_code == 422
    assert words in error_beside(answer.text, "name")
    assert f'id="name" name="name" value="{given}"' in answer.text
    assert ann.name in ann.get("/settings").text


def test_a_name_that_somebody_has_cannot_be_taken(ann: Visitor, bob: Visitor) -> None:
    answer = ann.post("/settings", {"name": bob.name.upper()})
    assert answer.status_code == 422
    assert error_beside(answer.text, "name") == f"{bob.name.upper()} is taken here. Add a letter."


def test_sessions_are_named_by_device_and_end_by_their_button(
    ada: Visitor, bob: Visitor, visit: Callable[..., Visitor]
) -> None:
    phone = visit()
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"
    phone.post("/enter", {"name": ada.name, "password": PASSWORD}, {"User-Agent": agent})
    html = ada.get("/settings").text
    assert "Firefox on Linux" in html
    assert 'aria-label="End the session Safari on iPhone"' in html
    (end,) = others(ada)
    assert bob.post(end).status_code == 404
    assert phone.get("/rooms").status_code == 200
    answer = ada.post(end)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings#sessions")
    assert phone.get("/rooms").status_code == 303
    assert ada.post(end).status_code == 404
    assert others(ada) == []


def test_all_other_sessions_end_and_their_streams_with_them(
    ada: Visitor, visit: Callable[..., Visitor]
) -> None:
    second, third = come_in(visit(), ada.name), come_in(visit(), ada.name)
    assert len(others(ada)) == 2
    with second.stream("/events") as stream:
        stream.until("data-mark")
        assert ada.post("/settings/sessions/end-others").status_code == 303
        stream.to_the_end()
    assert (second.get("/rooms").status_code, third.get("/rooms").status_code) == (303, 303)
    assert ada.get("/rooms").status_code == 200


@pytest.mark.parametrize("number", ["0", "999999999999999", "9" * 30, "x", "-1"])
def test_a_session_that_cannot_be_is_not_found(ada: Visitor, number: str) -> None:
    assert ada.post(f"/settings/sessions/{number}/end").status_code == 404
    assert ada.get("/settings").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/settings", "/settings/password", "/settings/sessions/1/end", "/settings/sessions/end-others"],
)
def test_settings_are_for_who_is_signed_in(stranger: Visitor, path: str) -> None:
    answer = stranger.post(path, {"name": "Eve", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
    assert stranger.get("/settings").headers["location"] == "/enter?next=/settings"


@pytest.fixture
def fresh(start_parley: Callable[..., Parley]) -> tuple[Parley, str]:
    """A place that nobody runs yet, and the address that its log prints."""
    parley = start_parley()
    links = re.findall(r"http://localhost:[0-9]+(/setup/[0-9a-f]+)", parley.log)
    assert len(links) == 1
    return parley, links[0]


def test_whoever_opens_the_printed_address_is_the_first_administrator(
    fresh: tuple[Parley, str], visit: Callable[..., Visitor]
) -> None:
    parley, link = fresh
    owner, late = visit(parley.url), visit(parley.url)
    for wrong in (f"{link}0", "/setup/0", f"/setup/{'0' * 32}", "/setup/%00%ff"):
        assert late.get(wrong).status_code == 404
        assert late.post(wrong, {"name": "Eve", "password": PASSWORD}).status_code == 404
    assert owner.get(link).status_code == 200
    answer = owner.post(link, {"name": "Ada", "password": "short"})
    assert answer.status_code == 422
    assert error_beside(answer.text, "password") == "A password has 8 to 200 characters."
    assert 'value="Ada"' in answer.text
    assert owner.post(link, {"name": "Ada", "password": PASSWORD}).status_code == 303
    assert owner.get("/settings").status_code == 200
    assert late.get(link).status_code == 404
    assert late.post(link, {"name": "Eve", "password": PASSWORD}).status_code == 404
    parley.restart()
    assert "/setup/" not in parley.log_since_start


def test_a_face_is_drawn_for_who_is_signed_in(ann: Visitor, stranger: Visitor, room: str) -> None:
    me = re.search(r'data-me="u-([0-9]+)"', ann.open(room).html)
    assert me
    answer = ann.get(f"/avatars/people/{me[1]}.svg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.text.startswith("<svg ")
    for number in ("0", "999999999", "9" * 30, "x"):
        assert ann.get(f"/avatars/people/{number}.svg").status_code == 404
    assert stranger.get(f"/avatars/people/{me[1]}.svg").status_code == 303
    assert stranger.get(f"/avatars/rooms/{room}.svg").status_code == 303


def test_a_flag_is_drawn_of_rooms_that_one_may_see(ann: Visitor, bob: Visitor, room: str) -> None:
    drawings = [who.get(f"/avatars/rooms/{room}.svg") for who in (ann, bob)]
    assert [answer.status_code for answer in drawings] == [200, 200]
    assert drawings[0].content == drawings[1].content
    missing = bob.get("/avatars/rooms/none.svg")
    assert missing.status_code == 404
    assert missing.headers["content-type"] != "image/svg+xml"
