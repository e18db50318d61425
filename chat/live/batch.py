"""What a reader is given at once: a complete range of changes, and how it is put on a wire."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from chat.core.changes import Change, Cursor, floor_of, visible
from chat.core.ids import Number, PersonId
from chat.core.message import Notice


class End(Enum):
    """Why a reader is let go; the value is the websocket's close code (RFC 6455, 7.4)."""

    RESTART = 1012  # this process stops: come back
    SLOW = 1013  # what was written did not drain: come back later
    DENIED = 1008  # may no longer read this: do not come back


@dataclass(frozen=True, slots=True)
class Fragment:
    """One change in its present state, rendered once: for pages as HTML, for text readers as a line."""

    of: Change
    html: bytes
    line: bytes  # empty for what is not a message

    @property
    def number(self) -> Number:
        return self.of.number

    @property
    def change(self) -> Number:
        return self.of.change


class Batch:
    """The range (since, mark] of what a reader may see, encoded once for each kind of wire.

    Shared by all readers at `since` who may see the same; `signals` is passing state without a
    number, complete up to the version `signalled`. A batch without fragments is a hello or a heartbeat.
    """

    __slots__ = ("_encoded", "fragments", "mark", "removals", "reset", "signalled", "signals", "since")

    def __init__(
        self, since: Number, mark: Cursor, fragments: Sequence[Fragment] = (), signals: bytes = b"", *,
        signalled: int = -1, reset: bool = False,
    ) -> None:  # fmt: skip
        self.since = since
        self.mark = mark
        self.fragments = fragments
        self.signals = signals
        self.signalled = signalled
        self.reset = reset
        self.removals = _removals(fragments)
        self._encoded: dict[Callable[[Batch], bytes], bytes] = {}

    def encoded(self, encoder: Callable[["Batch"], bytes]) -> bytes:
        """The batch as bytes for one kind of wire, made the first time it is asked for."""
        if (found := self._encoded.get(encoder)) is None:
            found = self._encoded[encoder] = encoder(self)
        return found

    def removal(self, person: PersonId, joined: Number) -> Number | None:
        """The change in this range that ends the membership which the change `joined` began."""
        return next((at for who, at in self.removals if who == person and at > joined), None)

    def cut(self, at: Number) -> "Batch":
        """The part up to and with the change `at`: what somebody removed by it still gets."""
        kept = [fragment for fragment in self.fragments if fragment.change <= at]
        return Batch(self.since, Cursor(self.mark.epoch, at), kept)

    def touches_older(self) -> bool:
        """Whether something that was given before has changed or gone, which only a new page can show."""
        return any(floor_of(f.of) is not None or f.number <= self.since for f in self.fragments)


def reset(cursor: Cursor) -> Batch:
    """What a reader is given who is too far behind: its page loads again."""
    return Batch(cursor.number, cursor, reset=True)


class Round:
    """One delivery: readers at the same place who may see the same share one batch.

    Most readers of a room differ in what they may see only below the range that is delivered; they
    are told apart only where it matters.
    """

    def __init__(
        self,
        epoch: str,
        head: Number,
        after: Callable[[Number], list[Fragment]],
        signals: Callable[[int], bytes],
        signalled: int,
    ) -> None:
        self._epoch, self._head = epoch, head
        self._after, self._signals, self._signalled = after, signals, signalled
        self._ranges: dict[Number, tuple[list[Fragment], Number]] = {}
        self._batches: dict[tuple[Number, int, Number], Batch] = {}

    def batch(self, since: Number, signalled: int, visible_from: Number) -> Batch:
        """What a reader at `since` gets who sees messages above `visible_from`."""
        if (batch := self._batches.get((since, signalled, visible_from))) is None:
            batch = self._batches[since, signalled, visible_from] = self._shared(
                since, signalled, visible_from
            )
        return batch

    def _shared(self, since: Number, signalled: int, visible_from: Number) -> Batch:
        if (found := self._ranges.get(since)) is None:
            fragments = self._after(since)
            found = self._ranges[since] = fragments, min((f.number for f in fragments), default=since)
        fragments, lowest = found
        key = (since, signalled, visible_from if visible_from >= lowest else Number(0))
        if (batch := self._batches.get(key)) is None:
            seen = [f for f in fragments if visible(f.of, key[2])]
            mark = Cursor(self._epoch, max(self._head, since))
            signals = self._signals(signalled)
            batch = self._batches[key] = Batch(since, mark, seen, signals, signalled=self._signalled)
        return batch


def _removals(fragments: Iterable[Fragment]) -> list[tuple[PersonId, Number]]:
    """Who stops being a member in this range, and with which change, in order."""
    return [
        (fragment.of.removes, fragment.change)
        for fragment in fragments
        if isinstance(fragment.of, Notice) and fragment.of.removes is not None
    ]
