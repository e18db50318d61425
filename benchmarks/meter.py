"""What processes use, read from /proc."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK")  # units of the times in /proc, a second
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024
NOISY = 0.05  # of the machine, taken by others: from here on it is told


@dataclass(slots=True)
class Used:
    """Processor seconds, user and system, while something was measured."""

    server_s: float = 0.0
    others_s: float = 0.0  # by whatever else this machine does: the noise in every other figure


def measured(server: int) -> Callable[[], Used]:
    """Begin to measure a server and its children; call what this returns at the end."""
    before, busy_before, own_before = _used_s(server), _busy_s(), sum(os.times()[:2])

    def end() -> Used:
        used_s = _used_s(server) - before
        others_s = _busy_s() - busy_before - used_s - (sum(os.times()[:2]) - own_before)
        return Used(used_s, max(0.0, others_s))

    return end


def noise(used: Used, took_s: float) -> float:
    """What others took of the whole machine, 0 to 1."""
    return min(1.0, used.others_s / took_s / (os.cpu_count() or 1))  # short runs are coarse


def memory_kib(server: int) -> float:
    """What a server and its children keep in memory."""
    sizes = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _family(server))
    return sum(sizes) * PAGE_KIB


def _used_s(server: int) -> float:
    """By the clock of each process, which knows nanoseconds; /proc counts in ticks of 10 ms."""
    return sum(time.clock_gettime(_cpu_clock(pid)) for pid in _family(server))


def _cpu_clock(pid: int) -> int:
    """The number of another process's CPU clock, as clock_getcpuclockid(3) makes it."""
    return ~pid << 3 | 2


def _busy_s() -> float:
    """All processors together: user, nice, system, interrupts."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return sum(fields[:3] + fields[5:7]) / TICKS_S


def _family(pid: int) -> Iterable[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))
