"""Identities as types, so that a room's id is never handed over where a person's belongs."""

from typing import NewType

PersonId = NewType("PersonId", int)
RoomId = NewType("RoomId", int)
SessionId = NewType("SessionId", int)
WorkerId = NewType("WorkerId", str)

Number = NewType("Number", int)
"""A room's count of changes: of a message, the one that made it; of a reader, how far it has everything."""
