"""What happened, as seen from outside: everything asked, answered and shown, in order of time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Invoked:
    """Somebody began to say `body`; told apart from every other attempt by its nonce."""

    at_s: float
    nonce: str
    body: str


@dataclass(frozen=True, slots=True)
class Acked:
    """A success was answered."""

    at_s: float
    nonce: str
    number: int
    change: int


@dataclass(frozen=True, slots=True)
class Failed:
    """No success was answered: it may have happened or not."""

    at_s: float
    nonce: str
    why: str


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody asked for other words in a message; they may be shown from now on."""

    at_s: float
    number: int
    body: str


@dataclass(frozen=True, slots=True)
class Observed:
    """A page was given a message or a notice (`body` is None) on one of its connections.

    `fresh`: it was above the page's cursor, so the page showed it.
    """

    at_s: float
    page: str
    transport: str
    connection: int
    number: int
    change: int
    body: str | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A page's cursor rose: it has been given all that changed in (since, upto]."""

    at_s: float
    page: str
    transport: str
    since: int
    upto: int


Event = Invoked | Acked | Failed | Edited | Observed | Marked
E = TypeVar("E", Invoked, Acked, Failed, Edited, Observed, Marked)


@dataclass(slots=True)
class History:
    """All events of one run. `owed` names the pages that must end up with everything above a number."""

    events: list[Event] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=dict)
    wordless: set[str] = field(default_factory=set)  # pages that are shown messages only, no notices
    started_s: float = field(default_factory=time.monotonic)

    def now_s(self) -> float:
        return time.monotonic() - self.started_s

    def add(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[E]) -> Iterator[E]:
        """The events of one kind, in order of time."""
        return (event for event in self.events if isinstance(event, kind))

    def lateness_s(self, since_s: float = 0.0) -> dict[str, float]:
        """By page, the longest time between an ack after `since_s` and the page showing the message."""
        acked = {event.number: event.at_s for event in self.of(Acked) if event.at_s >= since_s}
        worst: dict[str, float] = {}
        for event in self.of(Observed):
            if event.fresh and event.number in acked:
                late_s = event.at_s - acked[event.number]
                worst[event.page] = max(worst.get(event.page, 0.0), late_s)
        return worst
