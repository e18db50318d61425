"""A room as text: one line a message, for `curl` and scripts."""

import re

from chat.core.changes import Change
from chat.core.message import Message
from chat.web.words import rfc3339

_ESCAPED = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def line(change: Change) -> bytes:
    """`number TAB time TAB name TAB text`, ended by a newline; empty for what nobody said.

    Files stand behind the text by their names. Newlines, tabs, backslashes and control characters are
    written as backslash escapes, so that a line is a message whatever it holds.
    """
    if not isinstance(change, Message) or change.deleted:
        return b""
    said = " ".join([change.body, *(f"[{file.name}]" for file in change.files)]).strip()
    parts = (str(change.number), rfc3339(change.at_ms), _escape(change.author.name), _escape(said))
    return ("\t".join(parts) + "\n").encode()


def _escape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
