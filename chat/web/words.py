"""Words that depend on a time, a name or a status: what templates ask for as filters and functions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from chat.core.presence import Attendance

_SHOWN = {"here": 50, "elsewhere": 20, "offline": 20}  # people; the rest is a number
_HEADINGS = {"here": "In this room", "elsewhere": "Elsewhere", "offline": "Offline"}

_PROBLEMS = {
    401: ("This session has ended", "Come in again to go on.", "closed"),
    403: ("This door is closed", "That may not be done here by you.", "closed"),
    404: (
        "Not here",
        "There is nothing at this address. The room may have closed, or the link lost a letter on the way.",
        "lost",
    ),
    409: (
        "Already done differently",
        "This was sent before with other words. Send it as a new one.",
        "broken",
    ),
    413: ("Too much at once", "That is more than fits. Shorten it.", "broken"),
    415: ("Not in this form", "Only what forms send is read here.", "broken"),
    422: ("Something is missing", "That could not be understood. Go back and look again.", "broken"),
    429: ("Slow down a little", "Too many tries. Wait a minute.", "away"),
    500: ("Something broke on our side", "Try again.", "broken"),
    503: ("Back in a moment", "Nothing can be read or written right now. Try again.", "away"),
}


def rfc3339(at_ms: int) -> str:
    """UTC with milliseconds, as every `<time datetime>` has it."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def clock(at_ms: int) -> str:
    """The time of day in UTC, until the script puts the reader's own zone: `9:41`."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment.hour}:{moment:%M}"


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


def problem_words(status: int) -> tuple[str, str, str]:
    """Title, sentence and drawing for a page that says what went wrong."""
    return _PROBLEMS.get(status, _PROBLEMS[500 if status >= 500 else 422])
