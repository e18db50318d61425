"""What every handler works with."""

from dataclasses import dataclass
from typing import cast

from quart import current_app, request

from chat.actions import asking, lists
from chat.actions.people import Caller
from chat.actions.services import Services
from chat.core.person import Person, Session
from chat.core.problems import NotSignedIn
from chat.core.room import Member, Room
from chat.web.assets import Assets
from chat.web.auth import is_secure, token_of
from chat.web.devices import device
from chat.web.own import RoomRow, rows
from chat.web.pages import Pages
from chat.web.render import Renderer


@dataclass(frozen=True, slots=True)
class Site:
    """The parts a handler may need, put together once at start."""

    name: str
    url: str
    version: str
    services: Services
    renderer: Renderer
    assets: Assets
    pages: Pages

    @property
    def secure(self) -> bool:
        """Whether this request's visitor came by https."""
        return is_secure(cast(dict[str, object], request.scope), self.url)

    @property
    def origin(self) -> str:
        """What addresses begin with outside this site, as in links that are sent to people."""
        return (self.url or request.url_root).rstrip("/")


def site() -> Site:
    """The site that this request belongs to."""
    return cast(Site, current_app.extensions["parley"])


async def session() -> Session:
    """Who asks. Raises `NotSignedIn`."""
    return await asking.recognise(site().services, token())


async def session_ended() -> bool:
    """Whether the browser still names a session that there is no more."""
    try:
        await session()
    except NotSignedIn:
        return names_session()
    return False


def names_session() -> bool:
    """Whether the browser names a session, which may have ended."""
    return bool(token())


def token() -> str:
    """What the browser names its session by, or an empty text."""
    return token_of(cast(dict[str, object], request.scope), site().url)


async def member_of(slug: str) -> Member:
    """Who asks, in the room at this address. Raises `NotSignedIn`, and `NotFound` as `asking.member`."""
    return (await asking.member(site().services, token(), slug))[1]


async def sidebar(person: Person, room: Room | None = None) -> list[RoomRow]:
    """The lists of rooms beside a page of theirs; `room` is the one that the page is about."""
    return rows(await lists.mine(site().services, person), room)


def caller() -> Caller:
    """From where this request comes."""
    return Caller(request.remote_addr or "", device(request.headers.get("User-Agent", "")))
