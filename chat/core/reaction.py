"""Reactions: what people answer to a message with one picture."""

from dataclasses import dataclass

from chat.core.person import Person


@dataclass(frozen=True, slots=True)
class Reaction:
    """One kind of reaction to a message and who gave it, first come first."""

    emoji: str
    people: tuple[Person, ...]
