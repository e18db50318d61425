"""Words that depend on a time, a name or a status: what templates ask for as filters and functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from chat.core.presence import Attendance
from chat.core.room import Settings
from chat.core.settings import NAMES

_SHOWN = {"here": 50, "elsewhere": 20, "offline": 20}  # people; the rest is a number
_NAMED_MAX = 10  # of those who did the same; the rest is a number
_HEADINGS = {"here": "In this room", "elsewhere": "Elsewhere", "offline": "Offline"}

_PROBLEMS = {
    401: ("This session has ended", "Come in again to go on.", "closed"),
    403: ("This door is closed", "That may not be done here by you.", "closed"),
    404: (
        "Not here",
        "There is nothing at this address. The room may have closed, or the link lost a letter on the way.",
        "lost",
    ),
    409: ("Not now", "Something stands against it. Try again in a while.", "closed"),
    413: ("Too much at once", "That is more than fits. Shorten it.", "broken"),
    415: ("Not in this form", "Only what forms send is read here.", "broken"),
    422: ("Something is missing", "That could not be understood. Go back and look again.", "broken"),
    429: ("Slow down a little", "Too many tries. Wait a minute.", "away"),
    500: ("Something broke on our side", "Try again.", "broken"),
    503: ("Back in a moment", "Nothing can be read or written right now. Try again.", "away"),
}

_WHO = (("everyone", "Everyone in the room"), ("moderators", "Hosts"), ("owner", "Only the owner"))
_CHOICES = {
    "access": (("open", "Everyone here"), ("code", "Anyone with the code"), ("private", "People you invite")),
    "lifetime": (("kept", "Until someone deletes it"), ("ephemeral", "Until the last person leaves")),
    "history": (
        ("all", "Everything said before"),
        ("joined", "Only what comes after them"),
        ("visit", "Only what is said while they are here"),
    ),
    "who": _WHO,
}
_DOOR = {
    "open": "Everyone here can come in.",
    "code": "Anyone with the code can come in.",
    "private": "Only people who were invited can come in.",
    "direct": "Only the two of you read this.",
}
_PAST = {
    "all": "Those who come later see what was said before.",
    "joined": "Those who come later see what is said from then on.",
    "visit": "What is said is seen by those who are here.",
}


def rfc3339(at_ms: int) -> str:
    """UTC with milliseconds, as every `<time datetime>` has it."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def clock(at_ms: int) -> str:
    """The time of day in UTC, until the script puts the reader's own zone: `9:41`."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment.hour}:{moment:%M}"


def deadline(at_ms: int) -> str:
    """A day and a time of it in UTC, of what lies ahead: `2 November 2026, 9:41 UTC`."""
    day = day_of(at_ms)
    return f"{day.day} {day:%B} {day.year}, {clock(at_ms)} UTC"


def day_of(at_ms: int) -> date:
    """The UTC day of a time in milliseconds since 1970."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).date()


def day_words(day: date, today: date) -> str:
    """`Today`, `Yesterday`, `Thursday 19 November`, and the year where it is another one."""
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day:%A} {day.day} {day:%B}{year}"


def moment(at_ms: int, now_ms: int) -> str:
    """A time as it is said: `9:41`, `yesterday`, `Thursday`, `2 November`, `2 November 2025`."""
    day, today = day_of(at_ms), day_of(now_ms)
    if day == today:
        return clock(at_ms)
    if day == today - timedelta(days=1):
        return "yesterday"
    if today - timedelta(days=7) < day < today:
        return f"{day:%A}"
    return f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def first_name(name: str) -> str:
    """How a notice names somebody."""
    return name.split()[0] if name.split() else name


def some_names(names: Iterable[str]) -> str:
    """Those who did the same: `Ada, Ann and Cy`, the first ten and how many more there are."""
    firsts = [first_name(name) for name in names]
    shown, more = firsts[:_NAMED_MAX], len(firsts) - _NAMED_MAX
    if more > 0:
        shown.append(f"{more} other{'' if more == 1 else 's'}")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def people_groups(people: Sequence[Attendance]) -> list[tuple[str, list[Attendance], int]]:
    """The panel's groups that have anybody: heading, who is shown, how many more there are."""
    groups: dict[str, list[Attendance]] = {"here": [], "elsewhere": [], "offline": []}
    for one in people:
        groups["here" if one.presence == "away" else one.presence].append(one)
    return [
        (_HEADINGS[kind], group[: _SHOWN[kind]], max(0, len(group) - _SHOWN[kind]))
        for kind, group in groups.items()
        if group
    ]


def choices(name: str) -> Sequence[tuple[str, str]]:
    """The values of a setting and what they are called; those of `who` hold for all who may do something."""
    return _CHOICES[name]


def touched(values: Mapping[str, str]) -> bool:
    """Whether a form that makes a room says more than its kind."""
    return any(values.get(name) for name in NAMES)


def beginning(settings: Settings) -> str:
    """Who may come into a room, what they see of it, and what becomes of it."""
    said = [_DOOR[settings.access]]
    if settings.access != "direct":
        few = settings.newcomers_see if settings.history == "all" else 0
        said.append(
            f"Newcomers see at most {few:,} of what was said before." if few else _PAST[settings.history]
        )
    if settings.keep:
        said.append(f"Of all that is said, the last {settings.keep:,} stay.")
    if settings.lifetime == "ephemeral":
        said.append("When the last person has left, the room is gone.")
    return " ".join(said)


def problem_words(status: int) -> tuple[str, str, str]:
    """Title, sentence and drawing for a page that says what went wrong."""
    return _PROBLEMS.get(status, _PROBLEMS[500 if status >= 500 else 422])
