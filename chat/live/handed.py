"""Changes that were handed in with the bell by who wrote them: nobody need read what is known."""

from chat.core.changes import REPLAY_MAX, Change, Cursor, Replay
from chat.core.ids import Number


class Handed:
    """The newest of a room, until the feed asks for them."""

    def __init__(self) -> None:
        self._by_since: dict[Number, Replay] = {}

    def keep(self, news: Replay) -> None:
        """Keep some, unless more was handed in than a feed would deliver at once."""
        if len(self._by_since) < REPLAY_MAX:
            self._by_since[news.since] = news

    def after(self, at: Cursor) -> Replay:
        """What follows `at` with nothing missing in between, which may be nothing."""
        changes: list[Change] = []
        head = at.number
        while (news := self._by_since.get(head)) and news.epoch == at.epoch:
            changes += news.changes
            head = news.head
        return Replay(at.epoch, at.number, head, tuple(changes))

    def take(self, at: Cursor, wanted: Number) -> Replay | None:
        """Everything after `at`, if nothing is missing up to `wanted`. What is not of use is forgotten."""
        found, self._by_since = self.after(at), {}
        return found if found.head >= max(wanted, at.number + 1) else None
