"""Work that is done to its end, though whoever asked may go away meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_running: set["asyncio.Task[Any]"] = set()


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which goes on if the caller is cancelled.

    A request is cancelled when its client goes away. Between a commit and what memory has to learn of
    it, that would leave the two apart.
    """
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return await asyncio.shield(task)
