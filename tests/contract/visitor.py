"""Somebody outside: a cookie jar, an address, and what every single answer must be like."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
SECURITY = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FILE = {"content-security-policy": "sandbox; default-src 'none'"}  # is no page of ours
HTMX = {"HX-Request": "true"}
TEXT = {"Accept": "text/plain"}
JSON = {"Accept": "application/json"}
PATIENCE_S = 10.0  # how long something may take on a busy machine before it counts as missing

_numbers = count(1)
_MARK = re.compile(r'<i data-mark="([0-9a-z]+)\.([0-9]+)" hidden></i>')
_FRAGMENT = re.compile(r'<li class="(?:msg|notice)".*?</li>', re.DOTALL)


def check(answer: httpx.Response) -> None:
    """What holds for every answer, whatever was asked."""
    is_file = answer.request.url.path.startswith("/files/") and answer.status_code in (200, 206, 304)
    for name, value in (SECURITY | (FILE if is_file else {})).items():
        assert answer.headers.get_list(name) == [value], f"{name} of {answer.request.url}: {answer.headers}"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "server" not in answer.headers
    assert "cache-control" in answer.headers, f"{answer.request.url} does not say whether it may be kept"
    assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.status_code}"


class Visitor:
    """A client without a person, until it `enters`. Redirects are answers, and are not followed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = ""
        self.cookie = ""
        self._client = httpx.Client(
            base_url=url, timeout=PATIENCE_S, event_hooks={"request": [self._sign], "response": [check]}
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, headers=headers)

    def post(
        self, path: str, fields: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        return self.ask("POST", path, data=fields, headers=headers, **more)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self._client.request(method, path, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookie = f"{name}={value}" if value else ""
        return answer

    def enter(self, name: str = "") -> "Visitor":
        """Go in, by a name that nobody has if none is given."""
        self.name = name or f"Visitor {next(_numbers)}"
        answer = self.post("/enter", {"name": self.name})
        assert answer.status_code == 303, answer.text
        return self

    def make_room(self, name: str = "") -> str:
        """The address part of a new room."""
        answer = self.post("/rooms", {"name": name or f"Room {next(_numbers)}"})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix("/rooms/")

    def open(self, slug: str) -> "Page":
        """The room's page; opening it is joining it."""
        answer = self.get(f"/rooms/{slug}")
        assert answer.status_code == 200, answer.text
        return Page(answer.text)

    def say(self, slug: str, body: str, **fields: str) -> int:
        """Post as a script does: the message's number."""
        answer = self.post(f"/rooms/{slug}/messages", {"body": body, **fields}, JSON)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    def send(
        self, slug: str, *files: tuple[str, bytes], headers: dict[str, str] = JSON, **fields: str
    ) -> httpx.Response:
        """The answer to a form with files, each a name and bytes."""
        parts = [("files", file) for file in files]
        return self.post(f"/rooms/{slug}/messages", {"body": "", **fields}, headers, files=parts)

    def hang(self, slug: str, *files: tuple[str, bytes], **fields: str) -> list[str]:
        """Post files: where each of them is to be read."""
        answer = self.send(slug, *files, headers=JSON, **fields)
        assert answer.status_code == 201, answer.text
        return files_in(self.get(answer.headers["location"]).text)

    def rooms(self) -> list[str]:
        """The addresses of all rooms on the page of rooms, in its order."""
        return re.findall(r'href="/rooms/([a-z0-9-]+)"', self.get("/rooms").text)

    def words(self, slug: str) -> list[str]:
        """The room's messages, oldest first, as text readers get them."""
        lines = self.get(f"/rooms/{slug}", TEXT).text.splitlines()
        return [unescaped(line.split("\t")[3]) for line in lines]

    @contextmanager
    def stream(self, path: str, headers: dict[str, str] | None = None) -> Iterator["Stream"]:
        """An answer that does not end by itself."""
        with self._client.stream("GET", path, headers=headers) as answer:
            yield Stream(answer)

    def live(self, path: str, **headers: str) -> ClientConnection:
        """A websocket."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            more["Cookie"] = self.cookie
        address = self.url.replace("http", "ws", 1) + path
        return connect(address, additional_headers=more, open_timeout=PATIENCE_S, compression=None)

    def _sign(self, request: httpx.Request) -> None:
        if self.cookie:
            request.headers["Cookie"] = self.cookie


class Page:
    """What a room's page says about itself."""

    def __init__(self, html: str) -> None:
        self.html = html

    @property
    def cursor(self) -> str:
        return self._value("cursor")

    @property
    def epoch(self) -> str:
        return self.cursor.partition(".")[0]

    @property
    def nonce(self) -> str:
        return self._value("nonce")

    def _value(self, id_: str) -> str:
        found = re.search(rf'id="{id_}"[^>]* value="([^"]*)"', self.html)
        assert found, f"the page has no {id_}"
        return found[1]


class Stream:
    """What has come over an answer that does not end, and more of it on demand."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.headers = answer.headers
        self.got = ""
        self._more = answer.iter_text()

    def until(self, words: str) -> str:
        """Everything up to now, once `words` have come. Raises `httpx.ReadTimeout`, or fails at the end."""
        while words not in self.got:
            piece = next(self._more, None)
            assert piece is not None, f"ended without {words!r}: {self.got}"
            self.got += piece
        return self.got

    def to_the_end(self) -> str:
        """Everything, once the other side has ended it."""
        self.got += "".join(self._more)
        return self.got


def receive_until(socket: ClientConnection, words: str) -> str:
    """The frames of a websocket up to and with the one that has `words`."""
    got = ""
    while words not in got:
        frame = socket.recv(timeout=PATIENCE_S)
        assert isinstance(frame, str)
        got += frame
    return got


def until_closed(socket: ClientConnection) -> tuple[str, int]:
    """Everything that came before the other side closed, and its close code."""
    got = ""
    while True:
        try:
            got += str(socket.recv(timeout=PATIENCE_S * 2))
        except ConnectionClosed as closed:
            return got, closed.rcvd.code if closed.rcvd else 0  # 0: cut without a word


def marks(html: str) -> list[int]:
    """The numbers of all marks, in order."""
    return [int(number) for _, number in _MARK.findall(html)]


def last_mark(html: str) -> str:
    """The cursor after all this."""
    return ".".join(_MARK.findall(html)[-1])


def fragments(html: str) -> list[str]:
    """Messages and notices, each as it stands there (bodies without lists only)."""
    return _FRAGMENT.findall(html)


def numbers(html: str) -> list[int]:
    """The numbers of the messages in it, in their order."""
    return [int(number) for number in re.findall(r'id="m-([0-9]+)"', html)]


def fragment_of(html: str, number: int) -> str:
    """The one message with this number."""
    found = [fragment for fragment in fragments(html) if f'id="m-{number}"' in fragment]
    assert len(found) == 1, f"{len(found)} fragments of message {number} in {html}"
    return found[0]


def files_in(html: str) -> list[str]:
    """The addresses of the files in it, each once."""
    return list(dict.fromkeys(re.findall(r'href="(/files/[^"]+)"', html)))


def unescaped(text: str) -> str:
    """What a column of a text line stands for."""
    short = {"\\\\": "\\", "\\n": "\n", "\\t": "\t", "\\r": "\r"}
    pattern = r"\\u([0-9a-f]{4})|\\[\\ntr]"
    return re.sub(pattern, lambda found: chr(int(found[1], 16)) if found[1] else short[found[0]], text)
