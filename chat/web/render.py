"""Everything that turns what happened into HTML. One synchronous Jinja environment, since fragments are
rendered inside the hub's turn, where nothing may be awaited.

A fragment is the same bytes for every reader: nothing in it depends on who reads. What does (day lines,
runs of one author, "New") is furniture, put between fragments here and again by the page's script.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

from markupsafe import Markup, escape

from chat.actions.lists import Card
from chat.core.changes import Change, Cursor, Floor
from chat.core.ids import Number, PersonId
from chat.core.message import Message, Notice
from chat.core.person import Person
from chat.core.presence import Attendance
from chat.core.room import START, Room
from chat.core.unread import Mine, Unread
from chat.live.persons import Lists
from chat.web import furniture, words
from chat.web.assets import Assets
from chat.web.environment import environment
from chat.web.furniture import Run
from chat.web.kept import Kept
from chat.web.markdown import to_html
from chat.web.mentions import dressed
from chat.web.own import RoomRow, lists_key, rows, shown

FRAGMENTS_MAX = 8 * 1024 * 1024  # bytes: some thousand messages, the newest of all rooms with readers
LISTS_MAX = 4 * 1024 * 1024  # the same of people's own lists

RESET = b"<output data-reset hidden></output>"
"""Tells a page to load itself again: it is too far behind, or of another epoch."""

_NEW_LINE = b'<li class="new-line" id="new" data-after="%d">New</li>\n'


class Renderer:
    """Templates, and the fragments rendered lately. Used from one thread."""

    def __init__(self, assets: Assets, site_name: str) -> None:
        self._env = environment(assets, site_name)
        self._lists: Kept[Lists] = Kept(LISTS_MAX)
        self._fragments: Kept[bytes] = Kept(FRAGMENTS_MAX)

    def page(self, name: str, **context: Any) -> str:
        """The page `templates/pages/<name>.html`, which says at its top what it needs."""
        kept: Mapping[str, str] = context.pop("values", {})
        defaults: dict[str, Any] = {"me": None, "rooms": (), "errors": {}, "past": False, "placed": False}
        defaults["reply"] = None
        if "lists" not in context:
            defaults["lists"] = self.sidebar(context.get("rooms", ()))
        if "my_face" not in context and context.get("me"):
            defaults["my_face"] = self.face(context["me"])
        return self._html(f"pages/{name}", **defaults | context, values=defaultdict(str, kept))

    def sidebar(self, lines: Sequence[RoomRow]) -> tuple[Markup, Markup]:
        """A person's lists of rooms and of people, as the pages show them beside what they are about."""
        return self.part("parts/_rooms_list", rooms=lines), self.part("parts/_direct_list", rooms=lines)

    def face(self, person: Person) -> Markup:
        """Somebody's face."""
        face: Markup = self._env.globals["face"](person)  # type: ignore[operator]
        return face

    def part(self, name: str, **context: Any) -> Markup:
        """A part of a page, `templates/<name>.html`."""
        return Markup(self._html(name, **context))

    def fragment(self, change: Change, slug: str) -> bytes:
        """The HTML of one change in its present state, the same for every reader of the room.

        Kept by the change itself, not by its number: a room that takes the place of a deleted one
        counts from the same numbers.
        """
        key = (slug, change)
        if (html := self._fragments.peek(key)) is None:  # the oldest go first
            html = self._fragment(change, slug).encode()
            self._fragments.put(key, html, len(html))
        return html

    def log(
        self,
        changes: Sequence[Message | Notice],
        slug: str,
        now_ms: int,
        new_at: Number | None = None,
        read: Number = START,
    ) -> Markup:
        """Fragments with their furniture, for a page.

        `new_at` is the number the "New" line stands before; what is numbered above `read` is new.
        """
        parts: list[bytes] = []
        today, before = words.day_of(now_ms), None
        for run in furniture.runs(changes, new_at):
            if run.day:
                text = words.day_words(run.day, today)
                parts.append(f'<li class="day" data-day="{run.day}"><h2>{text}</h2></li>\n'.encode())
            if run.new:
                parts.append(_NEW_LINE % read)
            if run.day or run.new:
                before = None
            parts += self._run(run, slug, before)
            before = run.shown[-1] if run.shown else before
        return Markup(b"".join(parts).decode())

    def _run(self, run: Run, slug: str, before: Message | Notice | None) -> Iterator[bytes]:
        """The fragments of a run, with the line that tells all of its notices if it has several."""
        notices = [thing for thing in run.shown if isinstance(thing, Notice)]
        merged = notices if len(notices) > 1 else []
        if merged:
            yield self._html("room/_told", notices=merged, told=furniture.tell(merged)).encode()
        for thing in run.things:
            html = self.fragment(thing, slug)
            if thing in merged:
                html = html.replace(b'class="notice"', b'class="notice merged"', 1)
            if furniture.continues(before, thing):
                html = html.replace(b'class="msg"', b'class="msg cont"', 1)
            yield html

    def history(self, room: Room, log: Markup, earlier: str | None, cursor: Cursor) -> bytes:
        """An older page for htmx: `cursor` is the one it was read at, `earlier` where the next one begins."""
        return self._html("room/_history", room=room, log=log, earlier=earlier, cursor=cursor).encode()

    def people_signal(self, room: Room, people: Sequence[Attendance]) -> bytes:
        """Who is in a room and what it is called, as a signal: it replaces what an open page shows."""
        return self._html("signals/people", room=room, people=people).encode()

    def lists(self, mine: Sequence[Mine]) -> Lists:
        """A person's own signals: both lists, for pages that have other rooms in theirs, and each badge.

        Many people are in the same rooms and have read the same of them: they share one.
        """
        lines = rows(mine)
        key = tuple((line.room.id, shown(line)) for line in lines)
        if (lists := self._lists.get(key)) is None:
            html = self._html("signals/lists", rooms=lines).encode()
            badges = {one.room.id: self.badge_signal(one.room.slug, one.unread) for one in mine}
            lists = Lists(lists_key(lines), html, badges)
            self._lists.put(key, lists, len(html) + sum(map(len, badges.values())))
        return lists

    def badge_signal(self, slug: str, unread: Unread) -> bytes:
        """What is not read of one room, for the lists of one person."""
        return self._html(
            "signals/badge", slug=slug, unread=unread.messages, mentions=unread.mentions
        ).encode()

    def cards_signal(self, cards: Sequence[Card]) -> bytes:
        """The list of rooms and who is in each, for the page Rooms."""
        return self._html("signals/cards", cards=cards).encode()

    def typing_signal(self, people: Sequence[tuple[PersonId, str]]) -> bytes:
        """Who writes something in a room: the page's script makes a sentence of it."""
        return self._html("signals/typing", people=people).encode()

    def composer_error(self, text: str) -> bytes:
        """Why a message was refused, for the line above the composer."""
        return self._html("parts/_error", text=text).encode()

    def _html(self, template: str, **context: Any) -> str:
        return self._env.get_template(f"{template}.html").render(context)

    def _fragment(self, change: Change, slug: str) -> str:
        match change:
            case Message():
                body = Markup("" if change.deleted else dressed(to_html(change.body), change.mentions))
                return self._html("changes/message", message=change, slug=slug, body=body)
            case Notice():
                return self._html("changes/notice", notice=change)
            case Floor():
                return self._html("changes/floor", floor=change)
        assert_never(change)


def mark(cursor: Cursor) -> bytes:
    """Ends a batch: this connection has been given all it may see up to here. Alone: hello, heartbeat."""
    return f'<i data-mark="{escape(str(cursor))}" hidden></i>'.encode()
