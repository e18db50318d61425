"""A worker for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chat.live import shown
from tests.live.fakes import turns
from tests.live.worker import Worker


@pytest_asyncio.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    monkeypatch.setattr(shown, "PEOPLE_S", 0.0)
    made = Worker()
    yield made
    made.open.close()
    await made.hub.stop()
    await turns()
