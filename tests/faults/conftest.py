"""Several processes at once."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import Cluster, Parley, Postgres, Redis

DATABASES = ["SQLite", "PostgreSQL"]


@pytest.fixture(scope="module", params=DATABASES)
def pair(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: Redis,
    postgres_server: Postgres,
) -> Iterator[Cluster]:
    """Two processes on one database, with a Redis between them, for all tests of a module."""
    folder = tmp_path_factory.mktemp("pair")
    with contextlib.ExitStack() as stack:
        redis_server.start()
        settings: dict[str, Any] = {"REDIS_URL": redis_server.url}
        database = None
        if request.param == "PostgreSQL":
            database = settings["DATABASE_URL"] = postgres_server.database()
            stack.callback(postgres_server.drop, database)
        first = stack.enter_context(_running(Parley(folder / "one", **settings)))
        settings = {"DATABASE_URL": f"sqlite:///{first.folder / 'data' / 'chat.db'}"} | settings
        other = stack.enter_context(_running(Parley(folder / "other", **settings)))
        yield Cluster([first, other], redis_server, database)


@pytest.fixture
def two(pair: Cluster, redis: Redis) -> Cluster:
    """The same, running, whatever was stopped. Each test makes rooms and people of its own."""
    for server in pair.servers:
        server.start()
    return pair


@contextlib.contextmanager
def _running(parley: Parley) -> Iterator[Parley]:
    try:
        parley.start()
        yield parley
    finally:
        parley.kill()
