"""A room's newest fragments, each thing once in its latest state, bounded in number and bytes."""

from chat.core.changes import Floor
from chat.core.ids import Number
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
        if isinstance(fragment.of, Floor):
            for gone in [key for key in self._fragments if 0 < key < fragment.number]:
                self._drop(gone)
            self._fragments[-fragment.change] = fragment
        else:
            self._drop(fragment.number)
            self._fragments[fragment.number] = fragment
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
