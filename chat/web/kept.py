"""What was rendered lately, by what it was rendered from; never more than so many bytes."""

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

ENTRY_COST = 1_024  # bytes of an entry beside its value: the key and all that it holds


class Kept(Generic[V]):
    """The values used last. `peek` may be called from any thread, everything else from one."""

    def __init__(self, most: int) -> None:
        self._most = most  # bytes
        self._values: dict[Hashable, tuple[V, int]] = {}
        self._size = 0

    def peek(self, key: Hashable) -> V | None:
        """The value, if it is kept."""
        found = self._values.get(key)
        return found[0] if found else None

    def get(self, key: Hashable) -> V | None:
        """The same; it is kept for longer now."""
        if (found := self._values.pop(key, None)) is None:
            return None
        self._values[key] = found
        return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value of so many bytes; those that were used least lately go."""
        self.drop(key)
        self._values[key] = value, size + ENTRY_COST
        self._size += size + ENTRY_COST
        while self._size > self._most:
            self.drop(next(iter(self._values)))

    def drop(self, key: Hashable) -> None:
        """Keep it no more."""
        self._size -= self._values.pop(key, (None, 0))[1]
