"""The tables as they are now; `migrations/` is how a database gets here.

Times are milliseconds since 1970, UTC. A room's `head` counts its changes; everything that a change
touches carries its number (`chat/core/changes.py`).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()
ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER PRIMARY KEY by itself


def _where(condition: str) -> dict[str, Any]:
    """Have an index of those rows alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


facts = Table(  # one row each: what was made once, and how often something happened (`facts.py`)
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, unique=True),  # null while the name is free for others
    Column("called", Text, nullable=False, server_default="", index=True),  # the same key, free or not
    Column("password_hash", Text),  # null for a guest
    Column("admin", Boolean, nullable=False, server_default=text("false")),
    Column("last_room_id", BigInteger),
    Column("created_ms", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the cookie's token
    Column("created_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=False),
    Column("device", Text, nullable=False, server_default=""),  # "Firefox on Linux", as its owner sees it
    Column("ended", BigInteger, index=True),  # which ending this was, counted; null while it lasts
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", ID, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    Column("access", Text, nullable=False),
    Column("lifetime", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("newcomers_see", Integer, nullable=False, server_default="0"),
    Column("keep", Integer, nullable=False, server_default="0"),
    Column("capacity", Integer, nullable=False, server_default="0"),
    Column("who_posts", Text, nullable=False),
    Column("who_clears", Text, nullable=False),
    Column("who_arranges", Text, nullable=False),
    Column("max_length", Integer, nullable=False),
    Column("code", Text, unique=True),  # four letters and two digits, without the hyphen
    Column("pair", Text),  # of a direct room: the ids of its two people, "3-7"
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    Column("epoch", Text, nullable=False),
    Column("head", BigInteger, nullable=False, server_default="0"),
    Column("floor", BigInteger, nullable=False, server_default="0"),
    Column("floor_change", BigInteger, nullable=False, server_default="0"),
    # what was said below is for nobody new
    Column("history_from", BigInteger, nullable=False, server_default="0"),
    # what was said below is not seen by everybody: answers show no words of it
    Column("quoted_from", BigInteger, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_rooms_listed_name", "name_key", unique=True, **_where("access = 'open'")),
    Index("ix_rooms_pair", "pair", unique=True),
    Index("ix_rooms_ephemeral", "id", **_where("lifetime = 'ephemeral'")),
)

former_slugs = Table(  # where a room was before its address was renewed: members still find it there
    "former_slugs",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
)

members = Table(
    "members",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "person_id", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    Column("role", Text, nullable=False),
    Column("visible_from", BigInteger, nullable=False),
    Column("joined", BigInteger, nullable=False),
    Column("read_number", BigInteger, nullable=False),
)

bans = Table(  # who was removed, and comes in again only when somebody adds them
    "bans",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
)

invites = Table(
    "invites",
    metadata,
    Column("id", ID, primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token", Text, nullable=False, unique=True),
    Column("made_by", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),  # null: never
    Column("uses_left", Integer),  # null: without end
)

tries = Table(  # failed guesses of passwords and codes; a subject is an account or an address
    "tries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Index("ix_tries_subject", "subject", "at_ms"),
)

messages = Table(  # what is said and what is noticed: one order, one row each
    "messages",
    metadata,
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # 'message', or the kind of the notice
    Column("person_id", BigInteger, ForeignKey("people.id"), nullable=False),
    Column("body", Text, nullable=False),  # of a notice: its detail
    Column("at_ms", BigInteger, nullable=False),
    Column("edited_ms", BigInteger),
    Column("deleted", Text),
    Column("reply_to", BigInteger),
    Column("silent", Boolean, nullable=False, server_default=text("false")),
    Column("removes", BigInteger),
    Column("mentions", Text, nullable=False, server_default=""),  # ids of people, " 4 7 "
    Column("reacted", Boolean, nullable=False, server_default=text("false")),  # `reactions` has something
    Column("files", Integer, nullable=False, server_default="0"),  # how many `files` has
    Index("ix_messages_change", "room_id", "change"),
    Index("ix_messages_pos", "room_id", "pos", "number"),
    Index("ix_messages_reply_to", "room_id", "reply_to"),
    Index("ix_messages_mentions", "room_id", "number", **_where("mentions <> ''")),
    sqlite_with_rowid=False,
)

reactions = Table(
    "reactions",
    metadata,
    Column("room_id", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("emoji", Text, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("people.id"), primary_key=True, index=True),
    Column("change", BigInteger, nullable=False),  # that gave it: their order
    ForeignKeyConstraint(["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True),  # random, part of the address
    Column("room_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # 0, 1, … in its message
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("width", Integer),  # pixels, of pictures
    Column("height", Integer),
    Column("at_ms", BigInteger, nullable=False, index=True),
    ForeignKeyConstraint(["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"),
    Index("ix_files_message", "room_id", "number"),
)

gone_files = Table(  # whose bytes are still to be removed
    "gone_files",
    metadata,
    Column("id", Text, primary_key=True),
)

# What messages are found by. Beside it each database has an index of its own, which follows it: on SQLite
# `grams` is a table of FTS5, on PostgreSQL one of arrays. They are no part of `metadata`.
searchable = Table(
    "searchable",
    metadata,
    Column("id", ID, primary_key=True),  # rises in the order in which things were said
    Column("room_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("text", Text, nullable=False),  # `indexed` of chat/core/folding.py
    ForeignKeyConstraint(["room_id", "number"], ["messages.room_id", "messages.number"], ondelete="CASCADE"),
    Index("ix_searchable_message", "room_id", "number", unique=True),
)

nonces = Table(
    "nonces",
    metadata,
    Column("person_id", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("room_id", BigInteger, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("beat", BigInteger, nullable=False),
)

visits = Table(  # room 0 is the house itself: who has any page open, so that a guest's name stays theirs
    "visits",
    metadata,
    Column("room_id", BigInteger, primary_key=True),
    Column(
        "person_id", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    Column("worker_id", Text, primary_key=True, index=True),
    Column("state", Text, nullable=False),
)
