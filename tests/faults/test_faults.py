"""Every acknowledged message, once, in order, to everybody: whatever is killed, cut or restarted."""

import asyncio
from collections.abc import Callable

from tests.faults.history import Acked, Failed
from tests.faults.world import world
from tests.servers import Cluster, Parley


async def restarts(*servers: Parley, pause_s: float = 1.0) -> None:
    """SIGKILL, SIGTERM, SIGKILL, SIGTERM, one server after the other."""
    for how in (Parley.kill, Parley.stop, Parley.kill, Parley.stop):
        for server in servers:
            await asyncio.sleep(pause_s)
            await asyncio.to_thread(how, server)
            await asyncio.to_thread(server.start)


async def test_one_process_on_sqlite_keeps_its_promise_under_cuts_and_restarts(
    start_parley: Callable[..., Parley],
) -> None:
    cluster = Cluster([start_parley()])
    async with world(cluster) as room:
        await room.readers(2)
        await asyncio.gather(room.write(400), room.cuts(10, 1.0), restarts(*cluster.servers))
        assert sum(1 for _ in room.history.of(Acked)) >= 400
        assert any(room.history.of(Failed)), "no fault was met"
        assert await room.verdict() == {}
