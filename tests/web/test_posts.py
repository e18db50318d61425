"""The short way answers what it can, and leaves everything else as it came."""

import asyncio
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chat.core.problems import Invalid
from chat.web import posts
from chat.web.asgi import Connection, Event
from chat.web.assets import Assets
from chat.web.pages import Pages
from chat.web.posts import Posts, raise_refusal
from chat.web.render import Renderer
from tests.actions.conftest import House, house  # noqa: F401

ROOT = Path(__file__).parents[2]
FORM = b"application/x-www-form-urlencoded"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """One database is enough: what differs between them is not here."""
    return sqlite_url


class Request:
    """A request whose body comes in parts, and what was answered."""

    def __init__(
        self, token: str, *parts: bytes, path: str = "/rooms/lobby/messages", kind: bytes = FORM
    ) -> None:
        self.coming: list[Event] = [
            {"type": "http.request", "body": part, "more_body": at < len(parts)}
            for at, part in enumerate(parts, 1)
        ]
        self.sent: list[Event] = []
        headers = [
            (b"accept", b"application/json"),
            (b"content-type", kind),
            (b"cookie", f"parley={token}".encode()),
            (b"content-length", str(sum(map(len, parts))).encode()),
        ]
        self.scope = {"type": "http", "method": "POST", "scheme": "http", "path": path, "headers": headers}
        self.connection = Connection(self.scope, self.receive, self.send, [(b"x-safe", b"yes")])

    async def receive(self) -> Event:
        return self.coming.pop(0) if self.coming else await asyncio.Future()

    async def send(self, event: Event) -> None:
        self.sent.append(event)


@pytest.fixture
def short_way(house: House) -> Posts:  # noqa: F811
    pages = Pages(house.services, Renderer(Assets.load(ROOT / "static"), "Parley"))
    return Posts(house.services, pages, "", 1_000)


async def test_a_plain_post_is_answered_here(house: House, short_way: Posts) -> None:  # noqa: F811
    ann, _, token = await house.guest("Ann")
    member = await house.member(ann)
    request = Request(token, b"body=he", b"llo", b"")
    assert await short_way.take(request.connection) is None
    assert [event.get("status") for event in request.sent] == [201, None]
    assert (b"x-safe", b"yes") in request.sent[0]["headers"]
    assert await house.bodies(member) == ["hello"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/rooms/lobby/messages/1/edit"},
        {"path": "/rooms/L%20/messages"},
        {"kind": FORM + b"; charset=x"},
        {"kind": b"multipart/form-data; boundary=x"},
        {"long": True},
    ],
)
async def test_anything_else_is_left_as_it_came(
    house: House,  # noqa: F811
    short_way: Posts,
    other: dict[str, object],
) -> None:
    ann, _, token = await house.guest("Ann")
    member = await house.member(ann)
    body = urlencode({"body": "x" * (1_000 if other.pop("long", False) else 10)}).encode()
    request = Request(token, body[:5], body[5:], **other)  # type: ignore[arg-type]
    receive = await short_way.take(request.connection)
    assert receive
    assert b"".join([(await receive())["body"] for _ in range(2)]) == body
    assert request.sent == []
    assert await house.bodies(member) == []


async def test_a_form_that_is_long_in_coming_is_left_to_where_there_are_limits(
    house: House,  # noqa: F811
    short_way: Posts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(posts, "HEARD_S", 0.001)
    _, _, token = await house.guest("Ann")
    request = Request(token, b"body=he", b"llo")
    late = request.coming.pop()
    receive = await short_way.take(request.connection)
    assert receive
    request.coming.append(late)
    assert [(await receive())["body"] for _ in range(2)] == [b"body=he", b"llo"]


async def test_a_refusal_goes_along_so_that_nothing_is_tried_twice(house: House, short_way: Posts) -> None:  # noqa: F811
    ann, _, token = await house.guest("Ann")
    await house.member(ann)
    request = Request(token, b"body=")
    receive = await short_way.take(request.connection)
    assert receive
    assert (await receive())["body"] == b"body="
    with pytest.raises(Invalid, match="Write something first"):
        raise_refusal(request.scope)


async def test_so_does_what_should_never_happen(house: House, short_way: Posts) -> None:  # noqa: F811
    _, _, token = await house.guest("Ann")
    house.services.body_max = None  # type: ignore[assignment]
    request = Request(token, b"body=hello")
    assert await short_way.take(request.connection)
    assert request.sent == []
    with pytest.raises(TypeError):
        raise_refusal(request.scope)
