"""The parts of pages that streams and forms share: a room's page, its transcript, what came since."""

from collections.abc import Awaitable, Callable

from markupsafe import Markup

from chat.actions import messages, rooms, unread, views
from chat.actions.services import Services
from chat.actions.views import View
from chat.core.changes import Change, Cursor
from chat.core.ids import Number
from chat.core.person import Person
from chat.core.room import Member, rights
from chat.live.batch import Batch, Fragment, reset
from chat.live.rendering import rendered
from chat.web import text
from chat.web.render import Renderer, mark
from chat.web.room_page import RoomPage, earlier, new_at

Known = Callable[[Member, Cursor, Number], Awaitable[Batch | None]]
"""What a member lacks after a cursor, at least up to a number, if that need not be read."""


async def _nothing(_member: Member, _since: Cursor, _to: Number) -> None:
    """Everything has to be read."""


class Pages:
    """Rooms as HTML and as text; `room` makes their pages."""

    def __init__(self, services: Services, renderer: Renderer, known: Known = _nothing) -> None:
        self._services, self._renderer, self._known = services, renderer, known
        self.room = RoomPage(renderer, services.files, services.clock_ms)

    def fragment(self, slug: str, change: Change) -> Fragment:
        """One change, rendered once for all readers: what feeds are given to render with."""
        return Fragment(change, self._renderer.fragment(change, slug), text.line(change))

    async def since(self, member: Member, cursor: Cursor, said: Number | None = None) -> Batch:
        """Everything after the cursor that the member may see, or the word to load the page again.

        With the number that they have just `said` it is not read from the store if a feed has it all.
        """
        if cursor.epoch != member.room.epoch or cursor.number < member.visible_from:
            return reset(cursor)
        batch = await self._known(member, cursor, said) if said else None
        batch = batch or await self._read(member, cursor)
        removed = batch.removal(member.person.id, member.joined)
        return batch.cut(removed) if removed else batch

    async def _read(self, member: Member, cursor: Cursor) -> Batch:
        replay = await messages.since(self._services, member, cursor.number)
        if replay.epoch != cursor.epoch or not replay.whole or cursor.number > replay.head:
            return reset(cursor)
        fragments = await rendered(self.fragment, member.room.slug, replay.changes)
        return Batch(cursor.number, Cursor(replay.epoch, replay.head), fragments)

    def log(self, view: View) -> Markup:
        """The messages of a view with their furniture."""
        slug, read = view.member.room.slug, view.member.read
        new = new_at(view.log, view.member)
        return self._renderer.log(view.log, slug, self._services.clock_ms(), new, read)

    def history(self, view: View) -> bytes:
        """An older part of the room, for a page that has the newer one."""
        return self._renderer.history(
            view.member.room, self.log(view), earlier(view.log, older=view.older), view.cursor
        )

    async def stream_head(self, person: Person, slug: str) -> tuple[Member, bytes]:
        """How a page that does not end begins, and the membership it was read with."""
        view = await views.view(self._services, person, slug)
        head = self._renderer.page(
            "stream",
            me=person,
            room=view.member.room,
            can=rights(view.member),
            earlier=earlier(view.log, older=view.older),
            log=self.log(view),
        )
        return view.member, head.encode() + mark(view.cursor)

    async def has_read(self, member: Member, number: Number) -> None:
        """What a page without scripts has shown is read."""
        await unread.advance(self._services, member, number)

    async def transcript(self, person: Person, slug: str) -> tuple[Member, bytes]:
        """The newest messages as lines of text, and the membership they were read with."""
        member, found = await rooms.transcript(self._services, person, slug)
        return member, b"".join(text.line(message) for message in found)
