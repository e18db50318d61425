"""A bug that is planted in a copy of the program is found, and called by its name."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.history import Acked
from tests.faults.http import until
from tests.faults.planted import copy_with
from tests.faults.world import World, world
from tests.servers import Cluster, Parley

Scenario = Callable[[World], Awaitable[None]]


async def repeat_posts(room: World) -> None:
    """Say each thing twice with one nonce, as after a lost answer."""
    writer = await room.member()
    for n in range(3):
        for _ in range(2):
            await room.post(writer, f"said-{n}", f"nonce-{n}")


async def be_away(room: World) -> None:
    """Come back when more has been said than fits a short replay."""
    page = await room.reader("websocket")
    await page.close()
    await room.write(60, 0.0, deaf=0.0)
    page.start()


async def stay(room: World) -> None:
    """Read while others write."""
    await room.reader("websocket")
    await room.write(10, 0.02, deaf=0.0)


async def be_killed(room: World) -> None:
    """Kill the server while messages are being acknowledged."""
    server = room.cluster.servers[0]
    writing = asyncio.create_task(room.write(30, 0.01, deaf=0.0))
    await until(lambda: any(room.history.of(Acked)), "one is acknowledged", 10)
    server.kill()
    server.start()
    await writing


PLANTED: dict[str, tuple[Scenario, str, str, list[tuple[str, str]]]] = {
    "the nonce is not asked for": (
        repeat_posts, "double-post", "actions/saying.py",
        [
            ("if said.nonce and (used := messages.repeated(tx, member.person.id, said.nonce)):",
             "if used := None:"),
            ("        messages.keep_nonce(tx, person.id, said.nonce, room.id, number, said.digest, now_ms)",
             "        pass"),
        ],
    ),
    "a replay ends after 40": (
        be_away, "skip", "store/changes.py", [(".limit(REPLAY_MAX + 1)", ".limit(40)")],
    ),
    "a hello carries the head": (
        be_away, "skip", "live/feed.py",
        [("Batch(reader.cursor, Cursor(self.epoch, reader.cursor))",
          "Batch(reader.cursor, Cursor(self.epoch, reader.member.room.head))")],
    ),
    "the newest fragment is sent again": (
        stay, "duplicate", "live/log.py", [("if fragment.change <= since:", "if fragment.change < since:")],
    ),
    "fragments leave newest first": (
        be_away, "inconsistent-order", "live/log.py", [("        found.reverse()\n", "")],
    ),
    "bells and sweep name no head": (
        stay, "unseen", "live/feed.py", [("        if head > self._wanted:", "        if head < 5:")],
    ),
    "acknowledged before the commit": (
        be_killed, "lost-write", "store/writer.py",
        [("                _attempt(connection, waiting)\n",
          "                _attempt(connection, waiting)\n"
          "                if waiting.job.__qualname__.startswith('say.'):\n"
          "                    waiting.answer.get_loop().call_soon_threadsafe(\n"
          "                        waiting.answer.set_result, waiting.result)\n"
          "                    __import__('time').sleep(0.3)\n")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED)
async def test_a_planted_bug_is_found(bug: str, start_parley: Callable[..., Parley], tmp_path: Path) -> None:
    scenario, name, file, changes = PLANTED[bug]
    copy = copy_with(tmp_path / "planted", file, *changes)
    cluster = Cluster([start_parley(PYTHONPATH=str(copy))])
    async with world(cluster) as room:
        room.settle_s = 2.0
        await scenario(room)
        assert name in await room.verdict()
