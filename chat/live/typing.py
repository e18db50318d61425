"""Who writes something in a room right now."""

import asyncio
import contextlib
import time

from chat.core.ids import PersonId

TYPING_S = 6.0  # after the last word of it: a page says it every four while somebody writes
KNOWN_MAX = 50  # people of a room: it shows three


class Typing:
    """The people of one room who write, each until six seconds have passed or they have said it."""

    def __init__(self) -> None:
        self._until: dict[PersonId, float] = {}
        self._changed = asyncio.Event()

    def writes(self, person: PersonId) -> bool:
        """Somebody writes; whether nobody did before, and somebody has to begin to show it."""
        was_nobody = not self._until
        if person in self._until or len(self._until) < KNOWN_MAX:
            if person not in self._until:
                self._changed.set()
            self._until[person] = time.monotonic() + TYPING_S
        return was_nobody

    def said(self, person: PersonId) -> None:
        """Somebody has said it."""
        if self._until.pop(person, None) is not None:
            self._changed.set()

    def now(self) -> list[PersonId]:
        """Who writes, in the order of their beginning; everything up to here is known."""
        self._changed.clear()
        now_s = time.monotonic()
        self._until = {person: until for person, until in self._until.items() if until > now_s}
        return list(self._until)

    async def changes(self) -> None:
        """Until somebody begins, has said it, or has stopped."""
        if self._until:
            wait_s = min(self._until.values()) - time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), max(0.0, wait_s))
