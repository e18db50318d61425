"""How fast somebody may do something: a bucket that fills steadily and is emptied by use."""

from collections.abc import Hashable

FORGET_AT = 10_000  # buckets kept before the full ones are dropped


class Buckets:
    """One bucket for each key: `burst` at once, `rate` a second after that. Times are monotonic seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: dict[Hashable, tuple[float, float]] = {}  # what is left, when it was

    def take(self, key: Hashable, now_s: float) -> float:
        """Use one; 0.0 if there was one, else the seconds until there is."""
        left, at = self._buckets.get(key, (self._burst, now_s))
        left = min(self._burst, left + (now_s - at) * self._rate)
        if left < 1.0:
            return (1.0 - left) / self._rate
        if len(self._buckets) >= FORGET_AT:
            self._forget(now_s)
        self._buckets[key] = (left - 1.0, now_s)
        return 0.0

    def _forget(self, now_s: float) -> None:
        full = [key for key, (left, at) in self._buckets.items() if left + (now_s - at) * self._rate >= self._burst]
        for key in full:
            del self._buckets[key]
