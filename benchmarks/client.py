"""People and connections, on bare sockets: a client must cost less than the server it measures."""

import http.client
import re
import socket
import time
from urllib.parse import urlencode

CURSOR = re.compile(r'id="cursor"[^>]*? value="([^"]*)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ANSWER_S = 30.0  # for anything that is waited for


class Doorman:
    """Lets people in, one after the other, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)

    def enter(self, name: str, room: str) -> str:
        """Enter by name and join the room as scripts do, which costs less than its page: the cookie."""
        form = urlencode({"name": name})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/enter", form, headers)
        answer = self._connection.getresponse()
        answer.read()
        if not (cookie := (answer.getheader("Set-Cookie") or "").partition(";")[0]):
            raise SystemExit(f"{name} was not let in: {answer.status}")
        self.get(room, cookie, Accept="text/plain")
        return cookie

    def make(self, name: str, cookie: str) -> str:
        """Make a room: its path."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        self._connection.request("POST", "/rooms", urlencode({"name": name}), headers)
        answer = self._connection.getresponse()
        answer.read()
        if not (path := answer.getheader("Location")):
            raise SystemExit(f"The room {name} was not made: {answer.status}")
        return path

    def cursor(self, room: str, cookie: str) -> str:
        """Where the room is now, as its page says."""
        if not (found := CURSOR.search(self.get(room, cookie).decode())):
            raise SystemExit(f"{room} is not the page of a room")
        return found[1]

    def get(self, path: str, cookie: str, **headers: str) -> bytes:
        """The body as it was sent. Raises `SystemExit` if it is not what was asked for."""
        self._connection.request("GET", path, headers={"Cookie": cookie} | headers)
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        return answer.read()


class Talker:
    """A connection that stays: one request under way at a time."""

    __slots__ = ("_answer", "asked_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self.asked_at = 0.0

    def ask(self, request: bytes) -> None:
        self._answer = b""
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what has come; whether that is the whole answer. Raises `SystemExit` if it is an error."""
        if not (chunk := self.socket.recv(1 << 18)):
            raise SystemExit(f"The server closed a connection: {self._answer[:200]!r}")
        self._answer += chunk
        head, found, body = self._answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head) if found else None
        if not length or len(body) < int(length[1]):
            return False
        if head[9:10] != b"2":
            raise SystemExit(f"An error was answered: {self._answer[:400]!r}")
        return True


def get(path: str, cookie: str = "", encoding: str = "identity") -> bytes:
    """A request for a page."""
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: {encoding}\r\nCookie: {cookie}\r\n"
    return f"{head}\r\n".encode()


def post(room: str, cookie: str, text: str, nonce: str) -> bytes:
    """A request that says something in a room."""
    form = urlencode({"body": text, "nonce": nonce})
    return (
        f"POST {room}/messages HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nCookie: {cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    ).encode()


def stream(path: str, *, websocket: bool, cookie: str = "") -> bytes:
    """A request for a stream: a websocket, or events."""
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\n"
    if cookie:
        head += f"Cookie: {cookie}\r\n"
    if websocket:
        head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    else:
        head += "Accept: text/event-stream\r\n"
    return f"{head}\r\n".encode()


def plain_post(path: str, text: str) -> bytes:
    """A request with nothing but its text."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode()
