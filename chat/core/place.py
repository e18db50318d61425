"""Where a message stands among the others of its room, and how it comes to stand elsewhere."""

from chat.core.ids import Number
from chat.core.message import POS_STEP


def between(lower: int | None, upper: int | None, change: Number) -> int | None:
    """A position between two neighbours' (`None`: there is none on that side), or `None` if they touch.

    What the change `change` moves to the end stands where a message posted by it would: below
    everything that is said later.
    """
    if upper is None:
        return change * POS_STEP
    if lower is None:
        return upper - POS_STEP
    middle = (lower + upper) // 2
    return middle if middle > lower else None


def stands_between(pos: int, lower: int | None, upper: int | None) -> bool:
    """Whether a position is between these already."""
    return (lower is None or lower < pos) and (upper is None or pos < upper)
