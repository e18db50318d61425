"""Replies and reactions from outside: forms and answers, every transport, and what nobody may be shown."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.contract.visitor import (
    HTMX,
    JSON,
    TEXT,
    Visitor,
    fragment_of,
    last_mark,
    marks,
    receive_until,
)
from tests.servers import Parley, Redis

CANARY = "canary-7f3a9c"


def react(who: Visitor, room: str, number: int, emoji: str, ask: dict[str, str] = JSON) -> int:
    return who.post(f"/rooms/{room}/messages/{number}/react", {"emoji": emoji}, ask).status_code


def reactions(who: Visitor, room: str, number: int) -> list[tuple[str, int]]:
    """Kinds and counts, as the message's page shows them."""
    html = fragment_of(who.get(f"/rooms/{room}/messages/{number}").text, number)
    return [(emoji, int(n)) for emoji, n in re.findall(r"<span>([^<]+)</span>(\d+)</button>", html)]


def test_a_reaction_is_answered_as_every_form(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    number = ann.say(room, "words")
    page = bob.open(room)
    path = f"/rooms/{room}/messages/{number}/react"
    plain = bob.post(path, {"emoji": "👍"})
    assert (plain.status_code, plain.headers["location"]) == (303, f"/rooms/{room}?at={number}#m-{number}")
    assert bob.post(path, {"emoji": "👍"}, JSON).status_code == 204
    answer = bob.post(path, {"emoji": "🎉", "since": page.cursor}, HTMX)
    change = int(page.cursor.partition(".")[2]) + 3
    assert f'data-number="{number}" data-change="{change}"' in fragment_of(answer.text, number)
    assert marks(answer.text) == [change]
    assert reactions(ann, room, number) == [("🎉", 1)]


@pytest.mark.parametrize("emoji", ["", "x", "👍👍", "<b>", "👍\x00"])
def test_what_is_no_emoji_is_refused_beside_the_buttons(ann: Visitor, room: str, emoji: str) -> None:
    number = ann.say(room, "words")
    cursor = ann.open(room).cursor
    answer = ann.post(f"/rooms/{room}/messages/{number}/react", {"emoji": emoji})
    assert answer.status_code == 422
    assert 'aria-describedby="emoji-error"' in answer.text
    assert "A reaction is one emoji." in answer.text
    assert react(ann, room, number, emoji) == react(ann, room, number, emoji, HTMX) == 422
    assert ann.open(room).cursor == cursor


def test_a_refused_reaction_leaves_the_words_in_the_form_that_edits_them(ann: Visitor, room: str) -> None:
    number = ann.say(room, "Crane is booked")
    answer = ann.post(f"/rooms/{room}/messages/{number}/react", {"emoji": "word"})
    assert answer.status_code == 422
    assert re.search(r'<textarea [^>]*id="body"[^>]*>\nCrane is booked</textarea>', answer.text)


def test_a_message_that_is_gone_or_hidden_takes_no_reaction(ann: Visitor, bob: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    assert react(bob, room, number, "👍") == 404, "bob is not in the room"
    bob.open(room)
    ann.post(f"/rooms/{room}/messages/{number}/delete")
    assert react(bob, room, number, "👍") == 403
    assert react(bob, room, 999_999, "👍") == 404


def test_reactions_and_quotes_come_over_every_transport_and_words_go_with_their_message(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    number = ann.say(room, CANARY)
    answer = bob.say(room, "yes", reply_to=str(number))
    cursor = ann.open(room).cursor
    with ExitStack() as stack:
        socket = stack.enter_context(bob.live(f"/rooms/{room}/live?since={cursor}"))
        events = stack.enter_context(bob.stream(f"/rooms/{room}/events?since={cursor}"))
        text = stack.enter_context(bob.stream(f"/rooms/{room}/stream?since={cursor}", TEXT))
        react(ann, room, answer, "👍")
        batch = bob.get(f"/rooms/{room}/changes?wait=5&since={cursor}").text
        chip = fragment_of(batch, answer)
        assert 'aria-label="👍 1, Visitor"' in chip
        assert CANARY in chip, "its premise: the words are quoted"
        assert chip in receive_until(socket, "👍 1")
        events.until("👍 1")
        assert chip in events.until(f'{last_mark(batch)}" hidden></i>').replace("\ndata:", "\n")
        cursor = last_mark(batch)
        ann.post(f"/rooms/{room}/messages/{number}/delete")
        gone = bob.get(f"/rooms/{room}/changes?wait=5&since={cursor}").text
        pushed = receive_until(socket, last_mark(gone))
        events.until(last_mark(gone))
        ann.say(room, "the end")
        assert text.until("the end").count("\t") == 3, "a line a message: reactions and answers are no news"
    for html in (gone, pushed, bob.open(room).html, bob.get(f"/rooms/{room}/messages/{answer}").text):
        assert "The message is gone" in fragment_of(html, answer)
        assert CANARY not in html


def test_a_page_that_does_not_end_begins_anew_when_something_on_it_is_reacted_to(
    ann: Visitor, room: str
) -> None:
    number = ann.say(room, "words")
    with ann.stream(f"/rooms/{room}/stream") as page:
        page.until(f'id="m-{number}"')
        react(ann, room, number, "👍")
        page.to_the_end()
    with ann.stream(f"/rooms/{room}/stream") as page:
        page.until("👍 1")


@pytest.mark.parametrize("rule", [{"history": "joined"}, {"history": "visit"}, {"newcomers_see": "1"}])
def test_an_answer_tells_no_newcomer_what_it_answers(
    ann: Visitor, bob: Visitor, room: str, rule: dict[str, str]
) -> None:
    assert ann.post(f"/rooms/{room}/settings", rule).status_code == 303
    number = ann.say(room, CANARY)
    for n in range(2):
        ann.say(room, f"line {n}")
    cursor = bob.open(room).cursor
    answer = ann.say(room, "yes", reply_to=str(number))
    link = f'<a class="quote" href="/rooms/{room}?at={number}#m-{number}">An earlier message</a>'
    with bob.live(f"/rooms/{room}/live?since={cursor}") as socket:
        pushed = receive_until(socket, f'id="m-{answer}"')
    polled = bob.get(f"/rooms/{room}/changes?since={cursor}").text
    page = bob.open(room).html
    alone = bob.get(f"/rooms/{room}/messages/{answer}").text
    for html in (pushed, polled, page, alone):
        assert link in html
        assert CANARY not in html
    wide = {"history": "all", "newcomers_see": "0"}
    assert ann.post(f"/rooms/{room}/settings", wide).status_code == 303
    assert CANARY not in bob.get(f"/rooms/{room}/messages/{answer}").text, "a wider rule gives nothing back"
    assert bob.get(f"/rooms/{room}/messages/{number}").status_code == 404
    assert react(bob, room, number, "👍") == 404
    refused = bob.post(f"/rooms/{room}/messages", {"body": "what", "reply_to": str(number)}, JSON)
    assert (refused.status_code, refused.json()["field"]) == (422, "reply_to")


def test_a_refused_answer_keeps_its_words_and_what_it_answers(ann: Visitor, room: str) -> None:
    number = ann.say(room, "Crane <b>is</b> booked")
    answer = ann.post(f"/rooms/{room}/messages", {"body": "x" * 4001, "reply_to": str(number)})
    assert answer.status_code == 422
    assert f'id="reply-to" name="reply_to" value="{number}"' in answer.text
    assert ": Crane &lt;b&gt;is&lt;/b&gt; booked</span>" in answer.text
    assert "x" * 4001 in answer.text
    for reply in ("999999", "x"):
        answer = ann.post(f"/rooms/{room}/messages", {"body": "words", "reply_to": reply})
        assert answer.status_code == 422
        assert 'name="reply_to" value=""' in answer.text
        assert "words</textarea>" in answer.text


def test_the_same_nonce_answering_another_message_is_a_conflict(ann: Visitor, room: str) -> None:
    one, other = ann.say(room, "one"), ann.say(room, "other")
    fields = {"body": "yes", "nonce": "n"}
    first = ann.say(room, **fields, reply_to=str(one))
    assert ann.say(room, **fields, reply_to=str(one)) == first
    again = ann.post(f"/rooms/{room}/messages", fields | {"reply_to": str(other)}, JSON)
    assert again.status_code == 409


def test_my_reactions_are_told_by_my_style_sheet_alone(ann: Visitor, room: str) -> None:
    number = ann.say(room, "words")
    react(ann, room, number, "👍")
    page = ann.open(room).html
    me = re.search(r'data-me="(u-(\d+))"', page)
    assert me
    assert f'data-by="{me[1]}"' in page
    assert f'[data-by~="{me[1]}"] {{ --react-bg:' in ann.get(f"/me/{me[2]}.css").text


def test_fifty_people_react_at_once_over_two_workers_and_each_is_counted_once(
    start_parley: Callable[..., Parley], redis: Redis
) -> None:
    shop = start_parley(workers=2, REDIS_URL=redis.url)
    people = [Visitor(shop.url).enter(f"Person {n}") for n in range(50)]
    room = people[0].make_room()
    number = people[0].say(room, "vote")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda who: who.open(room), people))
        statuses = set(pool.map(lambda who: react(who, room, number, "👍"), people))
        assert statuses == {204}
        assert reactions(people[1], room, number) == [("👍", 50)]
        twice = [people[0], *people[1:4], *people[1:4]]  # the first once, three of them twice at once
        list(pool.map(lambda who: react(who, room, number, "🎉"), twice))
    assert reactions(people[2], room, number) == [("👍", 50), ("🎉", 1)]
    for who in people:
        who.close()
