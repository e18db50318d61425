"""Codes that open rooms: four letters and two digits, easy to say and to type."""

import secrets

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and no O: they look like digits
DIGITS = "0123456789"


def new_code() -> str:
    """A random code as it is stored, `KELP42`: one of 33 million."""
    letters = (secrets.choice(LETTERS) for _ in range(4))
    digits = (secrets.choice(DIGITS) for _ in range(2))
    return "".join([*letters, *digits])


def code_key(raw: str) -> str:
    """What somebody typed, as codes are stored: in capitals, without hyphens and spaces."""
    return "".join(c for c in raw.upper() if c.isalnum())


def shown_code(code: str) -> str:
    """A stored code as it is said: `KELP-42`."""
    return f"{code[:4]}-{code[4:]}"
