"""What is a person's own: unread counts, mentions, the list of rooms, who writes; live on every transport."""

import re
from collections.abc import Callable

from tests.contract.visitor import HTMX, Visitor, fragment_of, receive_until


def badge(html: str, room: str) -> str:
    """The badge of a room in what was given last, without its hidden words."""
    found = re.findall(rf'badge-{room}"[^>]*>(?:<span class="badge[^>]*>([^<]*))?', html)
    assert found, html
    return str(found[-1])


def test_unread_messages_are_counted_on_pages_and_read_by_saying_so(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    numbers = [ann.say(room, f"number {n}") for n in range(3)]
    assert badge(bob.get("/rooms").text, room) == "3"
    assert badge(ann.get("/rooms").text, room) == "", "one's own are read"
    assert bob.post(f"/rooms/{room}/read", {"number": str(numbers[1])}, HTMX).status_code == 204
    assert badge(bob.get("/rooms").text, room) == "1"
    assert bob.post(f"/rooms/{room}/read", {"number": str(numbers[0])}).status_code == 303
    assert badge(bob.get("/rooms").text, room) == "2", "back, to have it unread again"


def test_a_mention_is_shown_as_one_and_the_message_names_whom_it_means(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    page = bob.open(room)
    me = re.search(r'data-me="(u-[0-9]+)"', page.html)
    assert me
    number = ann.say(room, f"where is @{bob.name.upper()}?")
    assert badge(bob.get("/rooms").text, room) == "@1"
    assert f'data-mentions="{me[1]}"' in fragment_of(bob.open(room).html, number)
    assert f'[data-mentions~="{me[1]}"]' in bob.get(f"/me/{me[1][2:]}.css").text


def test_a_page_elsewhere_hears_of_what_is_said_and_of_new_rooms(
    ann: Visitor, bob: Visitor, room: str
) -> None:
    bob.open(room)
    with bob.live("/live") as socket:
        receive_until(socket, "#rooms-list")
        ann.say(room, "hello")
        assert badge(receive_until(socket, f"badge-{room}").partition("hx-target")[2], room) == "1"
        other = ann.make_room()
        receive_until(socket, f'href="/rooms/{other}"')  # the list of rooms
        bob.open(other)
        assert f'data-slug="{other}"' in receive_until(socket, f'data-slug="{other}"')


def test_a_room_s_frames_hold_nothing_of_a_person(ann: Visitor, bob: Visitor, room: str) -> None:
    cursor = bob.open(room).cursor
    with bob.live(f"/rooms/{room}/live?since={cursor}") as socket:
        receive_until(socket, "#rooms-list")
        ann.say(room, "hello")
        frame = receive_until(socket, 'class="msg"')
        assert "#rooms-list" not in frame


def test_a_long_poll_ends_with_what_is_new_of_a_person(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    other = bob.make_room()
    cursor = bob.open(other).cursor
    ann.say(room, "hello")
    answer = bob.get(f"/rooms/{other}/changes?wait=5&since={cursor}")
    assert badge(answer.text, room) == "1"


def test_who_writes_is_told_to_those_in_the_room(ann: Visitor, bob: Visitor, room: str) -> None:
    cursor = bob.open(room).cursor
    with bob.live(f"/rooms/{room}/live?since={cursor}") as socket:
        assert ann.post(f"/rooms/{room}/typing").status_code == 204
        assert ann.name in receive_until(socket, "data-person")
        ann.say(room, "there")
        receive_until(socket, 'hx-target="#typing" hx-swap="innerHTML"></hx-partial>')


def test_nobody_else_says_that_they_write(visit: Callable[..., Visitor], room: str) -> None:
    assert visit().post(f"/rooms/{room}/typing").status_code in (303, 401)
    assert visit().enter().post(f"/rooms/{room}/typing").status_code == 404


def test_what_came_since_the_last_visit_begins_with_a_line(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    first = ann.say(room, "old")
    bob.post(f"/rooms/{room}/read", {"number": str(first)})
    number = ann.say(room, "new")
    html = bob.open(room).html
    assert html.index(f'id="m-{first}"') < html.index('class="new-line"') < html.index(f'id="m-{number}"')
    assert 'class="new-line"' not in ann.open(room).html


def test_a_page_without_scripts_has_read_what_it_shows(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    ann.say(room, "hello")
    with bob.stream(f"/rooms/{room}/stream") as stream:
        stream.until("hello")
    assert badge(bob.get("/rooms").text, room) == ""
