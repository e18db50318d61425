"""Links that let people into a room, as often and as long as whoever made one allows."""

from dataclasses import dataclass

from chat.core.problems import Invalid

HOURS_MAX = 8_760  # a year
USES_MAX = 1_000
INVITES_MAX = 100  # of a room at once: all of them are shown, so that each can be taken back
HOUR_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Invite:
    """`token` is the end of the link. `expires_ms` and `uses_left` are `None` where there is no limit."""

    id: int
    token: str
    expires_ms: int | None = None
    uses_left: int | None = None

    @property
    def path(self) -> str:
        """The address that lets people in."""
        return f"/invites/{self.token}"


def clean_hours(raw: str) -> int | None:
    """How many hours an invite lasts; `None` for ever. Raises `Invalid`."""
    return _limit("expires_hours", raw, HOURS_MAX)


def clean_uses(raw: str) -> int | None:
    """How many people an invite lets in; `None` for any number. Raises `Invalid`."""
    return _limit("uses", raw, USES_MAX)


def _limit(field: str, raw: str, most: int) -> int | None:
    text = raw.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise Invalid(field, f"Give a number from 1 to {most:,}, or nothing.")
    return int(text)
