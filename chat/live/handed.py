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

    def take(self, at: Cursor, wanted: Number) -> Replay | None:
        """Everything after `at`, if nothing is missing up to `wanted`. What is not of use is forgotten."""
        handed, self._by_since = self._by_since, {}
        changes: list[Change] = []
        head = at.number
        while (news := handed.get(head)) and news.epoch == at.epoch:
            changes += news.changes
            head = news.head
        return (
            Replay(at.epoch, at.number, head, tuple(changes)) if head >= max(wanted, at.number + 1) else None
        )
