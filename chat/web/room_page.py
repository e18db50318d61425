"""The page of a room, put together of what is kept and what is not.

`templates/pages/room.html` is rendered with a hole in the place of everything that changes often. What is
around the holes is the shell, which is kept: all who may do the same have the same. What fills them is kept
by itself, or is a few bytes. A page that is asked for again costs a few look-ups, whatever it shows.
"""

import re
import secrets
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup, escape

from chat.actions.views import View
from chat.core.file import FileLimits
from chat.core.ids import Number
from chat.core.message import Message, Notice
from chat.core.room import Member, rights
from chat.web.own import rows, shown
from chat.web.packing import Loose, Piece
from chat.web.render import Renderer
from chat.web.shelf import Log, Panel, Recall, Shelf, Shell

_SECRET = secrets.token_hex(16)  # nobody who writes something can make a hole
_HOLE = re.compile(rf"{_SECRET}-(\w+)-")
THING_COST = 1_200  # bytes of a message beside its HTML
LINE_COST = 400  # bytes of what tells that nothing is new in a room


class Typed(NamedTuple):
    """What the box to write in begins with: a draft, what it answers, and why it was refused."""

    draft: str = ""
    reply: Message | None = None
    error: str = ""


NOTHING = Typed()


class _Anybody(NamedTuple):
    """In the place of who reads."""

    id: Markup
    name: Markup


def _hole(name: str) -> Markup:
    return Markup(f"{_SECRET}-{name}-")


_ANYBODY = _Anybody(_hole("me"), _hole("name"))


class RoomPage:
    """Pages of rooms as pieces, to be sent as they are or packed."""

    def __init__(self, renderer: Renderer, files: FileLimits, clock_ms: Callable[[], int]) -> None:
        self._renderer, self._files, self._clock_ms = renderer, files, clock_ms
        self.shelf = Shelf()

    def recall(self) -> Recall:
        """What is kept, to be asked while a page is read."""
        return Recall(self.shelf, self._clock_ms())

    def pieces(
        self, view: View, recall: Recall, typed: Typed = NOTHING, *, past: bool = False, placed: bool = False
    ) -> list[Piece]:
        """The page, in order. What of it is not in the view is what `recall` knew."""
        me = view.member.person
        rooms, direct = recall.lists or self._lists(view, recall)
        within: dict[str, Piece] = {
            "me": Loose(str(me.id).encode()),
            "name": Loose(escape(me.name).encode()),
            "face": Loose(self._renderer.face(me).encode()),
            "rooms": rooms,
            "direct": direct,
            "log": self._log(view, recall),
            "people": self._people(view, recall),
            "cursor": Loose(str(view.cursor).encode()),
            "nonce": Loose(new_nonce().encode()),
        }
        shell = self._shell(view.member, typed, past=past, placed=placed)
        return [within[piece] if isinstance(piece, str) else piece for piece in shell]

    def _shell(self, member: Member, typed: Typed, *, past: bool, placed: bool) -> Shell:
        """What is around everything that changes, the same for all who may do the same in the room.

        It is kept unless somebody has typed something.
        """
        room, can = member.room, rights(member)
        named = room.id, room.slug, room.name, room.topic, room.other, room.code
        key = named, room.settings, room.epoch, can, past, placed
        if typed == NOTHING and (kept := self.shelf.shells.get(key)):
            return kept
        html = self._renderer.page(
            "room", me=_ANYBODY, my_face=_hole("face"), lists=(_hole("rooms"), _hole("direct")),
            log=_hole("log"), cursor=_hole("cursor"), nonce=_hole("nonce"), people=_hole("people"),
            room=room, can=can, file_limits=self._files, past=past, placed=placed, **typed._asdict(),
        )  # fmt: skip
        parts = _HOLE.split(html)  # text and names in turn
        shell: Shell = [part if at % 2 else Piece(part.encode()) for at, part in enumerate(parts)]
        if typed == NOTHING:
            self.shelf.shells.put(key, shell, len(html) * 5 // 4)
        return shell

    def _log(self, view: View, recall: Recall) -> Piece:
        """What stands above the oldest message and the messages, with "New" where the reader has news."""
        member, log = view.member, recall.log
        if log is None:
            log = Log(view.log, view.older, Piece(b""))
            log = replace(log, piece=self._rendered(log, member, recall, None))
            self._keep(recall.key, log)
        elif (known := self.shelf.logs.get(recall.key)) is not None:
            log = known  # and is kept for longer now
        if (new := new_at(log.things, member)) is None:
            return log.piece
        key = recall.key and (recall.key, new, member.read)
        if (found := self.shelf.logs.get(key)) is None:
            found = Log((), log.older, self._rendered(log, member, recall, new))
            self._keep(key, found)
        return found.piece

    def _keep(self, key: Hashable, log: Log) -> None:
        if key:
            self.shelf.logs.put(key, log, len(log.piece.plain) * 5 // 4 + len(log.things) * THING_COST)

    def _rendered(self, log: Log, member: Member, recall: Recall, new: Number | None) -> Piece:
        room, before = member.room, earlier(log.things, older=log.older)
        above = self._renderer.part("room/_earlier", room=room, earlier=before)
        messages = self._renderer.log(log.things, room.slug, recall.now_ms, new, member.read)
        return Piece((above + messages).encode())

    def _people(self, view: View, recall: Recall) -> Piece:
        if recall.panel:
            return recall.panel.piece
        room, reader = view.member.room, view.member.person.id
        shown = [replace(one, presence="here") if one.person.id == reader else one for one in view.people]
        piece = Piece(self._renderer.part("room/_people_in", room=room, people=shown).encode())
        if recall.shown and shown == view.people:  # it shows everybody else the same
            absent = frozenset(one.person.id for one in view.people if one.presence != "here")
            self.shelf.put_panel(room.id, Panel(piece, recall.shown, absent, room.head, recall.began_s))
        return piece

    def _lists(self, view: View, recall: Recall) -> tuple[Piece, Piece]:
        lines = rows(view.mine, view.member.room)
        key = tuple(shown(line) for line in lines)
        if (kept := self.shelf.lists.get(key)) is None:
            rooms, direct = self._renderer.sidebar(lines)
            kept = Piece(rooms.encode()), Piece(direct.encode())
            self.shelf.lists.put(key, kept, len(rooms) + len(direct))
        if recall.standing:
            self.shelf.lists.put(recall.standing, kept, len(lines) * LINE_COST)
        return kept


def new_at(log: Sequence[Message | Notice], member: Member) -> Number | None:
    """The first message of others that is not read, unless everything here is new."""
    fresh = [isinstance(thing, Message) and thing.deleted is None and thing.number > member.read
             and thing.author.id != member.person.id for thing in log]  # fmt: skip
    first = fresh.index(True) if any(fresh) else 0
    said = any(isinstance(thing, Message) and thing.number <= member.read for thing in log[:first])
    return log[first].number if said else None


def earlier(log: Sequence[Message | Notice], *, older: bool) -> str | None:
    """Where the page before this one ends: `<pos>.<number>` of its oldest message, if there is more."""
    return f"{log[0].pos}.{log[0].number}" if older else None


def new_nonce() -> str:
    """A fresh mark for one submit."""
    return secrets.token_urlsafe(12)
