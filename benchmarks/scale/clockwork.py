"""Things that wait for each other, on a clock that is as fast as they are few."""

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count

from benchmarks.scale.model import US

Then = Callable[[], None]


class Clock:
    """Calls what is due, in order."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._due: list[tuple[float, int, Then]] = []
        self._order = count()

    def after(self, wait_s: float, then: Then) -> None:
        heapq.heappush(self._due, (self.now_s + wait_s, next(self._order), then))

    def run(self) -> None:
        while self._due:
            self.now_s, _, then = heapq.heappop(self._due)
            then()


class Machine:
    """Cores, given to processes in the order in which they ask, and to those that always want one last.

    A system does the same: who wakes up goes before who computes all the time, once a slice is over.
    """

    def __init__(self, clock: Clock, cores: int) -> None:
        self.clock, self._free = clock, cores
        self._waiting: deque[Process] = deque()
        self._last: deque[Process] = deque()

    def wants(self, process: "Process") -> None:
        (self._last if process.last else self._waiting).append(process)
        self._give()

    def gets_back(self) -> None:
        self._free += 1
        self._give()

    def _give(self) -> None:
        while self._free and (waiting := self._waiting or self._last):
            self._free -= 1
            waiting.popleft().runs()


class Process:
    """Does one thing after the other, each for its microseconds of a core."""

    def __init__(self, machine: Machine, *, last: bool = False) -> None:
        self._machine, self.last = machine, last
        self._jobs: deque[tuple[float, Then]] = deque()
        self._busy = False
        self.used_s = 0.0

    def do(self, us: float, then: Then) -> None:
        self._jobs.append((us * US, then))
        if not self._busy:
            self._busy = True
            self._machine.wants(self)

    def runs(self) -> None:
        took_s, then = self._jobs.popleft()
        self.used_s += took_s
        self._machine.clock.after(took_s, lambda: self._done(then))

    def _done(self, then: Then) -> None:
        then()
        self._busy = bool(self._jobs)
        if self._busy:
            self._machine.wants(self)
        self._machine.gets_back()


class Row:
    """A room's row: who posts waits for those before."""

    def __init__(self) -> None:
        self._waiting: deque[Then] = deque()
        self._taken = False

    def take(self, then: Then) -> None:
        self._waiting.append(then)
        if not self._taken:
            self._next()

    def give_back(self) -> None:
        self._taken = False
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._taken = True
            self._waiting.popleft()()
