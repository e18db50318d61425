"""How much one room carries: `make bench`, or `python -m benchmarks --help`.

People read the first room over websockets while a few of them post as fast as they are answered. Every
reader must be given every message once; the times are only worth reading if so. The readers run on the
same machine as the server, so compare figures of one machine with each other only.
"""

import argparse
import asyncio
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.servers import Parley

SETTLE_S = 30.0  # after the last answer; what has not come by then is missing
CURSOR = re.compile(r'id="cursor"[^>]*? value="([^"]*)"')
SAID = re.compile(r"said-(\d+)-")
TICKS_S = os.sysconf("SC_CLK_TCK")  # units of /proc/<pid>/stat a second


@dataclass(slots=True)
class Run:
    """What was seen: times in seconds on one clock, by number of the message."""

    messages: int
    sent: dict[int, float] = field(default_factory=dict)
    answered_s: list[float] = field(default_factory=list)
    delivered_s: list[float] = field(default_factory=list)
    missing: int = 0
    doubled: int = 0


async def enter(url: str, name: str) -> tuple[httpx.AsyncClient, str, str]:
    """A signed-in client, the path of the room it landed in, and the cursor of that page."""
    client = httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30)
    page = await client.post("/enter", data={"name": name})
    page.raise_for_status()
    if not (cursor := CURSOR.search(page.text)):
        raise SystemExit(f"{page.url} is not the page of a room")
    return client, page.url.path, cursor[1]


async def listen(client: httpx.AsyncClient, room: str, since: str) -> ClientConnection:
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = str(client.base_url.join(f"{room}/live")).replace("http", "ws", 1)
    return await connect(
        f"{address}?since={since}",
        additional_headers={"Cookie": cookie},
        compression=None,
        ping_interval=None,
    )


async def read(socket: ClientConnection, run: Run) -> None:
    seen: Counter[int] = Counter()
    try:
        async with asyncio.timeout(SETTLE_S + run.messages / 20):
            while len(seen) < run.messages:
                found = [int(number) for number in SAID.findall(str(await socket.recv()))]
                now = time.perf_counter()
                run.delivered_s += [now - run.sent[number] for number in found]
                seen.update(found)
    except (TimeoutError, ConnectionClosed):
        run.missing += run.messages - len(seen)
    run.doubled += seen.total() - len(seen)


async def write(client: httpx.AsyncClient, room: str, numbers: range, run: Run) -> None:
    for number in numbers:
        run.sent[number] = began = time.perf_counter()
        form = {"body": f"said-{number}- and some words about it", "nonce": f"bench-{number}"}
        answer = await client.post(f"{room}/messages", data=form, headers={"Accept": "application/json"})
        answer.raise_for_status()
        run.answered_s.append(time.perf_counter() - began)


def cpu_s(pids: list[int]) -> float:
    """User and system time of these processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_S


def times(values: list[float]) -> str:
    """Median and 99th percentile."""
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"


async def measure(parley: Parley, readers: int, writers: int, messages: int) -> Run:
    run = Run(messages)
    people = [await enter(parley.url, f"Reader {number}") for number in range(max(readers, writers))]
    sockets = await asyncio.gather(*(listen(*person) for person in people[:readers]))
    reading = [asyncio.create_task(read(socket, run)) for socket in sockets]
    used, began = cpu_s(parley.pids), time.perf_counter()
    shares = [range(number, messages, writers) for number in range(writers)]
    await asyncio.gather(
        *(write(client, room, share, run) for share, (client, room, _) in zip(shares, people, strict=False))
    )
    took = time.perf_counter() - began
    await asyncio.gather(*reading)
    used = cpu_s(parley.pids) - used
    print(f"{messages} messages by {writers}, to {readers} readers")
    print(f"  posts       {messages / took:.0f} a second, {times(run.answered_s)}")
    print(f"  deliveries  {times(run.delivered_s)}, {run.missing} missing, {run.doubled} doubled")
    print(f"  server      {used / messages * 1000:.2f} ms of CPU a message and its {readers} deliveries")
    await asyncio.gather(
        *(socket.close() for socket in sockets), *(client.aclose() for client, _, _ in people)
    )
    return run


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("--readers", type=int, default=200)
    options.add_argument("--writers", type=int, default=4)
    options.add_argument("--messages", type=int, default=1000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        parley = Parley(Path(folder))
        try:
            parley.start()
            run = asyncio.run(measure(parley, given.readers, given.writers, given.messages))
        finally:
            parley.kill()
    if run.missing or run.doubled:
        raise SystemExit("Not every reader was given every message once.")


if __name__ == "__main__":
    main()
