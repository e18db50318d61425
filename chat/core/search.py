"""What somebody looks for, and what is found."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, cast

from chat.core.folding import needle
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.problems import Invalid
from chat.core.room import Room

QUERY_MAX = 200  # characters
PAGE = 20  # finds of one page
BEST_OF = 500  # the newest that are compared where the best come first

Order = Literal["newest", "best"]
FILTERS = ("in", "from", "before", "after", "has")

_PART = re.compile(
    r'(?:(?P<name>in|from|before|after|has):(?=["\S]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>\S+))', re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `words` as they were typed, `needles` as they are compared.

    `room` is an address or a name, `author` a name. What was said from `after_ms` on and before
    `before_ms` is meant: milliseconds since 1970, UTC.
    """

    words: tuple[str, ...] = ()
    needles: tuple[str, ...] = ()
    room: str = ""
    author: str = ""
    after_ms: int | None = None
    before_ms: int | None = None
    files: bool = False
    order: Order = "newest"

    @property
    def filtered(self) -> bool:
        """Whether it asks for more than words."""
        dated = self.after_ms is not None or self.before_ms is not None
        return bool(self.room or self.author or self.files or dated)


class Place(NamedTuple):
    """Where a page of finds ends: how good the last one is (0 where the newest come first), and which."""

    rank: int
    slug: str
    number: Number


class Hit(NamedTuple):
    """A message that was found, in a room as its reader sees it."""

    room: Room
    message: Message


@dataclass(frozen=True, slots=True)
class Finds:
    """A page of what was found, and where the next one begins, if there is more."""

    hits: Sequence[Hit] = ()
    more: Place | None = None


def parse(fields: Mapping[str, str]) -> Query:
    """What `q` and the fields beside it ask for; a field wins over the same thing in `q`.

    Raises `Invalid` for a day, a `has` or an order that there is not, and for more than fits.
    """
    said, asked = _parts(fields.get("q", ""))
    for name in FILTERS:
        if text := fields.get(name, "").strip():
            asked[name] = (name, text)
    if "has" in asked and asked["has"][1] != "file":
        raise Invalid("has", "Only messages with a file can be asked for.")
    return Query(
        words=tuple(word for word, _ in said),
        needles=tuple(dict.fromkeys(found for _, found in said)),
        room=asked.get("in", ("", ""))[1],
        author=asked.get("from", ("", ""))[1].removeprefix("@"),
        after_ms=_day(*asked["after"]) if "after" in asked else None,
        before_ms=_day(*asked["before"]) if "before" in asked else None,
        files="has" in asked,
        order=_order(fields.get("order", "")),
    )


def _parts(typed: str) -> tuple[list[tuple[str, str]], dict[str, tuple[str, str]]]:
    """The words of `q`, each with its needle, and what it asks for besides: by name, field and text."""
    if len(typed) > QUERY_MAX:
        raise Invalid("q", f"Search for at most {QUERY_MAX} characters.")
    said: list[tuple[str, str]] = []
    asked: dict[str, tuple[str, str]] = {}
    for match in _PART.finditer(typed):
        name, whole = (match["name"] or "").lower(), match["word"] is None
        text: str = (match["phrase"] if whole else match["word"]).strip()
        if name and (name != "has" or text.lower() == "file"):
            asked |= {name: ("q", text.lower() if name == "has" else text)} if text else {}
            continue
        word = match[0] if name else text
        if found := needle(word, whole=whole):
            said.append((word, found))
    return said, asked


def _order(raw: str) -> Order:
    if raw not in ("", "newest", "best"):
        raise Invalid("order", "Newest first or best first.")
    return cast(Order, raw or "newest")


def _day(field: str, raw: str) -> int:
    """When a day begins, in milliseconds. Raises `Invalid`."""
    try:
        if not _DAY.fullmatch(raw):
            raise ValueError
        return round(datetime.fromisoformat(raw).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise Invalid(field, "A day is written like 2026-11-01.") from error
