"""One server for the tests of a module, with its first administrator still to be made."""

from collections.abc import Iterator

import pytest

from tests.security.routes import Route, routes
from tests.servers import Parley, serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """The program as it is shipped, alone on SQLite."""
    with serving(tmp_path_factory.mktemp("security") / "parley") as parley:
        yield parley


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """Every route by every method."""
    return routes(tmp_path_factory.mktemp("routes"))
