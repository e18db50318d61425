"""Posts, pages and a first visit: what is measured beside deliveries."""

from collections.abc import Iterator, Sequence

from benchmarks import client, meter
from benchmarks.client import Talker
from benchmarks.delivery import times_ms
from benchmarks.fan import Fan
from benchmarks.places import ROOM, SENDERS, WORDS, Said, Size, enter, server
from benchmarks.weight import Row, first_visit
from tests.servers import Parley


def requests(size: Size) -> Iterator[Row]:
    """Pages and posts, after a bare Quart's in the same minute, and what a first visit weighs."""
    with server("benchmarks.hello:app") as hello:
        yield from _gets("bare Quart hello", hello, client.get("/"), size.pages * 2)
    with server("benchmarks.commit:app") as commit:
        bare = Fan((), [Talker(commit.port) for _ in range(SENDERS)])
        bare.run(Said("filling", ("",), _short), 50)
        yield from _posts("bare Quart post", commit, bare, ("",), size.posts)
        bare.close()
    with server("chat:app") as parley:
        people = enter(parley.port, SENDERS)
        fan = Fan((), [Talker(parley.port) for _ in people])
        fan.run(Said("filling", people, _short), 50)
        yield from first_visit(parley.port, ROOM, people[0])
        for name, encoding in (("room page", "gzip"), ("room page, not packed", "identity")):
            yield from _gets(name, parley, client.get(ROOM, people[0], encoding), size.pages)
        yield from _posts("post", parley, fan, people, size.posts)
        fan.close()


def _short(number: int) -> str:
    return f"said-{number}- {WORDS}"


def _posts(name: str, parley: Parley, fan: Fan, people: Sequence[str], count: int) -> Iterator[Row]:
    """Senders who wait for each answer, which says that the message is on the disk."""
    end = meter.measured(parley.pid)
    seen = fan.run(Said("posts", people, _short), count)
    used = end()
    p50_ms, p99_ms = times_ms(seen.answered_s)
    yield Row(f"{name}, on disk, {SENDERS} senders", f"{count / seen.took_s:.0f}", "a second")
    yield Row(name, f"{used.server_s / count * 1e6:.0f}", f"CPU µs{_warning(used, seen.took_s)}")
    yield Row(f"{name}, latency p50 / p99", f"{p50_ms:.1f} / {p99_ms:.1f}", "ms")


def _gets(name: str, served: Parley, request: bytes, count: int) -> Iterator[Row]:
    fan = Fan((), [Talker(served.port) for _ in range(4)])
    fan.run(lambda _: request, 8)
    end = meter.measured(served.pid)
    seen = fan.run(lambda _: request, count)
    used = end()
    fan.close()
    yield Row(name, f"{count / seen.took_s:.0f}", "a second")
    yield Row(name, f"{used.server_s / count * 1e6:.0f}", f"CPU µs{_warning(used, seen.took_s)}")


def _warning(used: meter.Used, took_s: float) -> str:
    """A word if the machine had other things to do."""
    share = meter.noise(used, took_s)
    return f", others took {share:.0%} of the machine" if share > meter.NOISY else ""
