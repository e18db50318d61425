"""Moving messages, as browsers, scripts and readers of every kind have it."""

import re
from collections.abc import Callable

import pytest

from tests.contract.visitor import (
    HTMX,
    JSON,
    TEXT,
    Visitor,
    fragment_of,
    last_mark,
    numbers,
    receive_until,
    until_closed,
)

NOT_THERE = "It could not be moved there."
HALVINGS = 50  # more than fit between two whole steps, two times over


@pytest.fixture
def said(ann: Visitor, room: str) -> list[int]:
    """Four messages."""
    return [ann.say(room, f"words {n}") for n in range(4)]


def path(room: str, number: int) -> str:
    return f"/rooms/{room}/messages/{number}/move"


def order(visitor: Visitor, room: str) -> list[int]:
    return numbers(visitor.open(room).html)


def test_a_moved_message_is_the_same_bytes_over_every_transport(
    ann: Visitor, bob: Visitor, room: str, said: list[int]
) -> None:
    bob.open(room)
    moved = bob.say(room, "of Bob")  # between messages of somebody else: it has its heading everywhere
    cursor = ann.open(room).cursor
    begin = re.compile(rf'<li class="msg" id="m-{moved}" data-number="{moved}" data-change="(\d+)"')
    seen: dict[str, str] = {}
    with (
        ann.live(f"/rooms/{room}/live?since={cursor}") as socket,
        bob.stream(f"/rooms/{room}/events?since={cursor}") as events,
        bob.stream(f"/rooms/{room}/stream") as page,
        bob.stream(f"/rooms/{room}/stream", TEXT) as text,
    ):
        page.until("data-mark")
        text.until("of Bob\n")
        answer = ann.post(path(room, moved), {"after": str(said[0]), "since": cursor}, HTMX)
        assert answer.status_code == 200
        seen["post"] = answer.text
        seen["websocket"] = receive_until(socket, f'id="m-{moved}"')
        events.until(f'id="m-{moved}"')
        seen["events"] = events.until(f'{last_mark(answer.text)}" hidden></i>').replace("\ndata:", "\n")
        page.to_the_end()  # what it has shown stands elsewhere now: the frame around it loads it again
        after = bob.say(room, "more")
        assert text.until("more\n").count("of Bob") == 1
    seen["poll"] = ann.get(f"/rooms/{room}/changes?since={cursor}").text
    seen["page"] = bob.open(room).html
    found = {name: fragment_of(html, moved) for name, html in seen.items()}
    assert len(set(found.values())) == 1, found
    match = begin.match(found["page"])
    assert match
    assert int(match[1]) > moved
    assert order(bob, room) == [said[0], moved, *said[1:], after]
    assert ann.words(room) == ["words 0", "of Bob", "words 1", "words 2", "words 3", "more"]


def test_plain_forms_move_a_message_and_lead_back_to_it(ann: Visitor, room: str, said: list[int]) -> None:
    first, second, third, fourth = said
    answer = ann.post(path(room, first), {"after": str(third)})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/rooms/{room}?at={first}#m-{first}"
    assert order(ann, room) == [second, third, first, fourth]
    assert ann.post(path(room, fourth), {"before": str(second)}, JSON).status_code == 204
    assert order(ann, room) == [fourth, second, third, first]


def test_the_page_of_a_message_offers_places(ann: Visitor, room: str, said: list[int]) -> None:
    first, second, third, fourth = said
    page = ann.get(f"/rooms/{room}/messages/{second}").text
    form = page[page.index('id="move"') :]
    options = re.findall(r'<option value="(\d+)"( selected)?>after [0-9:]+, ([^<]+)</option>', form)
    assert [(int(number), bool(chosen)) for number, chosen, _ in options] == [
        (first, True), (third, False), (fourth, False)
    ]  # fmt: skip
    assert options[0][2] == f"{ann.name}: words 0"
    buttons = re.findall(r'name="(before|after)" value="(\d+)">(?:<svg.*?</svg>)?([^<]+)<', form)
    assert [(name, int(number), words) for name, number, words in buttons] == [
        ("before", first, "One up"), ("after", third, "One down"),
        ("before", first, "To the start"), ("after", fourth, "To the end"),
    ]  # fmt: skip
    for name, number, _ in buttons:
        assert ann.post(path(room, second), {name: number}).status_code == 303
    assert order(ann, room) == [first, third, fourth, second]


def test_whoever_may_not_is_offered_nothing_and_told_so(
    ann: Visitor, bob: Visitor, room: str, said: list[int]
) -> None:
    page = bob.open(room).html
    assert "arrange" not in page[page.index("data-can=") :].partition(">")[0]
    assert 'id="arrange"' not in page
    assert 'id="move"' not in bob.get(f"/rooms/{room}/messages/{said[0]}").text
    assert bob.post(path(room, said[0]), {"after": str(said[1])}).status_code == 403
    assert order(ann, room) == said
    assert ann.post(f"/rooms/{room}/settings", {"who_arranges": "everyone"}).status_code == 303
    page = bob.open(room).html
    assert "arrange" in page[page.index("data-can=") :].partition(">")[0]
    assert bob.post(path(room, said[0]), {"after": str(said[1])}).status_code == 303
    assert order(ann, room) == [said[1], said[0], *said[2:]]


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"before": "", "after": ""}, {"before": "{1}", "after": "{2}"}, {"after": "{0}"},
        {"before": "999999"}, {"after": "word"}, {"after": "-1"}, {"before": "9" * 40}, {"after": "{gone}"},
    ],
)  # fmt: skip
def test_bad_places_are_refused_beside_the_field_and_change_nothing(
    ann: Visitor, room: str, said: list[int], fields: dict[str, str]
) -> None:
    sent = {name: value.format(*said, gone=said[0] - 1) for name, value in fields.items()}
    cursor = ann.open(room).cursor
    answer = ann.post(path(room, said[0]), sent)
    assert answer.status_code == 422
    assert re.search(rf'id="move-error">.*({NOT_THERE}|That is no message\.)', answer.text)
    assert 'aria-describedby="move-error"' in answer.text
    assert ann.post(path(room, said[0]), sent, HTMX).status_code == 422
    assert ann.post(path(room, said[0]), sent, JSON).status_code == 422
    assert ann.open(room).cursor == cursor
    assert order(ann, room) == said
    assert ann.post(path(room, said[0]), {"after": str(said[1])}).status_code == 303


def test_a_message_that_is_not_there_is_not_found(ann: Visitor, room: str, said: list[int]) -> None:
    assert ann.post(path(room, 999_999), {"after": str(said[0])}).status_code == 404
    ann.post(f"/rooms/{room}/messages/{said[0]}/delete")
    assert ann.post(path(room, said[0]), {"after": str(said[1])}).status_code == 403
    ann.post(f"/rooms/{room}/clear", {"name": ""})
    ann.post(f"/rooms/{room}/clear", {})
    assert ann.post(path(room, said[1]), {"after": str(said[2])}).status_code == 404


def test_when_positions_run_out_the_room_gets_new_ones_and_pages_load_again(
    ann: Visitor, bob: Visitor, room: str, said: list[int]
) -> None:
    bob.open(room)
    first, second, third, fourth = said
    page = ann.open(room)
    head, epochs, plain = int(page.cursor.partition(".")[2]), [page.epoch], list(said)
    with bob.live(f"/rooms/{room}/live?since={page.cursor}") as socket:
        for n in range(HALVINGS):
            moved = (third, fourth)[n % 2]
            answer = ann.post(path(room, moved), {"after": str(first), "since": page.cursor}, HTMX)
            page = ann.open(room)
            assert page.cursor == f"{page.epoch}.{head + n + 1}", "one change each"
            plain.remove(moved)
            plain.insert(1, moved)
            assert numbers(page.html) == plain
            if page.epoch != epochs[-1]:
                assert "data-reset" in answer.text
                epochs.append(page.epoch)
            else:
                assert f'id="m-{moved}"' in answer.text
        got, code = until_closed(socket)
    assert (len(epochs), "data-reset" in got, code) == (3, True, 1012)
    assert "data-reset" in ann.get(f"/rooms/{room}/changes?since={epochs[0]}.{head}").text
    polled = ann.get(f"/rooms/{room}/changes?since={page.epoch}.0").text
    assert sorted(numbers(polled)) == sorted(said)
    later = bob.say(room, "later")
    assert order(bob, room) == [first, fourth, third, second, later] == [*plain, later]


def test_history_pages_have_each_message_once_wherever_it_was_moved(
    ann: Visitor, visit: Callable[..., Visitor], room: str
) -> None:
    said = [ann.say(room, f"words {n}") for n in range(120)]
    plain = list(said)
    for number, target in (
        (said[119], said[0]),
        (said[3], said[110]),
        (said[60], said[61]),
        (said[0], said[119]),
    ):
        assert ann.post(path(room, number), {"before": str(target)}).status_code == 303
        plain.remove(number)
        plain.insert(plain.index(target), number)
    reader = visit().enter()
    html = reader.open(room).html
    found = numbers(html)
    while match := re.search(r"\?before=([-0-9.]+)", html):
        html = reader.get(f"/rooms/{room}?before={match[1]}", HTMX).text
        found = numbers(html) + found
    assert found == plain
