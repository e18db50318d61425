"""How far a proof goes: a short way in `make test`, the whole way in `make proof`."""

import os

LONG = os.environ.get("PROOF") == "long"


def length(short: int, long: int) -> int:
    """How many rounds, or seconds, this run makes."""
    return long if LONG else short
