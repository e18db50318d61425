"""A session that ended while somebody was writing: nothing they wrote is gone with it."""

import html
import re
from collections.abc import Callable

import pytest

from tests.contract.visitor import Visitor

ENDED = "This session has ended."
HOSTILE = "</textarea><b>half</b> a thought & more"


@pytest.fixture
def gone(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody whose browser names a session that has ended."""
    visitor = visit().enter()
    cookie = visitor.cookie
    visitor.post("/leave")
    visitor.cookie = cookie
    return visitor


def test_a_plain_form_of_an_ended_session_is_answered_with_the_words_and_the_way_back(
    ann: Visitor, gone: Visitor, room: str
) -> None:
    path = f"/rooms/{room}/messages"
    for address in (path, f"{path}/{ann.say(room, 'hers')}/edit"):
        answer = gone.post(address, {"body": HOSTILE, "nonce": "of the form"})
        assert answer.status_code == 401
        kept = re.search(r'<textarea [^>]*name="body"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
        assert kept
        assert html.unescape(kept[1]) == HOSTILE
        assert f'href="/enter?next=/rooms/{room}"' in answer.text


def test_the_page_that_keeps_the_words_sends_them_once_its_reader_is_in_again(
    ann: Visitor, gone: Visitor, room: str
) -> None:
    form = {"body": "half a thought", "nonce": "of the form"}
    answer = gone.post(f"/rooms/{room}/messages", form)
    assert 'name="nonce" value="of the form"' in answer.text
    gone.enter()
    gone.get(f"/rooms/{room}")
    sent = [gone.post(f"/rooms/{room}/messages", form) for _ in range(2)]
    assert {answer.status_code for answer in sent} == {303}
    assert ann.get(f"/rooms/{room}").text.count("half a thought") == 1


def test_without_words_or_without_a_session_the_form_leads_to_the_door(
    gone: Visitor, stranger: Visitor, room: str
) -> None:
    path = f"/rooms/{room}/messages"
    for answer in (gone.post(path, {"body": ""}), stranger.post(path, {"body": "words"})):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/enter")


def test_the_door_says_that_a_session_ended_to_those_who_had_one(
    ann: Visitor, gone: Visitor, stranger: Visitor
) -> None:
    assert ENDED in gone.get("/enter?next=/rooms/lobby").text
    for visitor in (ann, stranger):
        assert ENDED not in visitor.get("/enter").text
