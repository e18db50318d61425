"""A room's newest fragments, each thing once in its latest state, bounded in number and bytes."""

from chat.core.changes import Floor, floor_of
from chat.core.ids import Number
from chat.core.message import Notice
from chat.live.batch import Fragment

LOG_CHANGES = 500  # kept for readers that come back; more would be a reset anyway
LOG_BYTES = 1 << 20  # of rendered HTML


class Log:
    """Complete above `base`: whoever was given all up to there can be given the rest from here."""

    def __init__(self, base: Number) -> None:
        self.base = base
        self._fragments: dict[int, Fragment] = {}  # by number, in order of change; floors by -change
        self._bytes = 0

    def add(self, fragment: Fragment) -> None:
        """The next change of the room: takes the place of what its message was before."""
        floor = floor_of(fragment.of)
        for gone in [] if floor is None else [k for k, old in self._fragments.items() if _falls(old, floor)]:
            self._drop(gone)
        key = -fragment.change if isinstance(fragment.of, Floor) else fragment.number
        self._drop(key)
        self._fragments[key] = fragment
        self._bytes += len(fragment.html)
        while len(self._fragments) > LOG_CHANGES or self._bytes > LOG_BYTES:
            oldest = next(iter(self._fragments))
            self.base = self._fragments[oldest].change
            self._drop(oldest)

    def after(self, since: Number) -> list[Fragment]:
        """Everything above `since`, which must not be below `base`, in order of change."""
        found: list[Fragment] = []
        for fragment in reversed(self._fragments.values()):
            if fragment.change <= since:
                break
            found.append(fragment)
        found.reverse()
        return found

    def clear(self, base: Number) -> None:
        """Forget everything and begin at `base`."""
        self.base = base
        self._fragments.clear()
        self._bytes = 0

    def _drop(self, key: int) -> None:
        if old := self._fragments.pop(key, None):
            self._bytes -= len(old.html)


def _falls(old: Fragment, floor: Number) -> bool:
    """Whether a new floor leaves nothing to tell of this: older floors, and all below it.

    A removal stays, for a reader who is behind it has to be cut there.
    """
    removes = isinstance(old.of, Notice) and old.of.removes is not None
    return isinstance(old.of, Floor) or (old.number < floor and not removes)
