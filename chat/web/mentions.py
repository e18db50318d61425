"""Where somebody is named in what was said: a chip, the same for every reader."""

import re
from collections.abc import Sequence
from html import escape

from chat.core.person import Person

_TAG = re.compile(r"(<[^>]*>)")
_QUIET = re.compile(r"<(/?)(?:a|code|pre)\b")  # nobody is called in code, and a link is one already


def dressed(html: str, people: Sequence[Person]) -> str:
    """The HTML of a message with a chip around the "@" and the name of each of these people."""
    if not people:
        return html
    names = sorted((re.escape(escape(person.name, quote=False)) for person in people), key=len, reverse=True)
    spot = re.compile(rf"(?<![^\W_])@(?:{'|'.join(names)})(?!\w)", re.IGNORECASE)
    pieces, quiet = [], 0
    for piece in _TAG.split(html):
        if tag := _QUIET.match(piece):
            quiet += -1 if tag[1] else 1
        pieces.append(
            piece if quiet or piece[:1] == "<" else spot.sub(r'<span class="mention">\g<0></span>', piece)
        )
    return "".join(pieces)
