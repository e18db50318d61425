"""Tasks that live as long as something: their errors are logged, none is forgotten while it runs."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from chat.core.problems import Unavailable

log = logging.getLogger("parley.tasks")


class Tasks:
    """A set of running tasks that can be ended together."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` until it ends or `cancel` is called."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel(self) -> None:
        """End everything that still runs."""
        for task in self._running:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a task ended with an error", exc_info=error)


async def every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` again and again with `seconds` between; an error is logged and does not end it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Unavailable:
            pass  # the store is away: the next turn tries again, and requests say so meanwhile
        except Exception:
            log.exception("periodic work failed")


async def forever(pause_s: float, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work`, which is a loop of its own, again after a pause whenever an error has ended it."""
    while True:
        try:
            await work()
        except Unavailable:
            pass
        except Exception:
            log.exception("a loop ended and begins again")
        await asyncio.sleep(pause_s)


async def quietly(work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` once; if the store is away, leave it to the sweep."""
    with contextlib.suppress(Unavailable):
        await work()
