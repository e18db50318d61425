"""A worker for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chat.live import feed, shown
from tests.live.fakes import turns
from tests.live.worker import Worker


@pytest.fixture(autouse=True)
def nothing_is_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "GATHER_S", 0.0)


@pytest_asyncio.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setattr(shown, "PEOPLE_S", 0.0)
    made = Worker()
    yield made
    made.open.close()
    await made.hub.stop()
    await turns()
