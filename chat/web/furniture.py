"""What stands between the messages of a page: which things of the log share a line or a heading.

The page's script sets all of it again after each batch; the two have to agree, or the page jumps when
it loads.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from chat.core.ids import Number, PersonId
from chat.core.message import RUN_MS, Message, Notice
from chat.core.person import Person
from chat.web import words

_VERBS = {
    ("came", "came"): "came in",
    ("left", "left"): "left",
    ("came", "left"): "came and went",
    ("left", "came"): "left and came back",
}
"""What somebody did, by the first and the last notice of them."""


class Run(NamedTuple):
    """Things of the log that stand together, and what stands before them."""

    things: list[Message | Notice]  # silent notices too, each in its place
    day: date | None = None  # begins with these
    new: bool = False  # nobody has seen these and what follows

    @property
    def shown(self) -> list[Message | Notice]:
        """What of it there is to see: one thing, or notices that can be told in one line."""
        return [thing for thing in self.things if not _silent(thing)]


class Told(NamedTuple):
    """People who did the same."""

    people: list[Person]
    verb: str


def runs(log: Sequence[Message | Notice], new_at: Number | None) -> Iterator[Run]:
    """The log in runs: comings and goings with nothing to see between, and every other thing alone.

    `new_at` is the number that the "New" line stands before.
    """
    day: date | None = None
    run = Run([])
    for thing in log:
        if _silent(thing):
            run.things.append(thing)
            continue
        starts, new = words.day_of(thing.at_ms) != day, thing.number == new_at
        if not starts and not new and _goes(thing) and run.shown and _goes(run.shown[-1]):
            run.things.append(thing)
            continue
        yield run
        day = words.day_of(thing.at_ms)
        run = Run([thing], day if starts else None, new)
    yield run


def _silent(thing: Message | Notice) -> bool:
    return isinstance(thing, Notice) and thing.silent


def _goes(thing: Message | Notice) -> bool:
    return isinstance(thing, Notice) and thing.kind in ("came", "left")


def tell(notices: Sequence[Notice]) -> list[Told]:
    """Comings and goings in as few words as they allow: what each did, by their first and last notice."""
    first: dict[PersonId, Notice] = {}
    last: dict[PersonId, Notice] = {}
    for notice in notices:
        first.setdefault(notice.person.id, notice)
        last[notice.person.id] = notice
    told: dict[str, list[Person]] = {}
    for who, notice in first.items():
        verb = _VERBS[str(notice.kind), str(last[who].kind)]
        told.setdefault(verb, []).append(notice.person)
    return [Told(people, verb) for verb, people in told.items()]


def continues(before: Message | Notice | None, thing: Message | Notice) -> bool:
    """Whether a message needs no heading of its own: same author, little later, nothing between.

    The caller sees to the day. A tombstone shows no name, so it belongs to no run.
    """
    return (
        isinstance(before, Message)
        and isinstance(thing, Message)
        and before.author.id == thing.author.id
        and before.deleted is None
        and thing.deleted is None
        and thing.reply_to is None
        and abs(thing.at_ms - before.at_ms) < RUN_MS
    )
