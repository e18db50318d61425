"""Who may be meant by an "@" in a message: names to look for among the room's members."""

import re
import unicodedata

from chat.core.person import NAME_MAX, name_key

SPOTS_MAX = 20  # places of one message that are looked at: nobody means more people one by one

_SPOT = re.compile(r"(?<![^\W_])@(?=\S)")  # not the one in the middle of an e-mail address


def spots(body: str) -> list[list[str]]:
    """For each place that begins with "@", the keys of the names that may follow it, the longest first."""
    found = (_keys(body[match.end() : match.end() + NAME_MAX + 1]) for match in _SPOT.finditer(body))
    return [keys for keys, _ in zip(found, range(SPOTS_MAX), strict=False) if keys]


def _keys(text: str) -> list[str]:
    text = text.partition("\n")[0]
    ends = [end for end in range(min(len(text), NAME_MAX), 1, -1) if _ends_word(text, end)]
    return list(dict.fromkeys(name_key(text[:end].rstrip()) for end in ends))


def _ends_word(text: str, end: int) -> bool:
    """Whether a name may end before `end`. Scripts without capitals write few spaces: anywhere there."""
    if end == len(text):
        return end <= NAME_MAX
    after = text[end]
    if unicodedata.category(after)[0] == "M" or text[end - 1].isspace():
        return False
    return not after.isalnum() or (after.isalpha() and after.lower() == after.upper())
