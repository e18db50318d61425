"""What is said in a room, and the rules of saying it."""

import re
from dataclasses import dataclass
from typing import Literal

from chat.core.file import File
from chat.core.ids import Number, PersonId
from chat.core.person import Person
from chat.core.problems import Invalid
from chat.core.reaction import Reaction
from chat.core.reply import Quote

BODY_MAX = 4_000  # characters, after trimming the ends
NONCE_MAX = 64  # characters
NONCE_DAYS = 30  # how long a repeated post is recognised
POS_STEP = 1_000_000  # between two neighbours in a room's order: room for twenty halvings
PAGE = 50  # things of the log on one page
REACH = 500  # things a page that begins in the middle reaches towards the end
RUN_MS = 5 * 60 * 1000  # messages of one author within this time share a heading

_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # no database keeps half a character

NoticeKind = Literal["came", "left", "renamed", "cleared", "settings", "host", "member", "owner"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something somebody said, in its present state.

    `number` is the change that made it and names it for ever; `change` its last one.
    (`pos`, `number`) is its place in the room's order. Times are milliseconds since 1970, UTC.
    `deleted` tells who took it away; the words are gone then.
    """

    number: Number
    change: Number
    pos: int
    author: Person
    body: str
    at_ms: int
    edited_ms: int | None = None
    deleted: Literal["author", "host"] | None = None
    reply_to: Number | None = None
    mentions: tuple[Person, ...] = ()
    quote: Quote | None = None  # of the message that `reply_to` names
    reactions: tuple[Reaction, ...] = ()
    files: tuple[File, ...] = ()
    expired: int = 0  # files that it had


def just_said(number: Number, author: Person, body: str, at_ms: int) -> Message:
    """A message as it is at first, at the end of its room, if nothing hangs on it."""
    return Message(number, number, number * POS_STEP, author, body, at_ms)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened to the room: `person` came in, left, renamed it to `detail`, …

    Of `host`, `member` and `owner`, `person` is whose role it is from now on, `detail` who gave it.
    A room that was `cleared` has nothing left below the notice's own number.

    `silent` notices are stored and numbered (a departure ends that person's streams at exactly
    this number) but show nothing: rooms with many people say no coming and going.
    """

    number: Number
    change: Number
    pos: int
    kind: NoticeKind
    person: Person
    at_ms: int
    detail: str = ""
    silent: bool = False
    removes: PersonId | None = None  # who is no longer a member from this number on


def clean_body(raw: str, max_length: int = BODY_MAX, *, bare: bool = False) -> str:
    """The text as it is stored: line ends made `\\n`, ends trimmed.

    Raises `Invalid` if nothing is left or more than `max_length` characters. `bare` allows nothing: there
    are files.
    """
    body = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not body and not bare:
        raise Invalid("body", "Write something first.")
    if _UNKEPT.search(body):
        raise Invalid("body", "That text has a character that cannot be kept.")
    if (over := len(body) - max_length) > 0:
        plural = "" if over == 1 else "s"
        raise Invalid("body", f"{over} character{plural} too many. Shorten it.")
    return body


def clean_nonce(raw: str) -> str:
    """The sender's mark of one submit, 1 to 64 printable characters; raises `Invalid` otherwise."""
    if not 1 <= len(raw) <= NONCE_MAX or not raw.isprintable():
        raise Invalid("nonce", f"A nonce has 1 to {NONCE_MAX} printable characters.")
    return raw
