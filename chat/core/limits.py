"""How fast somebody may do something: a bucket that fills steadily and is emptied by use."""

from collections.abc import Hashable

FORGET_AT = 10_000  # buckets kept before the full ones are dropped


class Bucket:
    """`burst` at once, `rate` a second after that. Times are monotonic seconds."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now_s

    def take(self, now_s: float) -> float:
        """Use one; 0.0 if there was one, else the seconds until there is."""
        left = self._level(now_s)
        if left < 1.0:
            return (1.0 - left) / self._rate
        self._left, self._at = left - 1.0, now_s
        return 0.0

    def full(self, now_s: float) -> bool:
        """Whether nothing is in use, so that the bucket may be forgotten."""
        return self._level(now_s) >= self._burst

    def _level(self, now_s: float) -> float:
        return min(self._burst, self._left + (now_s - self._at) * self._rate)


class Buckets:
    """A bucket for each key. Threads may share them: the worst is that one use is not counted."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: dict[Hashable, Bucket] = {}

    def take(self, key: Hashable, now_s: float) -> float:
        """Use one of the key's; 0.0 if there was one, else the seconds until there is."""
        if (bucket := self._buckets.get(key)) is None:
            if len(self._buckets) >= FORGET_AT:
                self._buckets = {k: b for k, b in list(self._buckets.items()) if not b.full(now_s)}
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now_s)
        return bucket.take(now_s)
