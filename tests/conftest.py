"""Servers as fixtures. A server that is missing fails the test: nothing is skipped."""

import contextlib
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.servers import Cluster, Parley, Postgres, Redis

pytest_plugins = ["tests.databases"]

CHROMIUM = "chromium-headless-shell"
CLUSTERS = ["alone", "two workers, Redis, SQLite", "two processes, Redis, PostgreSQL"]


def pytest_configure() -> None:
    """A build server ends us by SIGTERM: clean up as for Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    hypothesis.settings.register_profile("busy", deadline=None)  # a busy machine is no finding
    hypothesis.settings.load_profile("busy")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    try:
        redis.start()
        yield redis
    finally:
        redis.kill()


@pytest.fixture
def redis(redis_server: Redis) -> Redis:
    """An empty Redis, which the test may kill and start."""
    redis_server.start()
    redis_server.ask("FLUSHALL")
    return redis_server


@pytest.fixture
def redis_url(redis: Redis) -> str:
    return redis.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    postgres = Postgres()
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.remove()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Postgres:
    """A PostgreSQL that the test may crash and start."""
    postgres_server.start()
    return postgres_server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of the test's own."""
    url = postgres.database()
    yield url
    postgres.start()
    postgres.drop(url)


@pytest.fixture
def start_parley(tmp_path: Path) -> Iterator[Callable[..., Parley]]:
    """Starts the program with the options of `Parley`; several share what their settings name.

    `start=False` makes it only, for a start that is expected to fail.
    """
    with contextlib.ExitStack() as stack:
        numbers = iter(range(1, 1000))

        def make(*, start: bool = True, **options: Any) -> Parley:
            parley = Parley(tmp_path / f"parley-{next(numbers)}", **options)
            stack.callback(parley.kill)
            if start:
                parley.start()
            return parley

        yield make


@pytest.fixture
def parley(start_parley: Callable[..., Parley]) -> Parley:
    """One process, alone on SQLite."""
    return start_parley()


@pytest.fixture(params=CLUSTERS)
def cluster(request: pytest.FixtureRequest, start_parley: Callable[..., Parley]) -> Cluster:
    """The program in each of the ways that it is run."""
    if request.param == "alone":
        return Cluster([start_parley()])
    redis: Redis = request.getfixturevalue("redis")
    if request.param == "two workers, Redis, SQLite":
        return Cluster([start_parley(workers=2, REDIS_URL=redis.url)], redis)
    database: str = request.getfixturevalue("postgres_url")
    settings = {"REDIS_URL": redis.url, "DATABASE_URL": database}
    return Cluster([start_parley(**settings), start_parley(**settings)], redis, database)


@pytest.fixture(scope="session")
def chromium_path() -> str | None:
    """What Playwright is to start: the system's Chromium, or None for the one that it brought.

    The one without windows, menus and tabs of its own: the whole one takes twice the processor time.
    """
    return shutil.which(CHROMIUM)
