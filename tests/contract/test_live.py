"""The five transports, the cursor, and fragments that are the same bytes wherever they are read."""

import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.contract.visitor import (
    HTMX,
    PATIENCE_S,
    TEXT,
    Stream,
    Visitor,
    fragment_of,
    fragments,
    last_mark,
    marks,
    numbers,
    receive_until,
    until_closed,
)
from tests.servers import Parley

HELLO_S = 5.0  # generous: a hello is sent at once, and no heartbeat would come as soon as a connection opens
BEAT_S = 10.0


def test_every_transport_says_hello_at_once_with_the_cursor_it_was_given(ann: Visitor, room: str) -> None:
    cursor = ann.open(room).cursor
    hello = f'<i data-mark="{cursor}" hidden></i>'
    with ann.live(f"/rooms/{room}/live?since={cursor}") as socket:
        assert socket.recv(timeout=HELLO_S) == hello
    with ann.stream(f"/rooms/{room}/events?since={cursor}") as events:
        assert events.until("\n\nid:").endswith("id:") or events.until(hello)
        assert f"id:{cursor}\ndata:{hello}\n\n" in events.until(f"{hello}\n\n")
    with ann.stream(f"/rooms/{room}/stream") as page:
        page.until(hello)
    assert ann.get(f"/rooms/{room}/changes?since={cursor}").text == hello


def test_connections_without_a_cursor_begin_now(ann: Visitor, room: str) -> None:
    ann.say(room, "before")
    cursor = ann.open(room).cursor
    with ann.live(f"/rooms/{room}/live") as socket:
        assert cursor in str(socket.recv(timeout=HELLO_S))
    assert last_mark(ann.get(f"/rooms/{room}/changes").text) == cursor


def test_a_message_is_the_same_bytes_over_every_transport_and_for_every_reader(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    cursor = ann.open(room).cursor
    seen: dict[str, str] = {}
    with (
        ann.live(f"/rooms/{room}/live?since={cursor}") as socket,
        bob.live(f"/rooms/{room}/live?since={cursor}") as other,
        ann.stream(f"/rooms/{room}/events?since={cursor}") as events,
        bob.stream(f"/rooms/{room}/stream") as page,
    ):
        page.until("data-mark")
        answer = ann.post(f"/rooms/{room}/messages", {"body": "plain *words*", "since": cursor}, HTMX)
        number = numbers(answer.text)[-1]
        words = f'id="m-{number}"'
        seen["post"] = answer.text
        seen["websocket"] = receive_until(socket, words)
        seen["another reader's websocket"] = receive_until(other, words)
        events.until(words)
        seen["events"] = events.until(f'{last_mark(answer.text)}" hidden></i>').replace("\ndata:", "\n")
        page.until(words)
        seen["page stream"] = page.until(last_mark(answer.text))
    seen["poll"] = ann.get(f"/rooms/{room}/changes?since={cursor}").text
    seen["page"] = bob.open(room).html
    seen["page of the message"] = bob.get(f"/rooms/{room}/messages/{number}").text
    found = {name: fragment_of(html, number) for name, html in seen.items()}
    assert len(set(found.values())) == 1, found


def test_a_fragment_says_what_it_is_and_nothing_of_its_reader(ann: Visitor, room: str) -> None:
    me = re.search(r'data-me="(u-[0-9]+)"', ann.get("/rooms").text)
    assert me
    cursor = ann.open(room).cursor
    number = ann.say(room, "words")
    fragment = fragment_of(ann.get(f"/rooms/{room}/changes?since={cursor}").text, number)
    begin = (
        f'<li class="msg" id="m-{number}" data-number="{number}" data-change="{number}" data-author="{me[1]}"'
    )
    assert fragment.startswith(begin)
    assert re.search(r' data-pos="-?[0-9]+"', fragment)
    assert "hx-swap-oob" not in fragment


def test_a_notice_is_a_numbered_fragment(ann: Visitor, bob: Visitor, room: str) -> None:
    cursor = ann.open(room).cursor
    bob.open(room)
    batch = ann.get(f"/rooms/{room}/changes?since={cursor}").text
    [notice] = fragments(batch)
    change = int(last_mark(batch).partition(".")[2])
    assert notice.startswith(
        f'<li class="notice" id="c-{change}" data-number="{change}" data-change="{change}" data-pos="'
    )


def test_numbers_rise_by_one_with_every_change(ann: Visitor, bob: Visitor, room: str) -> None:
    def head() -> int:
        return int(ann.open(room).cursor.partition(".")[2])

    first = head()
    bob.open(room)
    assert head() == first + 1, "coming in"
    number = ann.say(room, "words")
    assert number == head() == first + 2
    ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "other words"})
    assert head() == first + 3
    ann.post(f"/rooms/{room}/messages/{number}/delete")
    assert head() == first + 4
    bob.post(f"/rooms/{room}/leave")
    assert head() == first + 5


def test_every_range_is_whole_and_overlapping_ones_agree(ann: Visitor, bob: Visitor, room: str) -> None:
    page = bob.open(room)
    first = int(page.cursor.partition(".")[2])
    said = [ann.say(room, f"message {n}") for n in range(12)]
    ann.post(f"/rooms/{room}/messages/{said[3]}/edit", {"body": "edited"})
    ann.post(f"/rooms/{room}/messages/{said[5]}/delete")
    changes = {number: number for number in said} | {said[3]: said[-1] + 1, said[5]: said[-1] + 2}
    states: dict[int, set[str]] = {}
    for since in range(first, said[-1] + 3):
        batch = bob.get(f"/rooms/{room}/changes?since={page.epoch}.{since}").text
        assert marks(batch) == [said[-1] + 2]
        expected = sorted((n for n in said if changes[n] > since), key=lambda n: changes[n])
        assert numbers(batch) == expected, since
        for number in expected:
            states.setdefault(number, set()).add(fragment_of(batch, number))
    assert all(len(fragments_) == 1 for fragments_ in states.values())


def test_batches_rise_without_a_gap_while_many_people_talk(
    ann: Visitor, room: str, visit: Callable[..., Visitor]
) -> None:
    talkers = [visit().enter() for _ in range(4)]
    for talker in talkers:
        talker.open(room)
    page = ann.open(room)
    with (
        ann.live(f"/rooms/{room}/live?since={page.cursor}") as socket,
        ann.stream(f"/rooms/{room}/events?since={page.cursor}") as events,
    ):
        with ThreadPoolExecutor(4) as pool:
            said = sorted(
                n for ns in pool.map(lambda t: [t.say(room, str(i)) for i in range(25)], talkers) for n in ns
            )
        frames, at = "", page.cursor
        while not at.endswith(f".{said[-1]}"):
            frame = str(socket.recv(timeout=PATIENCE_S))
            assert marks(frame) == [int(last_mark(frame).partition(".")[2])], (
                "one mark, at the end of the frame"
            )
            assert all(number > int(at.partition(".")[2]) for number in numbers(frame))
            frames, at = frames + frame, last_mark(frame)
        events.until(f'data-mark="{page.epoch}.{said[-1]}"')
    assert numbers(frames) == said
    assert marks(frames) == sorted(marks(frames))
    assert numbers(events.got) == said
    assert numbers(ann.get(f"/rooms/{room}/changes?since={page.cursor}").text) == said


def test_a_reader_who_comes_back_gets_what_was_missed_by_every_transport(ann: Visitor, room: str) -> None:
    cursor = ann.open(room).cursor
    said = [ann.say(room, f"missed {n}") for n in range(3)]
    last = f'data-mark="{cursor.partition(".")[0]}.{said[-1]}"'
    with ann.live(f"/rooms/{room}/live?since={cursor}") as socket:
        assert numbers(receive_until(socket, last)) == said
    with ann.stream(f"/rooms/{room}/events?since={cursor}") as events:
        assert numbers(events.until(last)) == said
    with ann.stream(f"/rooms/{room}/stream?since={cursor}", TEXT) as text:
        text.until("missed 2\n")
        assert [line.split("\t")[0] for line in text.got.splitlines()] == [str(n) for n in said]
    with ann.stream(f"/rooms/{room}/stream") as page:
        assert numbers(page.until(last)) == said


@pytest.mark.parametrize("since", ["wrong.1", "{epoch}.999999"])
def test_a_cursor_that_cannot_be_is_a_reset_over_every_transport(ann: Visitor, room: str, since: str) -> None:
    cursor = since.format(epoch=ann.open(room).epoch)
    reset = "<output data-reset hidden></output>"
    with ann.live(f"/rooms/{room}/live?since={cursor}") as socket:
        assert socket.recv(timeout=HELLO_S) == reset
        assert until_closed(socket) == ("", 1012)
    with ann.stream(f"/rooms/{room}/events?since={cursor}") as events:
        assert events.to_the_end().endswith(f"data:{reset}\n\n")
        assert "\nid:" not in events.got
    assert ann.get(f"/rooms/{room}/changes?since={cursor}").text == reset
    assert ann.get(f"/rooms/{room}/changes?since={cursor}&wait=5").text == reset


def test_an_event_stream_says_how_to_come_back(ann: Visitor, room: str) -> None:
    page, pauses = ann.open(room), set()
    first, second = ann.say(room, "first"), ann.say(room, "second")
    for _ in range(4):
        last = {"Last-Event-ID": f"{page.epoch}.{first}"}
        with ann.stream(f"/rooms/{room}/events?since={page.cursor}", last) as events:
            assert events.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert events.headers["connection"] == "close"
            assert events.headers["chat-status"] == "ok"
            got = events.until(f'data-mark="{page.epoch}.{second}"')
        assert numbers(got) == [second], "Last-Event-ID wins over since"
        assert f"\nid:{page.epoch}.{second}\n" in got
        retry = re.match(r"retry:([0-9]+)\n\n", got)
        assert retry
        assert 1000 <= int(retry[1]) <= 3000
        pauses.add(retry[1])
    assert len(pauses) > 1


def test_a_poll_waits_for_a_change_and_says_that_it_is_ours(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    cursor = ann.open(room).cursor
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ann.get, f"/rooms/{room}/changes?since={cursor}&wait=9")
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            assert not waiting.done(), "a poll with nothing to say waits"
        number = bob.say(room, "words")
        answer = waiting.result(PATIENCE_S)
    assert (answer.status_code, answer.headers["chat-status"]) == (200, "ok")
    assert numbers(answer.text) == [number]
    assert marks(answer.text) == [number]
    began = time.monotonic()
    empty = ann.get(f"/rooms/{room}/changes?since={last_mark(answer.text)}&wait=1")
    assert marks(empty.text) == [number]
    assert numbers(empty.text) == []
    assert time.monotonic() - began >= 0.9 or "hx-partial" in empty.text


def test_heartbeats_come_every_ten_seconds_and_a_silent_page_is_let_go(ann: Visitor, room: str) -> None:
    """A page that has answered once must go on answering; a script that never did stays."""
    cursor = ann.open(room).cursor
    beat = f'data-mark="{cursor}"'
    with (
        ann.live(f"/rooms/{room}/live?since={cursor}") as script,
        ann.live(f"/rooms/{room}/live?since={cursor}") as silent,
        ann.stream(f"/rooms/{room}/events?since={cursor}") as events,
    ):
        silent.send("")
        times = [time.monotonic()]
        while len(times) < 4:  # the hello, then heartbeats
            if script.recv(timeout=BEAT_S + 5) == f"<i {beat} hidden></i>":
                times.append(time.monotonic())
        assert BEAT_S - 3 < times[3] - times[2] < BEAT_S + 3
        assert events.until(beat).count(beat) >= 1
        assert until_closed(silent)[1] == 1013
        assert 25 <= time.monotonic() - times[0] < 45
        number = ann.say(room, "still there?")
        receive_until(script, f'id="m-{number}"')


@pytest.mark.parametrize("sent", ["x", "<i></i>", b"", b"\x00", "x" * 2000])
def test_a_websocket_that_says_anything_is_closed(ann: Visitor, room: str, sent: str | bytes) -> None:
    with ann.live(f"/rooms/{room}/live") as socket:
        socket.send(sent)
        assert until_closed(socket)[1] == 1008


def test_a_websocket_that_answers_too_often_is_closed(ann: Visitor, room: str) -> None:
    with ann.live(f"/rooms/{room}/live") as socket:
        for _ in range(20):
            socket.send("")
        number = ann.say(room, "twenty are fine")
        receive_until(socket, f'id="m-{number}"')
        with suppress(ConnectionClosed):
            for _ in range(100):  # one at a time: what is sent after the close would cut the connection
                socket.send("")
                with suppress(TimeoutError):
                    socket.recv(timeout=0.2)
        assert until_closed(socket)[1] == 1008


def test_no_websocket_compresses(ann: Visitor, room: str) -> None:
    """A small bomb would become a large one in memory."""
    from websockets.sync.client import connect

    address = f"{ann.url.replace('http', 'ws', 1)}/rooms/{room}/live"
    with connect(address, additional_headers={"Cookie": ann.cookie}) as socket:
        assert socket.response
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_leaving_a_room_ends_its_streams_at_exactly_that_change(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    cursor = bob.open(room).cursor
    with (
        bob.live(f"/rooms/{room}/live?since={cursor}") as socket,
        bob.stream(f"/rooms/{room}/events?since={cursor}") as events,
        bob.stream(f"/rooms/{room}/stream") as page,
        bob.stream(f"/rooms/{room}/stream", TEXT) as text,
    ):
        page.until("data-mark")
        before = ann.say(room, "before")
        receive_until(socket, f'id="m-{before}"')
        bob.post(f"/rooms/{room}/leave")
        ann.say(room, "after")
        got, code = until_closed(socket)
        assert code == 1008
        assert marks(got)[-1] == before + 1
        for everything in (got, events.to_the_end(), page.to_the_end(), text.to_the_end()):
            assert "after" not in re.sub(r'="[^"]*"', "", everything)
        assert "before" in text.got


def test_signing_out_ends_every_stream_of_the_session(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    with (
        bob.live(f"/rooms/{room}/live") as socket,
        bob.live("/live") as house,
        bob.stream(f"/rooms/{room}/events") as events,
    ):
        assert bob.post("/leave").status_code == 303
        assert until_closed(socket)[1] == 1008
        assert until_closed(house)[1] == 1008
        events.to_the_end()
        ann.say(room, "after")
    assert "after" not in events.got


def test_pages_without_a_room_have_streams_too(ann: Visitor) -> None:
    with ann.live("/live") as socket:
        assert len(marks(str(socket.recv(timeout=HELLO_S)))) == 1
    with ann.stream("/events") as events:
        assert len(marks(events.until('data-mark="house.0" hidden></i>\n\n'))) == 1
    assert len(marks(ann.get("/changes").text)) == 1
    assert ann.get("/stream").status_code == 404


def test_the_list_of_people_is_a_signal_without_a_number(ann: Visitor, bob: Visitor, room: str) -> None:
    with ann.live(f"/rooms/{room}/live") as socket:
        bob.open(room)
        got = receive_until(socket, '<hx-partial hx-target="#people-in" hx-swap="innerHTML">')
        while bob.name not in got.partition("<hx-partial")[2]:
            got += receive_until(socket, "<hx-partial")
    partial = re.findall(r"<hx-partial.*?</hx-partial>", got, re.DOTALL)[-1]
    assert "data-number" not in partial
    assert "data-change" not in partial


def test_a_page_stream_ends_when_something_it_has_shown_changes(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    number = ann.say(room, "first words")
    with bob.stream(f"/rooms/{room}/stream") as page:
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        page.until("first words")
        page.until("data-mark")
        later = ann.say(room, "more words")
        page.until(f'id="m-{later}"')
        ann.post(f"/rooms/{room}/messages/{number}/edit", {"body": "second words"})
        page.to_the_end()
    assert "second words" not in page.got
    with bob.stream(f"/rooms/{room}/stream") as page:
        page.until("data-mark")
        assert "second words" in page.got
        assert "first words" not in page.got


def test_a_text_stream_begins_with_the_transcript_and_goes_on(ann: Visitor, room: str) -> None:
    first = ann.say(room, "said before")
    with ann.stream(f"/rooms/{room}/stream", TEXT) as text:
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        text.until("said before\n")
        second = ann.say(room, "two\nlines,\ta tab, a \\ and a bell \x07.")
        edited = ann.post(f"/rooms/{room}/messages/{first}/edit", {"body": "edited"})
        assert edited.status_code == 303
        third = ann.say(room, "last")
        text.until("last\n")
    lines = [line.split("\t") for line in text.got.splitlines()]
    assert [line[0] for line in lines] == [str(first), str(second), str(third)]
    assert lines[1][2:] == [ann.name, "two\\nlines,\\ta tab, a \\\\ and a bell \\u0007."]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines[1][1])


def test_a_stream_ends_in_order_when_the_program_stops(
    visit: Callable[..., Visitor], start_parley: Callable[..., Parley]
) -> None:
    parley = start_parley()
    ann = visit(parley.url).enter()
    room = ann.make_room()
    cursor = ann.open(room).cursor
    with (
        ann.live(f"/rooms/{room}/live?since={cursor}") as socket,
        ann.stream(f"/rooms/{room}/events?since={cursor}") as events,
        ann.stream(f"/rooms/{room}/stream", TEXT) as text,
    ):
        number = ann.say(room, "last words")
        assert parley._process
        parley._process.send_signal(signal.SIGTERM)
        got, code = until_closed(socket)
        assert code == 1012
        assert numbers(got) == [number]
        assert numbers(events.to_the_end()) == [number]
        assert "last words" in text.to_the_end()
    assert parley.wait() == 0


def test_two_streams_of_one_page_may_overlap(ann: Visitor, room: str) -> None:
    """What a page gets twice has the same bytes and number, so that it can drop it."""
    page = ann.open(room)
    with ann.live(f"/rooms/{room}/live?since={page.cursor}") as one:
        first = ann.say(room, "one")
        got: str = receive_until(one, f'data-mark="{page.epoch}.{first}"')
        with ann.stream(f"/rooms/{room}/events?since={page.cursor}") as two:
            again: Stream = two
            again.until(f'data-mark="{page.epoch}.{first}"')
            assert fragment_of(again.got.replace("\ndata:", "\n"), first) == fragment_of(got, first)
