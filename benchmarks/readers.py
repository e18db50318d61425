"""Streams that are read: websockets and events, in one thread around one epoll."""

import re
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.client import ANSWER_S


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the streams of a server look."""

    said: re.Pattern[bytes]  # a message of ours: its number, if the server gives it one, and which it is
    mark: bytes  # ends every batch
    ready: bytes  # has come when a stream is open


class Reader:
    """One stream. `last` is the number of the newest message it was given."""

    __slots__ = ("_dialect", "_rest", "count", "last", "socket")

    def __init__(self, port: int, request: bytes, dialect: Dialect) -> None:
        self._dialect = dialect
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        self.socket.sendall(request)
        self._rest = b""
        self.last = self.count = 0

    def hello(self) -> None:
        """Wait until the stream is open. Raises `SystemExit` if something else comes."""
        while not self.opened(self.socket.recv(1 << 16)):
            pass

    def opened(self, chunk: bytes) -> bool:
        """Whether the stream is open with what has just come. Raises `SystemExit` if it has ended."""
        if not chunk:
            raise SystemExit(f"A stream was refused: {self._rest[:400]!r}")
        self._rest += chunk
        if self._dialect.ready not in self._rest:
            return False
        self._rest = b""
        return True

    def whole(self, chunk: bytes) -> bytes:
        """All complete batches so far, most often just the chunk; the rest is kept."""
        data = self._rest + chunk if self._rest else chunk
        mark = self._dialect.mark
        found = data.rfind(mark)
        end = found + len(mark) if found >= 0 else 0
        self._rest = data[end:] if len(data) - end > 4 else b""  # less is the end of a chunk or event
        return data if not self._rest else data[:end]


def connect(port: int, requests: Sequence[bytes], dialect: Dialect, settle_s: float) -> list[Reader]:
    """Open a stream by each request. All are read meanwhile, as pages do: they hear of each other.

    Comes back when all are open and nothing more came for `settle_s`.
    """
    readers: list[Reader] = []
    with select.epoll() as poll:
        by_fd: dict[int, Reader] = {}
        for request in requests:
            reader = Reader(port, request, dialect)
            reader.hello()
            readers.append(reader)
            by_fd[reader.socket.fileno()] = reader
            poll.register(reader.socket, select.EPOLLIN)
            _drain(poll, by_fd, 0)
        _drain(poll, by_fd, settle_s)
    return readers


def _drain(poll: select.epoll, readers: dict[int, Reader], quiet_s: float) -> None:
    until = time.perf_counter() + ANSWER_S
    while (events := poll.poll(quiet_s)) and time.perf_counter() < until:
        for fd, _ in events:
            if not (chunk := readers[fd].socket.recv(1 << 18)):
                raise SystemExit("The server ended a stream.")
            readers[fd].whole(chunk)
