"""When to look for memory that refers to itself in a circle: not while everybody is connecting.

Each connection is some 130 objects, and a closed one leaves 37 of them, 12 KiB, in a circle that only a full
collection finds. By itself Python collects fully whenever a quarter has been added: while 5,000 come back
after a restart that is ten times, the last ones half a second long, and nothing is found. So young objects
are looked through often and a few at a time, and all of them only when there are more than the readers
account for.
"""

import gc
from collections.abc import Callable

from chat.live.tasks import Tasks, every

LOOK_S = 30.0  # between two counts, which take 1 ms for 1,000 readers
YOUNG = 10_000  # new objects a look through them: about 5 ms
YOUNG_LOOKS = 5  # of which the survivors of so many are looked through once more: 30 ms
NEVER = 1 << 30
SPARE = 50_000  # objects beyond those of readers: what 1,300 closed connections leave, 16 MiB
OF_READER = 160  # objects
GROWN = 1.25  # at least so many times what was left by the last full collection


class Garbage:
    """Collects in place of Python's own rule. `readers` tells how many there are."""

    def __init__(self, readers: Callable[[], int]) -> None:
        self._readers = readers
        self._left = 0  # objects, after the last full collection
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin: what is loaded by now stays, and is never looked through."""
        gc.freeze()
        gc.set_threshold(YOUNG, YOUNG_LOOKS, NEVER)
        self._tasks.start(every(LOOK_S, self.look))

    def stop(self) -> None:
        """End."""
        self._tasks.cancel()

    def allowed(self) -> int:
        """How many old objects there may be."""
        return max(SPARE + OF_READER * self._readers(), int(GROWN * self._left))

    async def look(self) -> None:
        """Collect fully if there are more."""
        if _old() > self.allowed():
            gc.collect()
            self._left = _old()


def _old() -> int:
    return len(gc.get_objects(generation=2))
