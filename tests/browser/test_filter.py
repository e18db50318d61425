"""The filter: a page and any run of batches come to the state of a page loaded later."""

import random
from dataclasses import dataclass, field, replace

import pytest
from playwright.async_api import Browser, Page

from tests.browser import scripts

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHOW = """([log, cursor, text]) => {
  if (log !== null) document.getElementById('log').innerHTML = log;
  if (cursor) document.getElementById('cursor').value = cursor;
  if (text !== null) {
    const target = document.getElementById('log');
    htmx.swap({ text, sourceElement: target, target, swap: 'beforeend' });
  }
  return [[...document.querySelectorAll('#log > [data-change]')].map(li => `${li.id}@${li.dataset.change}`),
    document.getElementById('cursor').value];
}"""


@dataclass(frozen=True, slots=True)
class Said:
    number: int
    change: int
    pos: int
    deleted: bool = False

    def html(self) -> str:
        gone = " data-deleted" if self.deleted else ""
        return (
            f'<li class="msg" id="m-{self.number}" data-number="{self.number}" data-change="{self.change}"'
            f' data-pos="{self.pos}" data-author="u-9"{gone}><div class="msg-body">{self.change}</div></li>'
        )


@dataclass(slots=True)
class Room:
    """A room as the store would have it, and its state at each head."""

    head: int = 0
    said: dict[int, Said] = field(default_factory=dict)
    floor: tuple[int, int] = (0, 0)  # number, change
    states: list[tuple[dict[int, Said], tuple[int, int]]] = field(default_factory=lambda: [({}, (0, 0))])

    def change(self, chance: random.Random) -> None:
        self.head += 1
        now = self.head
        live = [one for one in self.said.values() if not one.deleted]
        what = chance.choice(["post"] * 5 + ["edit", "edit", "delete", "move", "move", "drop", "clear"])
        if what == "post" or not live:
            self.said[now] = Said(now, now, now * 1000)
        elif what in ("edit", "delete"):
            one = chance.choice(live)
            self.said[one.number] = replace(one, change=now, deleted=what == "delete")
        elif what == "move":
            one, by = chance.choice(live), chance.choice(live)
            self.said[one.number] = replace(one, change=now, pos=by.pos + chance.choice((-1, 1)))
        elif what == "drop":
            self._drop(min(self.said) + 1)
        elif chance.random() < 0.2:
            self._drop(now)
        self.states.append((dict(self.said), self.floor))

    def _drop(self, floor: int) -> None:
        self.said = {number: one for number, one in self.said.items() if number >= floor}
        self.floor = (floor, self.head)

    def page(self, at: int) -> list[Said]:
        return sorted(self.states[at][0].values(), key=lambda one: (one.pos, one.number))

    def batch(self, since: int, at: int) -> str:
        """The fragments of the range (since, at], each in its state at `at`, in a random order."""
        said, (floor, change) = self.states[at]
        parts = [one.html() for one in said.values() if one.change > since]
        if change > since:
            parts.append(f'<li id="c-{change}" data-change="{change}" data-floor="{floor}" hidden></li>')
        random.Random(since).shuffle(parts)
        return "".join(parts) + f'<i data-mark="abc.{at}" hidden></i>'


def earlier(one: Said) -> str:
    return (
        '<li class="earlier" id="earlier">'
        f'<a href="/rooms/harbour?before={one.pos}.{one.number}">Earlier messages</a></li>'
    )


async def show(page: Page, log: str | None, cursor: str | None, text: str | None) -> tuple[list[str], str]:
    ids, now = await page.evaluate(SHOW, [log, cursor, text])
    return ids, now


def mark(number: int, epoch: str = "abc") -> str:
    return f'<i data-mark="{epoch}.{number}" hidden></i>'


SEEDS = 40  # histories: each of the planted faults is noticed by one of them


async def test_a_page_and_the_batches_after_it_are_the_page_loaded_later(bare: Page) -> None:
    await follow_rooms(bare)


async def follow_rooms(page: Page) -> None:
    for seed in range(SEEDS):
        await follow_a_room(page, random.Random(seed))


async def follow_a_room(bare: Page, chance: random.Random) -> None:
    """One history: a page somewhere in it, then batches that overlap and overtake one another."""
    room = Room()
    for _ in range(60):
        room.change(chance)
    start = chance.randrange(10, 40)
    whole = room.page(start)
    shown = whole[-8:] if len(whole) > 8 else whole
    top = earlier(shown[0]) if len(whole) > len(shown) else '<li class="begin"></li>'
    await show(bare, top + "".join(one.html() for one in shown), f"abc.{start}", None)
    cursor = start
    while cursor < room.head:
        since, until = chance.randint(0, cursor), chance.randint(cursor, room.head)
        ids, now = await show(bare, None, None, room.batch(since, until))
        if chance.random() < 0.3:  # an overtaken answer of another transport
            ids, now = await show(bare, None, None, room.batch(0, chance.randint(since, until)))
        cursor = until
        assert now == f"abc.{cursor}"
    edge = (shown[0].pos, shown[0].number) if len(whole) > len(shown) else (-1, 0)
    kept = [one for one in room.page(room.head) if (one.pos, one.number) >= edge]
    assert ids == [f"m-{one.number}@{one.change}" for one in kept]


async def test_a_message_posted_and_edited_while_away_comes_once_in_its_last_state(bare: Page) -> None:
    first, second = Said(1, 1, 1000), Said(2, 2, 2000)
    await show(bare, first.html(), "abc.1", None)
    ids, now = await show(bare, None, None, replace(second, change=3).html() + mark(3))
    assert (ids, now) == (["m-1@1", "m-2@3"], "abc.3")


async def test_nothing_is_applied_of_another_epoch_or_of_a_batch_without_its_mark(bare: Page) -> None:
    await nothing_of_another_epoch_is_applied(bare)


async def nothing_of_another_epoch_is_applied(page: Page) -> None:
    await show(page, Said(1, 1, 1000).html(), "abc.1", None)
    for text in (Said(2, 2, 2000).html() + mark(2, "xyz"), Said(2, 2, 2000).html(), mark(9, "xyz")):
        assert await show(page, None, None, text) == (["m-1@1"], "abc.1")


async def test_a_login_page_or_a_portal_never_enters_the_log(bare: Page) -> None:
    await show(bare, Said(1, 1, 1000).html(), "abc.1", None)
    for text in (
        "<!doctype html><html><body><p>wifi</p></body></html>",
        "<p>Hello</p>",
        "plain words",
    ):
        await show(bare, None, None, text)
    assert await bare.evaluate("document.getElementById('log').children.length") == 1
    assert "wifi" not in await bare.inner_text("#log")


async def test_a_signal_beside_numbered_things_reaches_its_target(bare: Page) -> None:
    partial = '<hx-partial hx-target="#people-in" hx-swap="innerHTML"><p>Ann</p></hx-partial>'
    ids, _ = await show(bare, "", "abc.0", Said(1, 1, 1000).html() + partial + mark(1))
    assert ids == ["m-1@1"]
    assert await bare.inner_text("#people-in") == "Ann"


async def test_history_is_put_above_and_never_touches_the_cursor(bare: Page) -> None:
    old, shown = Said(1, 1, 1000), Said(2, 2, 2000)
    await show(bare, earlier(shown) + shown.html(), "abc.2", None)
    answer = f'<ol data-history="abc.5"><li class="begin">Harbour</li>{old.html()}</ol>'
    assert await show(bare, None, None, answer) == (["m-1@1", "m-2@2"], "abc.2")
    assert await bare.locator("#earlier").count() == 0


async def test_an_older_state_in_history_does_not_replace_a_newer_one(bare: Page) -> None:
    await an_older_state_stays_out(bare)


async def an_older_state_stays_out(bare: Page) -> None:
    shown = Said(2, 7, 2000)
    await show(bare, earlier(shown) + shown.html(), "abc.7", None)
    old = Said(1, 1, 1000).html() + Said(2, 2, 1500).html()
    stale = f'<ol data-history="abc.7"><li class="begin"></li>{old}</ol>'
    assert (await show(bare, None, None, stale))[0] == ["m-1@1", "m-2@7"]


FAULTS = {
    "appends instead of placing": ("if (isBefore(place(other), place(li))) return other.after(li);", ""),
    "places by number alone": ("[Number(li.dataset.pos ?? 0), number(li)]", "[number(li), number(li)]"),
    "replaces in place what was moved": ("String(place(old)) === String(place(li))", "true"),
    "doubles what is there": ("const old = document.getElementById(li.id);", "const old = null;"),
    "applies below the cursor": (" && change(thing) > from", ""),
    "lets the cursor fall": ("if (mark.n > split(cursor()).n) cursorField.value", "cursorField.value"),
    "leaves what is below the floor": ("if (number(old) < floor) old.remove();", ";"),
    "shows what is above the edge": ("if (li.dataset.pos && limit &&", "if (false &&"),
    "ignores the epoch": ("if (mark.epoch === log.dataset.epoch)", "if (true)"),
    "lets an older state replace a newer": ("if (old && change(old) >= change(li)) return;", ""),
}
CHECKS = {
    "ignores the epoch": nothing_of_another_epoch_is_applied,
    "lets an older state replace a newer": an_older_state_stays_out,
}  # the others by the random histories


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_noticed(browser: Browser, fault: str) -> None:
    right, wrong = FAULTS[fault]
    script = scripts.joined()
    assert script.count(right) == 1
    async with scripts.bare_page(browser, script.replace(right, wrong)) as page:
        with pytest.raises(AssertionError):
            await CHECKS.get(fault, follow_rooms)(page)


async def test_top_level_names_are_unique_since_the_modules_are_joined() -> None:
    names = scripts.top_level_names()
    assert len(names) > 50
    assert len(names) == len(set(names))
