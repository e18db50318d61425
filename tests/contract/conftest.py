"""One server for the tests of a module; each test has people and a room of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.visitor import Visitor
from tests.servers import Parley, serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parley]:
    """The program as it is shipped, alone on SQLite."""
    with serving(tmp_path_factory.mktemp("contract") / "parley") as parley:
        yield parley


@pytest.fixture
def visit(shop: Parley) -> Iterator[Callable[..., Visitor]]:
    """Makes clients of the shared server, or of the one at `url`."""
    made: list[Visitor] = []

    def make(url: str = "") -> Visitor:
        made.append(Visitor(url or shop.url))
        return made[-1]

    yield make
    for visitor in made:
        visitor.close()


@pytest.fixture
def stranger(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody who has not entered."""
    return visit()


@pytest.fixture
def ann(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody who has entered, and is in no room yet."""
    return visit().enter()


@pytest.fixture
def bob(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody else."""
    return visit().enter()


@pytest.fixture
def room(ann: Visitor) -> str:
    """A room that Ann made and is in."""
    return ann.make_room()
