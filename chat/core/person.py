"""People and their names."""

import unicodedata
from dataclasses import dataclass

from chat.core.ids import PersonId, SessionId
from chat.core.names import shown
from chat.core.problems import Invalid

NAME_MAX = 32  # characters, after normalising
PASSWORD_MIN, PASSWORD_MAX = 8, 200  # characters, after normalising
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
    """A person's name as it is shown. Raises `Invalid` as `shown` does."""
    if not raw.strip():
        raise Invalid("name", "Give a name to go in by.")
    return shown(raw, "A name", NAME_MAX)


def typed_password(raw: str) -> str:
    """A password as it is compared: keyboards differ in how they put letters with marks together."""
    return unicodedata.normalize("NFC", raw)


def clean_password(raw: str) -> str:
    """A password to be kept from now on. Raises `Invalid("password", …)` unless its length is right."""
    password = typed_password(raw)
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid("password", f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
    return password


def name_key(name: str) -> str:
    """What two names share when they are the same name, or look it: case folded, without joiners.

    Folded and normalised twice: Unicode's compatibility caseless match (its chapter 3.13, D146), since
    once is not enough for every letter.
    """
    key = unicodedata.normalize("NFD", name.translate(JOINERS))
    for _ in range(2):
        key = unicodedata.normalize("NFKC", key.casefold())
    return key
