"""A session that ended while somebody was writing: nothing they wrote is gone with it."""

import html
import re
from collections.abc import Callable

from tests.contract.visitor import Visitor

ENDED = "This session has ended."
HOSTILE = "</textarea><b>half</b> a thought & more"


def test_a_plain_form_without_a_session_is_answered_with_the_words_and_the_way_back(
    ann: Visitor, stranger: Visitor, room: str
) -> None:
    path = f"/rooms/{room}/messages"
    for address in (path, f"{path}/{ann.say(room, 'hers')}/edit"):
        answer = stranger.post(address, {"body": HOSTILE, "nonce": "of the form"})
        assert answer.status_code == 401
        kept = re.search(r'<textarea [^>]*name="body"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
        assert kept
        assert html.unescape(kept[1]) == HOSTILE
        assert f'href="/enter?next=/rooms/{room}"' in answer.text


def test_the_page_that_keeps_the_words_sends_them_once_its_reader_is_in_again(
    ann: Visitor, stranger: Visitor, room: str
) -> None:
    form = {"body": "half a thought", "nonce": "of the form"}
    answer = stranger.post(f"/rooms/{room}/messages", form)
    assert 'name="nonce" value="of the form"' in answer.text
    stranger.enter()
    stranger.get(f"/rooms/{room}")
    sent = [stranger.post(f"/rooms/{room}/messages", form) for _ in range(2)]
    assert {answer.status_code for answer in sent} == {303}
    assert ann.get(f"/rooms/{room}").text.count("half a thought") == 1


def test_without_words_the_form_leads_to_the_door(stranger: Visitor, room: str) -> None:
    answer = stranger.post(f"/rooms/{room}/messages", {"body": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


def test_the_door_says_that_a_session_ended_to_those_who_had_one(visit: Callable[..., Visitor]) -> None:
    gone = visit().enter()
    cookie = gone.cookie
    assert ENDED not in gone.get("/enter").text
    gone.post("/leave")
    gone.cookie = cookie
    assert ENDED in gone.get("/enter?next=/rooms/lobby").text
    assert ENDED not in visit().get("/enter").text
