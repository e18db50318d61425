"""How words are compared, and what a database finds them by.

Texts are compared folded: without case, every word between two spaces, and every character that is a
word or a syllable by itself (`東`, an emoji) made three long. So any part of a word and any such
character is at least one gram, which is three characters in a row. A database finds texts by their
grams, whatever the script, and then looks whether they have the whole.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from chat.core.ids import PersonId, RoomId

GRAM = 3  # characters
PAD = "  "  # before and after each word
STRETCH = "\x01\x01"  # after each character that stands for itself; no text has it
FILE_MARK = "\x04\x04\x04"  # a gram that every message with files has, and no text

_ALONE = re.compile(  # Thai to Khmer, jamo, kana, Han, Hangul; pictures
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2600-\u27bf\u2e80-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff]"
)
_ASCII_WORD = re.compile("[a-z0-9]+")
_PRIVATE, _DIGITS = 0xF0000, 60_000  # a plane of characters that no text keeps here, used as digits


def folded(text: str) -> str:
    """A text as it is compared; empty if there is no word in it."""
    if text.isascii():  # the same as below, in a tenth of the time
        return PAD + PAD.join(words) + PAD if (words := _ASCII_WORD.findall(text.lower())) else ""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = "".join(c if tells(c) else " " for c in plain).split()
    return PAD + PAD.join(map(stretched, words)) + PAD if words else ""


def tells(c: str) -> bool:
    """Whether a character is part of a word; the others stand between words."""
    return c.isalnum() or (c > "\x7f" and unicodedata.category(c) in ("Mn", "Mc", "Me", "So"))


def stretched(word: str) -> str:
    """A word in which every character that stands for itself is three long."""
    return _ALONE.sub(lambda match: match[0] + STRETCH, word)


def needle(text: str, *, whole: bool) -> str:
    """How a text is looked for: as a part of any word, or as words that begin and end there.

    One or two letters are looked for where words begin: inside them they would be everywhere.
    """
    spread = folded(text)
    bare = spread.strip(" ")
    if not whole:
        return spread[:-2][-GRAM:] if len(bare) < GRAM else bare
    start = len(PAD) if _ALONE.match(bare) else 0
    return spread[start : -len(PAD)] if bare.endswith(STRETCH) else spread[start:]


def grams(text: str) -> set[str]:
    """Everything that a text can be found by."""
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


def room_mark(room: RoomId) -> str:
    """A gram that every message of a room has, and no text."""
    return _mark("\x02", room)


def author_mark(person: PersonId) -> str:
    """A gram that everything somebody said has, and no text."""
    return _mark("\x03", person)


def _mark(kind: str, number: int) -> str:
    high, low = divmod(number, _DIGITS)
    return kind + chr(_PRIVATE + high % _DIGITS) + chr(_PRIVATE + low)


def indexed(room: RoomId, author: PersonId, body: str, names: Sequence[str] = ()) -> str:
    """What a message is found by: whose it is and where, its words, and the names of its files."""
    marks = room_mark(room) + author_mark(author) + (FILE_MARK if names else "")
    return marks + "".join(map(folded, (body, *names)))


def rank(needles: Iterable[str], text: str) -> int:
    """How good a find is: by how many needles are whole words of it, then by how often it has them."""
    whole = often = 0
    for one in needles:
        word = one.strip(" ")
        whole += STRETCH in word or f"{PAD}{word}{PAD}" in text
        often += text.count(one)
    return whole * 1_000 + min(often, 999)
