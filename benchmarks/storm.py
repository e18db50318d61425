"""Everybody comes at once, as after a restart: what each costs and weighs, and how long all else waits."""

import select
import time
from collections.abc import Iterator, Sequence

from benchmarks import client, meter, places
from benchmarks.client import Talker
from benchmarks.delivery import times_ms
from benchmarks.fan import Fan, Pace
from benchmarks.places import SENDERS, SSE, WEBSOCKET, Place, Size
from benchmarks.readers import Reader
from benchmarks.weight import Row

UNDER_WAY = 64  # connections being opened at any time
PROBE_S = 0.01  # between two requests of somebody who has nothing to do with it
REQUESTS_MAX = 500  # over one connection, of which Hypercorn ends the thousandth
SETTLE_S = 6.0  # the list of people of a crowd comes after five
PACED = Pace(a_second=10.0)


def storm(size: Size) -> Iterator[Row]:
    """Raises `SystemExit` if a message is missing, doubled or in disorder afterwards."""
    for kind in (WEBSOCKET, SSE):
        with places.ours(kind, size) as place:
            yield from _storm(kind, place, size)


def _storm(kind: str, place: Place, size: Size) -> Iterator[Row]:
    before, asking = meter.memory_kib(place.pid), place.streams()
    end = meter.measured(place.pid)
    rush = Rush(place)
    readers = rush.open(asking)
    used = end()
    rush.settle(SETTLE_S)
    grown = meter.memory_kib(place.pid) - before
    fan = Fan(readers, [Talker(place.port) for _ in range(SENDERS)], place.dialect)
    seen = fan.run(place.said("storm"), size.paced, PACED)
    fan.close()
    if seen.wrong:
        raise SystemExit(f"{kind}: {seen.wrong} deliveries were missing, doubled or in disorder")
    name = f"{size.readers:,} {kind}s at once"
    noise = meter.noise(used, rush.took_s)
    p50_ms, p99_ms = times_ms(rush.waited_s)
    yield Row(f"{name}: each", used.server_s / size.readers * 1e6, "CPU µs", noise)
    yield Row(f"{name}: a second", size.readers / rush.took_s, "", noise)
    yield Row(f"{name}: longest wait of another request", max(rush.waited_s) * 1e3, "ms", noise)
    yield Row(f"{name}: the same, p50", p50_ms, "ms", noise)
    yield Row(f"{name}: the same, p99", p99_ms, "ms", noise)
    yield Row(f"{name}: idle", grown / size.readers, "KiB each")


class Rush:
    """Opens streams, many at a time, and asks for something else all the while."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._poll = select.epoll()
        self._other = self._somebody()
        self._asked = False
        self._opening: dict[int, Reader] = {}
        self._open: dict[int, Reader] = {}
        self.waited_s: list[float] = []  # by the other requests for their answers
        self.took_s = 0.0

    def open(self, requests: Sequence[bytes]) -> list[Reader]:
        """A stream by each request, once all are open."""
        began, left = time.perf_counter(), list(reversed(requests))
        while left or self._opening:
            while left and len(self._opening) < UNDER_WAY:
                reader = Reader(self._place.port, left.pop(), self._place.dialect)
                self._opening[reader.socket.fileno()] = reader
                self._poll.register(reader.socket, select.EPOLLIN)
            self._turn()
        self.took_s = time.perf_counter() - began
        return list(self._open.values())

    def settle(self, for_s: float) -> None:
        """Read what comes for a while, and go on asking."""
        until = time.perf_counter() + for_s
        while time.perf_counter() < until:
            self._turn()
        self._poll.close()
        self._other.socket.close()

    def _somebody(self) -> Talker:
        talker = Talker(self._place.port)
        self._poll.register(talker.socket, select.EPOLLIN)
        return talker

    def _turn(self) -> None:
        if not self._asked and time.perf_counter() - self._other.asked_at >= PROBE_S:
            self._other.ask(client.get("/health"))
            self._asked = True
        for fd, _ in self._poll.poll(PROBE_S):
            if reader := self._open.get(fd):
                reader.whole(reader.socket.recv(1 << 18))
            elif reader := self._opening.get(fd):
                if reader.opened(reader.socket.recv(1 << 16)):
                    self._open[fd] = self._opening.pop(fd)
            elif self._other.answered():
                self.waited_s.append(time.perf_counter() - self._other.asked_at)
                self._asked = False
                if len(self.waited_s) % REQUESTS_MAX == 0:
                    self._other.socket.close()
                    self._other = self._somebody()
