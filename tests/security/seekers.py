"""People who look for what is hidden from them, and write down every byte that they are told."""

import contextlib
import re
import socket
import threading
from urllib.parse import urlsplit

import httpx

from tests.contract.visitor import Visitor
from tests.processes import eventually


class Seeker(Visitor):
    """A visitor who remembers all answers, heads included."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.heard: list[tuple[str, bytes]] = []

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        answer = super().ask(method, path, **more)
        heads = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        self.heard.append((f"{method} {path} {more or ''}", heads + b"\n\n" + answer.content))
        return answer

    def knock(self, path: str, headers: dict[str, str]) -> bytes:
        """Ask for a stream that is refused: everything that was said."""
        ear = Ear(self.url, path, self.cookie, headers)
        eventually(lambda: ear.whole or not ear.is_alive(), f"{path} is answered")
        self.heard.append((path, bytes(ear.got)))
        return ear.close()

    def id(self) -> int:
        """The number that pages name this person by."""
        found = re.search(r'data-me="u-(\d+)"', self.get("/rooms").text)
        assert found
        return int(found[1])


class Ear(threading.Thread):
    """A connection that is listened to as it is, byte by byte, until it is closed."""

    def __init__(self, url: str, path: str, cookie: str, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.path, self.got = path, bytearray()
        place = urlsplit(url)
        lines = [f"GET {path} HTTP/1.1", f"Host: {place.netloc}", f"Cookie: {cookie}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket = socket.create_connection((place.hostname, place.port), timeout=60)
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.start()

    def run(self) -> None:
        try:
            while chunk := self._socket.recv(65_536):
                self.got += chunk
        except OSError:
            pass

    @property
    def status(self) -> int:
        """The status of the answer; 0 before there is one."""
        found = re.match(rb"HTTP/1.1 (\d+)", self.got)
        return int(found[1]) if found else 0

    def answered(self, *statuses: int) -> None:
        """Wait for the head of the answer. Raises `TimeoutError` where it is another."""
        eventually(lambda: self.status in statuses, f"{self.path} answers {statuses}, not {self.status}")

    def until(self, words: str) -> None:
        """Wait until these words have come."""
        eventually(lambda: words.encode() in self.got, f"{words!r} at {self.path}")

    @property
    def whole(self) -> bool:
        """Whether an answer that says how long it is has come to its end."""
        head, _, body = bytes(self.got).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return length is not None and len(body) >= int(length[1])

    def close(self) -> bytes:
        """Stop listening: everything that was heard."""
        with contextlib.suppress(OSError):  # the other side may have closed it
            self._socket.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self._socket.close()
        return bytes(self.got)
