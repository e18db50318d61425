"""Posting: each way of asking, and the promise that a repeated submit says nothing twice."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.visitor import (
    HTMX,
    JSON,
    TEXT,
    Visitor,
    fragment_of,
    last_mark,
    marks,
    numbers,
)


def test_a_script_is_told_number_change_and_place(ann: Visitor, room: str) -> None:
    answer = ann.post(f"/rooms/{room}/messages", {"body": "words"}, JSON)
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert said == {"number": said["number"], "change": said["number"]}
    assert answer.headers["location"] == f"/rooms/{room}/messages/{said['number']}"
    assert "words" in ann.get(answer.headers["location"]).text


def test_a_plain_form_leads_to_the_message(ann: Visitor, room: str) -> None:
    answer = ann.post(f"/rooms/{room}/messages", {"body": "words"})
    number = numbers(ann.open(room).html)[-1]
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rooms/{room}#m-{number}")


def test_htmx_gets_everything_since_its_cursor_and_not_only_its_own(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    page = ann.open(room)
    meanwhile = bob.say(room, "meanwhile")
    answer = ann.post(f"/rooms/{room}/messages", {"body": "mine", "since": page.cursor}, HTMX)
    assert answer.status_code == 200
    shown = numbers(answer.text)
    assert shown[0] == meanwhile
    assert len(shown) == 2
    assert last_mark(answer.text) == f"{page.epoch}.{shown[1]}"
    assert answer.text.endswith(" hidden></i>")
    assert "<html" not in answer.text
    assert "hx-swap-oob" not in answer.text


@pytest.mark.parametrize("since", ["", "nonsense", "0.0", "abcd.5", "house.3"])
def test_a_cursor_of_another_lineage_loads_the_page_again_though_the_message_is_said(
    ann: Visitor, room: str, since: str
) -> None:
    answer = ann.post(f"/rooms/{room}/messages", {"body": "words", "since": since}, HTMX)
    assert (answer.status_code, answer.text) == (200, "<output data-reset hidden></output>")
    assert ann.words(room) == ["words"]


def test_a_cursor_from_the_future_loads_the_page_again(ann: Visitor, room: str) -> None:
    since = f"{ann.open(room).epoch}.999999"
    answer = ann.post(f"/rooms/{room}/messages", {"body": "words", "since": since}, HTMX)
    assert answer.text == "<output data-reset hidden></output>"


@pytest.mark.parametrize("ask", [{}, HTMX, JSON])
def test_the_same_submit_again_gets_the_first_answer(ann: Visitor, room: str, ask: dict[str, str]) -> None:
    page = ann.open(room)
    fields = {"body": "once", "nonce": page.nonce, "since": page.cursor}
    answers = [ann.post(f"/rooms/{room}/messages", fields, ask) for _ in range(3)]
    assert len({(answer.status_code, answer.text, answer.headers.get("location")) for answer in answers}) == 1
    assert answers[0].status_code in (200, 201, 303)
    assert ann.words(room) == ["once"]


def test_eight_copies_of_a_submit_at_once_say_it_once(
    ann: Visitor, room: str, visit: Callable[..., Visitor]
) -> None:
    windows = [visit() for _ in range(8)]
    for round_ in range(5):
        fields = {"body": f"round {round_}", "nonce": f"nonce-{round_}"}

        def send(window: Visitor, fields: dict[str, str] = fields) -> tuple[int, str]:
            window.cookie = ann.cookie
            answer = window.post(f"/rooms/{room}/messages", fields, JSON)
            return answer.status_code, answer.text

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(send, windows))
        assert len(answers) == 1
        assert answers.pop()[0] == 201
    assert ann.words(room) == [f"round {n}" for n in range(5)]


def test_the_same_nonce_of_another_person_is_another_one(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    ann.say(room, "hers", nonce="n")
    bob.say(room, "his", nonce="n")
    assert ann.words(room) == ["hers", "his"]


def test_a_nonce_with_other_words_is_a_conflict_and_the_words_are_kept(ann: Visitor, room: str) -> None:
    first = ann.open(room).nonce
    ann.say(room, "first", nonce=first)
    fields = {"body": "second <words>", "nonce": first}
    answer = ann.post(f"/rooms/{room}/messages", fields)
    assert answer.status_code == 409
    assert "second &lt;words&gt;</textarea>" in answer.text
    fresh = re.search(r'id="nonce" name="nonce" value="([^"]+)"', answer.text)
    assert fresh
    assert fresh[1] != first
    assert ann.post(f"/rooms/{room}/messages", fields, HTMX).status_code == 409
    assert ann.post(f"/rooms/{room}/messages", fields, JSON).status_code == 409
    assert ann.words(room) == ["first"]
    ann.say(room, "second <words>", nonce=fresh[1])
    assert ann.words(room) == ["first", "second <words>"]


def test_a_nonce_in_another_room_is_a_conflict(ann: Visitor, room: str) -> None:
    other = ann.make_room()
    ann.say(room, "words", nonce="used")
    answer = ann.post(f"/rooms/{other}/messages", {"body": "words", "nonce": "used"}, JSON)
    assert answer.status_code == 409
    assert ann.words(other) == []


def test_a_repeated_submit_of_an_edited_message_is_the_same_submit(ann: Visitor, room: str) -> None:
    number = ann.say(room, "before", nonce="n")
    ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "after"})
    assert ann.say(room, "before", nonce="n") == number
    assert ann.post(f"/rooms/{room}/messages", {"body": "after", "nonce": "n"}, JSON).status_code == 409
    assert ann.words(room) == ["after"]


def test_a_repeated_submit_of_a_deleted_message_succeeds_and_brings_nothing_back(
    ann: Visitor, room: str
) -> None:
    number = ann.say(room, "gone", nonce="n")
    ann.post(f"/rooms/{room}/messages/{number}/delete")
    page = ann.open(room)
    script = ann.post(f"/rooms/{room}/messages", {"body": "gone", "nonce": "n"}, JSON)
    assert (script.status_code, script.json()) == (201, {"number": number, "change": number})
    htmx = ann.post(f"/rooms/{room}/messages", {"body": "gone", "nonce": "n", "since": page.cursor}, HTMX)
    assert (htmx.status_code, numbers(htmx.text)) == (200, [])
    assert marks(htmx.text) == [int(page.cursor.partition(".")[2])]
    assert ann.words(room) == []


@pytest.mark.parametrize("nonce", ["x" * 65, "a\x00b", "a\nb", "\u202e"])
def test_a_bad_nonce_is_refused(ann: Visitor, room: str, nonce: str) -> None:
    answer = ann.post(f"/rooms/{room}/messages", {"body": "words", "nonce": nonce}, JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "nonce")
    assert ann.words(room) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Write something first."),
        (" \r\n\t ", "Write something first."),
        ("x" * 4001, "1 character too many. Shorten it"),
        ("é" * 4012, "12 characters too many. Shorten it"),
        ("nul \x00 inside", "That text has a character that cannot be kept."),
    ],
)
def test_bad_words_are_refused_beside_the_box_and_kept_in_it(
    ann: Visitor, room: str, body: str, words: str
) -> None:
    answer = ann.post(f"/rooms/{room}/messages", {"body": body})
    assert answer.status_code == 422
    box = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    assert box
    assert box[1].replace("\r\n", "\n") == body.replace("\r\n", "\n")
    assert 'aria-describedby="composer-error" aria-invalid="true"' in box[0]
    error = re.search(r'<p class="error" id="composer-error"[^>]*>(.*?)</p>', answer.text)
    assert error
    assert error[1].startswith(words)
    fragment = ann.post(f"/rooms/{room}/messages", {"body": body}, HTMX)
    assert fragment.status_code == 422
    assert fragment.text.startswith('<p class="error" id="composer-error"')
    assert words in fragment.text
    script = ann.post(f"/rooms/{room}/messages", {"body": body}, JSON)
    assert (script.status_code, script.json()["field"]) == (422, "body")
    assert ann.post(f"/rooms/{room}/messages", {"body": body}, TEXT).status_code == 422
    assert ann.words(room) == []


def test_the_longest_message_is_taken_and_its_ends_are_trimmed(ann: Visitor, room: str) -> None:
    longest = "𝕏" * 4000
    ann.say(room, f" \n{longest}\r\n ")
    assert ann.words(room) == [longest]


def test_an_edit_answers_htmx_with_the_message_in_its_new_state(ann: Visitor, room: str) -> None:
    number = ann.say(room, "old words")
    page = ann.open(room)
    answer = ann.post(
        f"/rooms/{room}/messages/{number}/edit", {"body": "new words", "since": page.cursor}, HTMX
    )
    edited = fragment_of(answer.text, number)
    change = int(last_mark(answer.text).partition(".")[2])
    assert change > number
    assert f'data-number="{number}" data-change="{change}"' in edited
    assert "new words" in edited
    assert "old words" not in edited


def test_an_edit_that_changes_nothing_is_no_change(ann: Visitor, room: str) -> None:
    number = ann.say(room, "same")
    cursor = ann.open(room).cursor
    assert ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "same"}).status_code == 303
    assert ann.open(room).cursor == cursor


def test_a_deletion_answers_htmx_with_a_tombstone_and_twice_is_once(ann: Visitor, room: str) -> None:
    number = ann.say(room, "secret words")
    page = ann.open(room)
    for _ in range(2):
        answer = ann.post(f"/rooms/{room}/messages/{number}/delete", {"since": page.cursor}, HTMX)
        stone = fragment_of(answer.text, number)
        assert 'data-deleted="author"' in stone
        assert "secret words" not in answer.text
    assert marks(answer.text) == [int(page.cursor.partition(".")[2]) + 1]


def test_what_was_posted_and_edited_meanwhile_comes_once_in_its_last_state(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    page = ann.open(room)
    number = bob.say(room, "first words")
    bob.post(f"/rooms/{room}/messages/{number}/edit", {"body": "last words"})
    answer = ann.post(f"/rooms/{room}/messages", {"body": "mine", "since": page.cursor}, HTMX)
    assert "last words" in fragment_of(answer.text, number)
    assert "first words" not in answer.text


def test_more_than_five_hundred_changes_are_a_reset(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    page = bob.open(room)
    for n in range(499):
        ann.say(room, str(n))
    answer = bob.post(f"/rooms/{room}/messages", {"body": "the 500th", "since": page.cursor}, HTMX)
    assert len(numbers(answer.text)) == 500
    ann.say(room, "the 501st")
    assert bob.get(f"/rooms/{room}/changes?since={page.cursor}").text == "<output data-reset hidden></output>"
    answer = bob.post(f"/rooms/{room}/messages", {"body": "the 502nd", "since": page.cursor}, HTMX)
    assert answer.text == "<output data-reset hidden></output>"
    assert bob.words(room)[-1] == "the 502nd"
