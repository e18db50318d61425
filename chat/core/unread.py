"""What a person has not read."""

from dataclasses import dataclass
from typing import NamedTuple

from chat.core.presence import Presence
from chat.core.room import Room

COUNTED_MAX = 100  # from here on it is "99+"


class Unread(NamedTuple):
    """Messages of others above the read mark that may be seen and are not deleted; both stop at 100."""

    messages: int = 0
    mentions: int = 0  # of the person; in a direct room every message is meant for them


@dataclass(frozen=True, slots=True)
class Mine:
    """A room as it stands in the list of one of its members."""

    room: Room
    unread: Unread
    presence: Presence = "offline"  # in a direct room: of the other person, whatever page they have open
