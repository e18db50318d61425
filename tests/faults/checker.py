"""Compares a history with what is stored, and names what is wrong. Every count must be 0.

The names are those of the literature on histories (Jepsen) where it has one.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.faults.history import Acked, Edited, History, Invoked, Marked, Observed


@dataclass(frozen=True, slots=True)
class Row:
    """A message or a notice as it is stored."""

    number: int
    change: int
    body: str | None  # None: a notice


@dataclass(frozen=True, slots=True)
class Store:
    """A room read by SQL after everything has settled."""

    head: int
    rows: dict[int, Row]


def anomalies(history: History, store: Store) -> dict[str, list[str]]:
    """What is wrong, by the name of the anomaly; empty if nothing is."""
    found = {check.__name__.replace("_", "-"): list(check(history, store)) for check in CHECKS}
    return {name: cases for name, cases in found.items() if cases}


def lost_write(history: History, store: Store) -> Iterator[str]:
    """An acknowledged message is not stored."""
    stored = {row.body for row in store.rows.values()}
    said, edited = _bodies(history), {event.number for event in history.of(Edited)}
    for event in history.of(Acked):
        if said[event.nonce] not in stored and event.number not in edited:
            yield f"{said[event.nonce]!r} was acknowledged as {event.number} and is gone"


def false_ack(history: History, store: Store) -> Iterator[str]:
    """A success names a number that is not this message's."""
    said, edited = _bodies(history), {event.number for event in history.of(Edited)}
    where = {row.body: row.number for row in store.rows.values()}
    for event in history.of(Acked):
        number = where.get(said[event.nonce], event.number)
        if number != event.number and event.number not in edited:
            yield f"{said[event.nonce]!r} was acknowledged as {event.number} and is {number}"


def double_post(history: History, store: Store) -> Iterator[str]:
    """One nonce made two messages."""
    numbers: dict[str, set[int]] = defaultdict(set)
    nonces = {body: nonce for nonce, body in _bodies(history).items()}
    for event in history.of(Acked):
        numbers[event.nonce].add(event.number)
    for row in store.rows.values():
        if row.body in nonces:
            numbers[nonces[row.body]].add(row.number)
    for nonce, several in numbers.items():
        if len(several) > 1:
            yield f"nonce {nonce} made {sorted(several)}"


def realtime_inversion(history: History, store: Store) -> Iterator[str]:
    """What was said after another message had been acknowledged has a smaller number."""
    begun: dict[str, int] = {}  # the highest number acknowledged when this was first said
    highest = 0
    for event in history.events:
        if isinstance(event, Invoked):
            begun.setdefault(event.nonce, highest)
        elif isinstance(event, Acked):
            if event.number <= begun[event.nonce]:
                yield f"{event.number} was said after {begun[event.nonce]} had been acknowledged"
            highest = max(highest, event.number)


def gap(history: History, store: Store) -> Iterator[str]:
    """The store skips a number or gives one twice."""
    changes = sorted(row.change for row in store.rows.values())
    for before, after in pairwise(changes):
        if before == after:
            yield f"two things have change {after}"
    edits = sum(row.number != row.change for row in store.rows.values())
    if not edits and changes != list(range(1, store.head + 1)):
        yield f"head is {store.head} and there are {len(changes)} changes"


def phantom(history: History, store: Store) -> Iterator[str]:
    """Something was shown that is not stored, or with words that nobody said."""
    said = set(_bodies(history).values()) | {event.body for event in history.of(Edited)}
    for event in history.of(Observed):
        row = store.rows.get(event.number)
        if row is None or event.change > row.change or (event.body is None) != (row.body is None):
            yield f"{event.page} was shown {event.number} ({event.body!r}) by {event.transport}"
        elif event.body is not None and event.body not in said:
            yield f"{event.page} was shown words that nobody said: {event.body!r}"


def duplicate(history: History, store: Store) -> Iterator[str]:
    """The same state of the same thing was given twice, on one connection or to a page's eyes."""
    given: set[tuple[str, int, int, int]] = set()
    shown: set[tuple[str, int, int]] = set()
    for event in history.of(Observed):
        on_line = (event.page, event.connection, event.number, event.change)
        on_page = (event.page, event.number, event.change)
        if on_line in given or (event.fresh and on_page in shown):
            yield f"{event.page} was given {event.number} twice by {event.transport}"
        given.add(on_line)
        if event.fresh:
            shown.add(on_page)


def inconsistent_order(history: History, store: Store) -> Iterator[str]:
    """Changes reached a connection in another order than that of their numbers."""
    last: dict[tuple[str, int], int] = {}
    for event in history.of(Observed):
        line = (event.page, event.connection)
        if event.change < last.get(line, 0):
            yield f"{event.page} was given {event.change} after {last[line]} by {event.transport}"
        last[line] = max(event.change, last.get(line, 0))


def skip(history: History, store: Store) -> Iterator[str]:
    """A page's cursor passed over something it had not been given."""
    known: dict[str, dict[int, int]] = defaultdict(dict)  # page → number → newest change given
    numbers = sorted(store.rows)
    altered = [row for row in store.rows.values() if row.number != row.change]
    for event in history.events:
        if isinstance(event, Observed):
            given = known[event.page]
            given[event.number] = max(event.change, given.get(event.number, 0))
        elif isinstance(event, Marked):
            given, wordless = known[event.page], event.page in history.wordless
            passed = numbers[bisect_right(numbers, event.since) : bisect_right(numbers, event.upto)]
            lacking = [n for n in passed if n not in given and not (wordless and store.rows[n].body is None)]
            lacking += [
                row.number
                for row in altered
                if event.since < row.change <= event.upto and given.get(row.number, 0) < row.change
                if not wordless
            ]
            if lacking:
                where = f"from {event.since} to {event.upto}"
                yield f"{event.page} went {where} by {event.transport} without {lacking}"


def unseen(history: History, store: Store) -> Iterator[str]:
    """A page that was owed something does not show its last state in the end."""
    last: dict[tuple[str, int], Observed] = {}
    for event in history.of(Observed):
        before = last.get((event.page, event.number))
        if event.fresh and (before is None or event.change >= before.change):
            last[event.page, event.number] = event
    for page, above in history.owed.items():
        for row in store.rows.values():
            if row.number <= above or (row.body is None and page in history.wordless):
                continue
            seen = last.get((page, row.number))
            if seen is None:
                yield f"{page} never showed {row.number} ({row.body!r})"
            elif page not in history.wordless and (seen.change, seen.body) != (row.change, row.body):
                yield f"{page} shows {row.number} as {seen.body!r}, not {row.body!r}"


CHECKS: tuple[Callable[[History, Store], Iterator[str]], ...] = (
    lost_write,
    false_ack,
    double_post,
    realtime_inversion,
    gap,
    phantom,
    duplicate,
    inconsistent_order,
    skip,
    unseen,
)


def _bodies(history: History) -> dict[str, str]:
    return {event.nonce: event.body for event in history.of(Invoked)}
