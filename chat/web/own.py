"""What pages show that is a person's own: the lists of their rooms, and which messages are theirs."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from chat.core.ids import PersonId
from chat.core.person import public_id
from chat.core.presence import Presence
from chat.core.room import Room
from chat.core.unread import Mine


class RoomRow(NamedTuple):
    """A line of the sidebar's list."""

    room: Room
    unread: int = 0
    mentions: int = 0  # among them; of a direct room all
    current: bool = False
    presence: Presence = "offline"  # of the other one of a direct room


def rows(mine: Iterable[Mine], current: Room | None = None) -> list[RoomRow]:
    """The lines of a sidebar. The room that is shown beside it has no badge."""
    return [
        RoomRow(one.room, current=True, presence=one.presence)
        if current and one.room.id == current.id
        else RoomRow(one.room, one.unread.messages, one.unread.mentions, presence=one.presence)
        for one in mine
    ]


def shown(line: RoomRow) -> tuple[object, ...]:
    """Everything that a line of the lists shows: a room has more, which changes with every message."""
    room, settings = line.room, line.room.settings
    seen = room.slug, room.name, room.other, settings.access, settings.lifetime, settings.who_posts
    return *seen, line.unread, line.mentions, line.current, line.presence


def places(rows_: Iterable[RoomRow], named: str) -> list[tuple[str, str]]:
    """The rooms that can be chosen from a list, and one that was `named` and is not among them."""
    found = [(row.room.slug, row.room.name) for row in rows_]
    return found if not named or named in dict(found) else [*found, (named, named)]


def lists_key(rows_: Iterable[RoomRow]) -> str:
    """Tells lists with the same rooms under the same names from others, whatever their order."""
    shown = sorted(
        repr((row.room.slug, row.room.name, row.room.settings.access, row.room.settings.lifetime,
              row.room.settings.who_posts))
        for row in rows_
    )  # fmt: skip
    return sha256("".join(shown).encode()).hexdigest()[:8]


def me_css(person: PersonId) -> bytes:
    """The one style sheet that knows who reads: what is this person's own, or means them."""
    me = public_id(person)
    own = "--own-bg: var(--mine); --own-tools: inline-flex; --own-edge: 1px solid Highlight"
    meant = "--row-bg: var(--mark-soft); --row-bar: var(--mark)"
    given = "--react-bg: var(--accent-soft); border-color: var(--accent)"
    rules = (
        f'[data-author="{me}"] {{ {own}; }} [data-mentions~="{me}"] {{ {meant}; }} '
        f'[data-by~="{me}"] {{ {given}; }}'
    )
    return f"@layer components {{ {rules} }}\n".encode()
