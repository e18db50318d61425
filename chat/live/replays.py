"""Readings for those who are further behind than their feed remembers."""

from collections.abc import Awaitable, Callable, Sequence

from chat.core.changes import Replay
from chat.core.ids import Number, RoomId
from chat.core.problems import Unavailable
from chat.live.batch import Fragment
from chat.live.rendering import Render, rendered
from chat.live.tasks import Tasks

Read = Callable[[RoomId, Number, Number], Awaitable[Replay | None]]
Place = tuple[Number, Number]
"""Where a reader is, and above which number it sees messages."""
Found = Callable[[Place, Replay | None, Sequence[Fragment]], None]


class Replays:
    """One reading and one rendering for all who are at the same place and may see the same.

    `found` is told what there is, and nothing when the room could not be read.
    """

    def __init__(self, read: Read, render: Render, found: Found) -> None:
        self._read, self._render, self._found = read, render, found
        self._tasks = Tasks()
        self._asked: set[Place] = set()

    def ask(self, room: RoomId, slug: str, place: Place) -> None:
        """Have what comes after a place read, unless it is being read."""
        if place not in self._asked:
            self._asked.add(place)
            self._tasks.start(self._replay(room, slug, place))

    def cancel(self) -> None:
        """End."""
        self._tasks.cancel()

    async def _replay(self, room: RoomId, slug: str, place: Place) -> None:
        fragments: Sequence[Fragment] = ()
        try:
            replay = await self._read(room, *place)
            if replay and replay.whole:
                fragments = await rendered(self._render, slug, replay.changes)
        except Unavailable:
            replay = None
        finally:
            self._asked.discard(place)
        self._found(place, replay, fragments)
