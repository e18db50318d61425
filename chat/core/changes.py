"""Changes of a room, their numbers, and how far a reader has got.

A room counts its changes; `head` is the highest number. A stored thing carries the number of its
*last* change, so "everything after N" sends each thing once, in its present state, the way
IMAP's CONDSTORE and QRESYNC (RFC 7162) do. A reader therefore sees gaps and infers nothing from them.
"""

import re
from dataclasses import dataclass
from typing import Self

from chat.core.ids import Number
from chat.core.message import Message, Notice

REPLAY_MAX = 500  # changes one reader may be behind before its page is loaded anew instead

_CURSOR = re.compile(r"([0-9a-z]{1,16})\.([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The number up to which a reader has been given all it may see, in one lineage of numbers."""

    epoch: str
    number: Number

    def __str__(self) -> str:
        return f"{self.epoch}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor written as `<epoch>.<number>`, or `None` if the text is no cursor."""
        match = _CURSOR.fullmatch(text)
        return cls(match[1], Number(int(match[2]))) if match else None


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything numbered below `number` is gone since `change`: cleared, or dropped by `keep`."""

    number: Number
    change: Number


Change = Message | Notice | Floor
"""One alteration of a room in its present state: what a fragment is rendered from."""


def floor_of(change: Change) -> Number | None:
    """The number below which everything is gone by this change, if it is such a change."""
    if isinstance(change, Floor):
        return change.number
    return change.number if isinstance(change, Notice) and change.kind == "cleared" else None


@dataclass(frozen=True, slots=True)
class Replay:
    """What a room's readers lack after `since`, read in one snapshot: the range (since, head].

    `changes` rise by `change` and are at most `REPLAY_MAX`; `whole` is false when there were more,
    and then nothing of it may be shown, since a part would be a silent hole.
    """

    epoch: str
    since: Number
    head: Number
    changes: tuple[Change, ...]
    whole: bool = True


def replay_of(epoch: str, change: Message | Notice) -> Replay:
    """What readers lack who have everything but this one change, which has just been made."""
    return Replay(epoch, Number(change.change - 1), change.change, (change,))


def visible(change: Change, visible_from: Number) -> bool:
    """Whether a reader who sees what was said after `visible_from` is given this change.

    The one rule of visibility: pages, streams, permalinks, transcripts and counts all ask here. It
    goes by the number of the message, never of its last change, so an edit or a move of something
    said earlier stays hidden. A floor has nothing to hide.
    """
    return isinstance(change, Floor) or change.number > visible_from
