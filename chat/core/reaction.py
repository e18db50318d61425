"""Reactions: what people answer to a message with one picture."""

from dataclasses import dataclass

from chat.core.emoji import canonical
from chat.core.person import Person
from chat.core.problems import Invalid

KINDS_MAX = 32  # of one message: what a screen still shows
PALETTE = (
    "👍", "❤️", "😄", "🎉", "🙏", "👀", "👎", "👏", "🙌", "👋", "🤝", "💪",
    "😂", "😊", "😉", "😍", "🤩", "🥳", "🤔", "😐", "🙄", "😮", "😢", "😭",
    "😅", "😬", "😱", "😡", "😴", "🤯", "🔥", "✨", "💯", "✅", "❌", "❓",
    "⭐", "💡", "📌", "⏰", "☕", "🍰", "🌊", "⛵", "⚓", "🔧", "🚀", "🌱",
)  # fmt: skip
"""What the picker offers, the usual ones first; any other emoji is taken as well."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One kind of reaction to a message and who gave it, first come first."""

    emoji: str
    people: tuple[Person, ...]


def clean_emoji(raw: str) -> str:
    """One emoji as it is stored. Raises `Invalid` for anything else."""
    if (emoji := canonical(raw.strip())) is None:
        raise Invalid("emoji", "A reaction is one emoji.")
    return emoji
