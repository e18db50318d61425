"""The one rule of what a name may be, of people and of rooms."""

import unicodedata

from chat.core.problems import Invalid

NAME_MIN = 2  # characters, after normalising

# Letters, marks and symbols by category, and yet nothing is seen of them (Unicode's Default_Ignorable).
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # categories


def shown(raw: str, subject: str, most: int) -> str:
    """A name as it is shown: NFKC, trimmed, inner white space collapsed.

    Raises `Invalid`, in words about `subject`, unless 2 to `most` characters remain, among them one
    that is neither mark nor punctuation nor space; control and invisible formatting characters (bidi
    overrides among them) are refused rather than dropped, since two names that look alike must not
    both be accepted.
    """
    name = " ".join(unicodedata.normalize("NFKC", raw).split())
    if any(c in INVISIBLE or (unicodedata.category(c) in UNSEEN and c != "\u200d") for c in name):
        raise Invalid("name", "That name has characters that cannot be shown. Use letters.")
    if not NAME_MIN <= len(name) <= most:
        raise Invalid("name", f"{subject} has {NAME_MIN} to {most} characters.")
    if not any(unicodedata.category(c)[0] in "LNS" for c in name):
        raise Invalid("name", f"{subject} needs a letter.")
    return name
