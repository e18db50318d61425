"""What an answer shows of the message it answers."""

from dataclasses import dataclass
from typing import Literal

from chat.core.ids import Number
from chat.core.person import Person

QUOTE_MAX = 160  # characters of the words, on one line


@dataclass(frozen=True, slots=True)
class Quote:
    """The message an answer is to. Its words are `shown` only where every reader of the room may see them.

    Elsewhere it is `hidden`: a link, which leads on who may see it. `gone` is what has no words any more.
    """

    number: Number
    state: Literal["shown", "hidden", "gone"]
    author: Person | None = None
    words: str = ""


def one_line(body: str) -> str:
    """The beginning of what was said, as it was typed, on one line."""
    return " ".join(body.split())[:QUOTE_MAX]
