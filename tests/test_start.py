"""The program starts in each of the ways that it is run."""

import httpx

from tests.servers import Cluster, Parley


async def test_every_way_of_running_it_answers_health(cluster: Cluster) -> None:
    async with httpx.AsyncClient() as client:
        for url in cluster.urls:
            answer = await client.get(f"{url}/health")
            assert (answer.status_code, answer.text.strip()) == (200, "OK")


def test_two_workers_serve_as_two_processes(cluster: Cluster) -> None:
    serving = [pid for server in cluster.servers for pid in server.pids]
    assert len(serving) == (1 if cluster.redis is None else 2)


def test_it_stops_in_order_and_starts_again_where_it_was(parley: Parley) -> None:
    url = parley.url
    assert parley.stop() == 0
    parley.start()
    assert httpx.get(f"{url}/health").status_code == 200
