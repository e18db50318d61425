"""What a room's settings may be, the presets that fill them in, and what follows from changing them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_args

from chat.core.message import BODY_MAX
from chat.core.person import name_key
from chat.core.problems import Invalid
from chat.core.room import Access, History, Lifetime, Settings, Who

KEEP_MAX = 10_000  # messages: all of them are looked at with each post
CAPACITY_MAX = 10_000  # people
NEWCOMERS_MAX = 10_000  # messages

_CHOICES: dict[str, tuple[str, ...]] = {
    "access": tuple(choice for choice in get_args(Access) if choice != "direct"),
    "lifetime": get_args(Lifetime),
    "history": get_args(History),
    "who_posts": get_args(Who),
    "who_clears": get_args(Who),
    "who_arranges": get_args(Who),
}
_LIMITS = {"newcomers_see": NEWCOMERS_MAX, "keep": KEEP_MAX, "capacity": CAPACITY_MAX, "max_length": BODY_MAX}
NAMES = tuple(field.name for field in fields(Settings))
_WIDTH = {"visit": 0, "joined": 1, "all": 2}  # how much of a room's past a history rule shows


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of room by one name: `key` is its value in forms."""

    key: str
    name: str
    sentence: str
    icon: str
    settings: Settings


PRESETS = (
    Preset("open", "Open room", "Everyone here can find it and come in.", "people", Settings()),
    Preset("private", "Private room", "Only people you invite.", "lock",
           Settings(access="private", history="joined")),
    Preset("drop-in", "Drop-in", "A code opens it. It disappears when the talk is over.", "hourglass",
           Settings(access="code", lifetime="ephemeral")),
    Preset("off-the-record", "Off the record", "You see what is said while you are here, and nothing stays.",
           "eye", Settings(lifetime="ephemeral", history="visit")),
    Preset("announcements", "Announcements", "Hosts write, everyone reads and reacts.", "horn",
           Settings(who_posts="moderators")),
    Preset("workshop", "Workshop", "Everyone moves and clears. The last 500 messages stay.", "move",
           Settings(who_clears="everyone", who_arranges="everyone", keep=500)),
    Preset("last-hundred", "Last hundred", "Newcomers see the last 100 messages.", "clock",
           Settings(newcomers_see=100)),
)  # fmt: skip


def preset(raw: str) -> Settings:
    """The settings of a preset, by its key or its name in any spelling. Raises `Invalid`."""
    wanted = _plain(raw) or _plain(PRESETS[0].key)
    for one in PRESETS:
        if wanted in (_plain(one.key), _plain(one.name)):
            return one.settings
    raise Invalid("preset", "There is no such kind of room.")


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def filled(base: Settings, given: Mapping[str, str], body_max: int) -> Settings:
    """`base` with the fields of a form put in; fields left out or empty stay as they are.

    `body_max` is the longest message that is taken anywhere. Raises `Invalid` with the field's name.
    """
    values: dict[str, Any] = {}
    for field in fields(Settings):
        raw = given.get(field.name, "").strip()
        if raw and raw != str(getattr(base, field.name)):
            values[field.name] = _value(field.name, raw)
    settings = replace(base, **values)
    return replace(settings, max_length=min(settings.max_length, body_max))


def _value(name: str, raw: str) -> str | int:
    if name in _CHOICES:
        if raw not in _CHOICES[name]:
            raise Invalid(name, "Choose one of these.")
        return raw
    least, most = limits(name)
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and least <= int(raw) <= most):
        raise Invalid(name, f"Give a number from {least} to {most:,}.")
    return int(raw)


def limits(name: str) -> tuple[int, int]:
    """The least and the most that a setting with a number may be."""
    return int(name == "max_length"), _LIMITS[name]


def as_form(settings: Settings) -> dict[str, str]:
    """The fields of a form that hold these settings."""
    return {name: str(value) for name, value in asdict(settings).items()}


def check_default(name: str, before: str, settings: Settings) -> None:
    """Refuse what a default room cannot be, since everybody lands there: called otherwise, hidden, or gone.

    Raises `Invalid` with the field's name.
    """
    if name_key(name) != name_key(before):
        raise Invalid("name", "Everybody lands in this room; it has its name from where Parley is set up.")
    if settings.access != "open":
        raise Invalid("access", "Everybody lands in this room, so it stays open.")
    if settings.lifetime != "kept":
        raise Invalid("lifetime", "Everybody lands in this room, so it stays.")


def outdates(before: Settings, after: Settings) -> bool:
    """Whether open pages have to load again: they show too much, or what they print once is another."""
    return _printed(before) != _printed(after) or narrows(before, after)


def _printed(settings: Settings) -> tuple[str, int, str, bool]:
    """What a page shows its box to write in, the tools of messages and the words in answers by."""
    return settings.who_posts, settings.max_length, settings.who_arranges, seen_by_all(settings)


def narrows(before: Settings, after: Settings) -> bool:
    """Whether a history rule shows less than it did: it binds at once, in open pages too."""
    return _WIDTH[after.history] < _WIDTH[before.history]


def seen_by_all(settings: Settings) -> bool:
    """Whether whoever comes in sees everything that was said: only then answers show the words they quote."""
    return settings.history == "all" and not settings.newcomers_see
