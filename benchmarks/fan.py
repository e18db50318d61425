"""Readers and senders in one thread around one epoll: says things, and checks what every reader is given.

Readers at the same place are sent the same bytes, so each chunk is looked into once and then known:
the client costs less than the server, which it must on a machine that they share.
"""

import select
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.client import ANSWER_S, Talker
from benchmarks.readers import Dialect, Reader

KNOWN_MAX = 256  # chunks remembered

Found = tuple[tuple[int, int], ...]  # the numbers of messages, and which of ours they are


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to ask: so many under way (not yet answered, or not with every reader), in bursts of so
    many, or so many a second.
    """

    under_way: int = 0
    burst: int = 0
    a_second: float = 0.0


@dataclass(slots=True)
class Seen:
    """What happened. Times in seconds."""

    took_s: float = 0.0
    answered_s: "array[float]" = field(default_factory=lambda: array("d"))
    delivered_s: "array[float]" = field(default_factory=lambda: array("d"))
    wrong: int = 0  # deliveries that were missing, doubled or out of order
    bytes: int = 0  # that readers were given


class Fan:
    """Runs of requests, each of which says something that has to come to all readers."""

    def __init__(
        self, readers: Sequence[Reader], talkers: Sequence[Talker], dialect: Dialect | None = None
    ) -> None:
        self._dialect = dialect
        self._order: dict[int, int] = {}  # numbers for what the server gives none: as it came first
        self._readers = {reader.socket.fileno(): reader for reader in readers}
        self._talkers = {talker.socket.fileno(): talker for talker in talkers}
        self._poll = select.epoll()
        for fd in (*self._readers, *self._talkers):
            self._poll.register(fd, select.EPOLLIN)
        self._known: dict[bytes, Found] = {}

    def run(self, request: Callable[[int], bytes], total: int, pace: Pace | None = None) -> Seen:
        """Ask `total` times and wait until every reader has every message, or nothing comes any more."""
        self._begin(request, total, pace or Pace())
        while self._open or self._delivered < total * len(self._readers):
            self._ask_more()
            events = self._poll.poll(self._patience())
            if not events and not self._waits:
                break
            for fd, _ in events:
                if reader := self._readers.get(fd):
                    self._receive(reader)
                else:
                    self._answer(self._talkers[fd])
        seen = self._seen
        seen.took_s = time.perf_counter() - self._began
        seen.wrong += sum(abs(total - reader.count) for reader in self._readers.values())
        return seen

    def close(self) -> None:
        """End the connections of those who talk; the readers stay."""
        self._poll.close()
        for talker in self._talkers.values():
            talker.socket.close()

    def _begin(self, request: Callable[[int], bytes], total: int, pace: Pace) -> None:
        self._request, self._total, self._pace = request, total, pace
        self._idle = list(self._talkers.values())
        self._sent_at = array("d")
        self._delivered = 0
        self._open = total  # not yet answered
        self._waits = False  # for its own next turn, not for the server
        self._seen = Seen()
        self._known.clear()
        self._order.clear()
        self._numbered = max((reader.last for reader in self._readers.values()), default=0)
        for reader in self._readers.values():
            reader.count = 0
        self._began = time.perf_counter()

    def _ask_more(self) -> None:
        while self._idle and len(self._sent_at) < self._total and self._due() <= 0:
            talker = self._idle.pop(0)
            talker.ask(self._request(len(self._sent_at)))
            self._sent_at.append(talker.asked_at)

    def _due(self) -> float:
        """In how many seconds the next request may go; endless where an answer decides."""
        sent = len(self._sent_at)
        if self._pace.a_second:
            return self._began + sent / self._pace.a_second - time.perf_counter()
        if self._pace.burst and sent % self._pace.burst == 0:
            arrived = self._delivered == sent * len(self._readers) and len(self._idle) == len(self._talkers)
            return 0.0 if arrived else float("inf")
        if self._pace.under_way and self._readers:
            under_way = sent - self._delivered // len(self._readers)
            return 0.0 if under_way < self._pace.under_way else float("inf")
        return 0.0

    def _patience(self) -> float:
        due = self._due() if self._idle and len(self._sent_at) < self._total else float("inf")
        self._waits = due < ANSWER_S
        return max(0.0, due) if self._waits else ANSWER_S  # it may have come due since it was looked at

    def _answer(self, talker: Talker) -> None:
        if talker.answered():
            self._seen.answered_s.append(time.perf_counter() - talker.asked_at)
            self._open -= 1
            self._idle.append(talker)

    def _receive(self, reader: Reader) -> None:
        now = time.perf_counter()
        if not (chunk := reader.socket.recv(1 << 16)):
            raise SystemExit("The server ended a stream.")
        self._seen.bytes += len(chunk)
        data = reader.whole(chunk)
        if (found := self._known.get(data)) is None:
            found = self._look(data)
        for number, which in found:
            self._seen.wrong += number <= reader.last
            reader.last = number
            reader.count += 1
            self._delivered += 1
            self._seen.delivered_s.append(now - self._sent_at[which])

    def _look(self, data: bytes) -> Found:
        """What a chunk says. Where the server gives no numbers, the order in which the first reader was given
        things is the one for all.
        """
        assert self._dialect
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        found = []
        for match in self._dialect.said.finditer(data):
            which = int(match[match.re.groups])
            if match.re.groups == 2:
                found.append((int(match[1]), which))
                continue
            if which not in self._order:
                self._numbered += 1
                self._order[which] = self._numbered
            found.append((self._order[which], which))
        self._known[data] = tuple(found)
        return self._known[data]
