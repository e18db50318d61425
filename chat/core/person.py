"""People and their names."""

import unicodedata
from dataclasses import dataclass

from chat.core.ids import PersonId, SessionId
from chat.core.problems import Invalid

NAME_MIN, NAME_MAX = 2, 32  # characters, after normalising

# Letters, marks and symbols by category, and yet nothing is seen of them (Unicode's Default_Ignorable).
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
JOINERS = str.maketrans("", "", "\u200d\ufe0e\ufe0f")  # make one picture of several; nothing by themselves


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has entered. `id` is public and is never a credential."""

    id: PersonId
    name: str
    account: bool = False  # keeps the name by a password
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A person at one browser or script."""

    id: SessionId
    person: Person


def public_id(person: PersonId) -> str:
    """The person's number as pages show it: `u-7`."""
    return f"u-{person}"


def clean_name(raw: str) -> str:
    """A name as it is shown: NFKC, trimmed, inner white space collapsed.

    Raises `Invalid` unless 2 to 32 characters remain, among them one that is neither mark nor
    punctuation nor space; control and invisible formatting characters (bidi overrides among them)
    are refused rather than dropped, since two names that look alike must not both be accepted.
    """
    name = " ".join(unicodedata.normalize("NFKC", raw).split())
    if not name:
        raise Invalid("name", "Give a name to go in by.")
    if any(
        c in INVISIBLE
        or (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and c != "\u200d")
        for c in name
    ):
        raise Invalid("name", "That name has characters that cannot be shown. Use letters.")
    if not NAME_MIN <= len(name) <= NAME_MAX:
        raise Invalid("name", f"A name has {NAME_MIN} to {NAME_MAX} characters.")
    if not any(unicodedata.category(c)[0] in "LNS" for c in name):
        raise Invalid("name", "A name needs a letter.")
    return name


def name_key(name: str) -> str:
    """What two names share when they are the same name, or look it: case folded, without joiners.

    Folded and normalised twice: Unicode's compatibility caseless match (its chapter 3.13, D146), since
    once is not enough for every letter.
    """
    key = unicodedata.normalize("NFD", name.translate(JOINERS))
    for _ in range(2):
        key = unicodedata.normalize("NFKC", key.casefold())
    return key
