"""Rooms, their settings, and what a member may do in one."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from chat.core.ids import Number, RoomId
from chat.core.message import BODY_MAX, Message
from chat.core.names import shown
from chat.core.person import Person
from chat.core.problems import Invalid

NAME_MAX, TOPIC_MAX, SLUG_MAX = 48, 200, 48  # characters
RESERVED_SLUGS = frozenset({"live", "events", "changes", "new"})

Access = Literal["open", "code", "private", "direct"]
Lifetime = Literal["kept", "ephemeral"]
History = Literal["all", "joined", "visit"]
Who = Literal["everyone", "moderators", "owner"]
Role = Literal["member", "moderator", "owner"]

START = Number(0)  # before the first change of a room
HOUSE = RoomId(0)  # no room at all: where pages that show none are kept live, and who is around is known

NOTHING_YET = Number(2**62)
"""`visible_from` of a member who is away from a room that shows only what was said during a visit."""

_RANK: dict[str, int] = {"everyone": 0, "member": 0, "moderators": 1, "moderator": 1, "owner": 2}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a room behaves. 0 means no limit."""

    access: Access = "open"
    lifetime: Lifetime = "kept"
    history: History = "all"
    newcomers_see: int = 0  # messages
    keep: int = 0  # messages
    capacity: int = 0  # people at once
    who_posts: Who = "everyone"
    who_clears: Who = "moderators"
    who_arranges: Who = "moderators"
    max_length: int = BODY_MAX  # characters a message


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it was at one moment. `head` is the number of its last change.

    Everything numbered below `floor` is gone. What was said up to `history_from` was said to those who
    were there, and is shown to nobody new. A direct room has the name of the `other` person, for
    either of the two.
    """

    id: RoomId
    slug: str
    name: str
    topic: str
    settings: Settings
    epoch: str
    head: Number
    floor: Number = START
    history_from: Number = START
    code: str = ""
    default: bool = False
    other: Person | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in a room: whatever reads or writes a room takes one of these.

    `visible_from`: messages numbered above it may be seen. `joined` is the change that let the
    person in; a removal numbered below it belongs to an earlier membership. `read` is the person's
    read mark: messages of others above it are unread.
    """

    person: Person
    room: Room
    role: Role
    visible_from: Number
    joined: Number
    read: Number = START

    @property
    def sees_from(self) -> Number:
        """What may be seen of what is left: also above everything that was cleared."""
        return Number(max(self.visible_from, self.room.floor - 1))

    @property
    def rank(self) -> int:
        """0 for a member, 1 for a moderator, 2 for an owner; administrators own every listed room."""
        open_to_all = self.room.settings.access == "open"
        return 2 if self.person.admin and open_to_all else _RANK[self.role]


@dataclass(frozen=True, slots=True)
class Membership:
    """One line of a room's list of members."""

    person: Person
    role: Role


def in_the_house(person: Person) -> Member:
    """Anybody's place outside all rooms. Nothing is said there and nothing numbered."""
    house = Room(HOUSE, "", "", "", Settings(), "house", Number(0))
    return Member(person, house, "member", Number(0), Number(0))


def clean_room_name(raw: str) -> str:
    """A room's name as it is shown. Raises `Invalid` as `shown` does."""
    if not raw.strip():
        raise Invalid("name", "Give the room a name.")
    return shown(raw, "A room's name", NAME_MAX)


def clean_topic(raw: str) -> str:
    """A room's topic, possibly empty. Raises `Invalid` above 200 characters."""
    topic = " ".join(unicodedata.normalize("NFC", raw).split())
    if len(topic) > TOPIC_MAX or any(unicodedata.category(c) in ("Cc", "Cs") for c in topic):
        raise Invalid("topic", f"A topic has at most {TOPIC_MAX} characters.")
    return topic


def slug_of(name: str) -> str:
    """The readable part of an open room's address, `[a-z0-9-]`; may be empty (a name in Chinese)."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:SLUG_MAX].strip("-")
    return "" if slug in RESERVED_SLUGS else slug


def allows(who: Who, member: Member) -> bool:
    """Whether a member is among those a setting names."""
    return member.rank >= _RANK[who]


def may_post(member: Member) -> bool:
    return allows(member.room.settings.who_posts, member)


def may_edit(member: Member, message: Message) -> bool:
    """Only the author: moderators take words away, they never rewrite them."""
    return message.deleted is None and message.author.id == member.person.id


def may_delete(member: Member, message: Message) -> bool:
    return message.deleted is None and (message.author.id == member.person.id or may_moderate(member))


def may_moderate(member: Member) -> bool:
    """Settings, members, invites and others' messages; in a direct room nobody is above the other."""
    return allows("moderators", member) and member.room.settings.access != "direct"


def may_clear(member: Member) -> bool:
    return allows(member.room.settings.who_clears, member) and member.room.settings.access != "direct"


def may_arrange(member: Member) -> bool:
    return allows(member.room.settings.who_arranges, member) and member.room.settings.access != "direct"


def may_move(member: Member, message: Message) -> bool:
    """What has no words any more keeps its place."""
    return message.deleted is None and may_arrange(member)


def may_own(member: Member) -> bool:
    """Deleting the room, choosing its hosts."""
    return allows("owner", member) and member.room.settings.access != "direct"


def may_remove(member: Member, role: Role) -> bool:
    """Whether a member may remove somebody of this role: a host members, an owner hosts too."""
    return may_moderate(member) and member.rank > _RANK[role]


def may_become(member: Member, role: Role) -> tuple[Role, ...]:
    """What a member may make of somebody of this role: there is one owner, who is replaced, never removed."""
    others: dict[Role, tuple[Role, ...]] = {
        "member": ("moderator", "owner"),
        "moderator": ("member", "owner"),
        "owner": (),
    }
    return others[role] if may_own(member) else ()


def rights(member: Member) -> frozenset[str]:
    """What the page shows tools for: words of `data-can`. Every action asks again."""
    named = {
        "post": may_post(member),
        "moderate": may_moderate(member),
        "clear": may_clear(member),
        "arrange": may_arrange(member),
        "own": may_own(member),
    }
    return frozenset(word for word, may in named.items() if may)
