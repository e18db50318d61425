"""Changes become fragments a few at a time."""

import asyncio
from collections.abc import Callable, Sequence

from chat.core.changes import Change
from chat.live.batch import Fragment

RENDERS_A_TURN = 20  # then the loop gets a turn: about 5 ms of what people write

Render = Callable[[str, Change], Fragment]


async def rendered(render: Render, slug: str, changes: Sequence[Change]) -> list[Fragment]:
    """Their fragments; others get their turn in between, since some messages take milliseconds."""
    fragments: list[Fragment] = []
    for change in changes:
        fragments.append(render(slug, change))
        if len(fragments) % RENDERS_A_TURN == 0:
            await asyncio.sleep(0)
    return fragments
