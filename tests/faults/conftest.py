"""Several processes at once."""

from collections.abc import Callable

import pytest

from tests.servers import Cluster, Parley, Redis

DATABASES = ["SQLite", "PostgreSQL"]


@pytest.fixture(params=DATABASES)
def two(request: pytest.FixtureRequest, start_parley: Callable[..., Parley], redis: Redis) -> Cluster:
    """Two processes on one database, with a Redis between them."""
    if request.param == "SQLite":
        first = start_parley(REDIS_URL=redis.url)
        file = first.folder / "data" / "chat.db"
        return Cluster([first, start_parley(REDIS_URL=redis.url, DATABASE_URL=f"sqlite:///{file}")], redis)
    database: str = request.getfixturevalue("postgres_url")
    settings = {"REDIS_URL": redis.url, "DATABASE_URL": database}
    return Cluster([start_parley(**settings), start_parley(**settings)], redis, database)
