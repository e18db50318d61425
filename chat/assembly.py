"""Puts the parts together: the only place that knows all of them."""

import contextlib
import logging
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

from quart import Quart

from chat.actions import files, lists, messages, rooms, setup, upkeep, visits
from chat.actions.services import Services
from chat.actions.settle import settle
from chat.config import BadSettings, Config, address, database_url, file_limits, files_folder, load
from chat.core.ids import PersonId, RoomId
from chat.core.limits import Buckets
from chat.core.problems import Unavailable
from chat.live.bell import Bell
from chat.live.garbage import Garbage
from chat.live.hub import Hub, Sources
from chat.live.janitor import Duties, Janitor
from chat.live.persons import Lists
from chat.live.presence import Presence
from chat.live.redis_bell import RedisBell
from chat.store import facts
from chat.store.database import Database
from chat.store.storage import Disk
from chat.store.upgrade import NewerDatabase
from chat.web import (
    answers,
    arrange,
    avatars,
    direct,
    health,
    invites,
    listing,
    members,
    reactions,
    room_settings,
    server,
    uploads,
)
from chat.web import files as web_files
from chat.web import messages as web_messages
from chat.web import people as web_people
from chat.web import rooms as web_rooms
from chat.web import search as web_search
from chat.web import settings as web_settings
from chat.web import setup as web_setup
from chat.web.addresses import Id, Slug
from chat.web.assets import Assets
from chat.web.gate import Gate
from chat.web.pages import Pages
from chat.web.posts import Posts
from chat.web.render import Renderer
from chat.web.site import Site
from chat.web.streams import Streams
from chat.web.transports import Transports

ROOT = Path(__file__).parent.parent
VERSION = "0.1.0"
BODY_S = 15  # how long a form may take to arrive
DAY_MS = 24 * 60 * 60 * 1000

log = logging.getLogger("parley")


def create_app(config: Config) -> Quart:
    """The application of one worker. Its parts start and stop with the server's lifespan."""
    app = Quart("chat", static_folder=None, template_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=config.limits.form_bytes,
        MAX_FORM_MEMORY_SIZE=config.limits.form_bytes,
        BODY_TIMEOUT=BODY_S,
    )
    hub, site = _parts(config)
    services = site.services
    app.extensions["parley"] = site
    app.url_map.converters |= {"slug": Slug, "id": Id}
    app.request_class = uploads.IncomingRequest
    app.asgi_http_class = uploads.PacedConnection
    for module in (
        web_people, web_settings, web_setup, avatars, listing, web_rooms, room_settings, members, invites,
        direct, web_messages, web_files, web_search, arrange, reactions, health,
    ):  # fmt: skip
        app.register_blueprint(module.blueprint)
    answers.install(app)
    transports = Transports(hub, services.presence, site.pages)
    streams = Streams(services, transports, config.site.url, config.limits.streams_per_address)
    posts = Posts(services, site.pages, config.site.url, config.limits.form_bytes)
    app.asgi_app = Gate(app.asgi_app, streams, posts, site.renderer, config.site.url, hub.stop)  # type: ignore[method-assign,assignment]

    @app.while_serving
    async def lifespan() -> AsyncGenerator[None, None]:
        async with _running(services, hub, config):
            yield

    return app


def _parts(config: Config) -> tuple[Hub, Site]:
    assets = Assets.load(ROOT / "static")
    renderer = Renderer(assets, config.site.name)

    hub = Hub(_sources(lambda: site))
    services = Services(
        db=Database(database_url(config)),
        secret=b"",
        bell=RedisBell(hub, config.redis.url) if config.redis.url else Bell(hub),
        presence=Presence(
            settle=lambda worker, turns: settle(services, worker, turns),
            enlist=lambda worker: upkeep.enlist(services, worker),
            beat=lambda worker: upkeep.beat(services, worker),
        ),
        posts=Buckets(config.limits.posts_per_second, config.limits.posts_burst),
        session_ms=config.session.days * DAY_MS,
        body_max=config.messages.max_length,
        storage=Disk(files_folder(config)),
        files=file_limits(config),
    )
    pages = Pages(services, renderer, hub.known)
    site = Site(config.site.name, config.site.url, VERSION, services, renderer, assets, pages)
    return hub, site


def _sources(parts: Callable[[], Site]) -> Sources:
    """Where the hub has its news from; the parts are there once the first reader is."""

    async def show_people(room: RoomId) -> bytes:
        found = await visits.gathering(parts().services, room)
        return parts().renderer.people_signal(*found) if found else b""

    async def show_rooms() -> bytes:
        return parts().renderer.cards_signal((await lists.listed(parts().services)).cards)

    async def show_typing(room: RoomId, people: Sequence[PersonId]) -> bytes:
        writers = await messages.writers(parts().services, room, people) if people else ()
        return parts().renderer.typing_signal(writers)

    async def show_lists(people: Collection[PersonId]) -> Mapping[PersonId, Lists]:
        found = await lists.of(parts().services, people)
        return {person: parts().renderer.lists(mine) for person, mine in found.items()}

    async def show_badges(room: RoomId, people: Collection[PersonId]) -> Mapping[PersonId, bytes]:
        slug, found = await lists.badges(parts().services, room, people)
        return {person: parts().renderer.badge_signal(slug, unread) for person, unread in found.items()}

    return Sources(
        read=lambda room, since, seen: messages.read(parts().services, room, since, seen),
        render=lambda slug, change: parts().pages.fragment(slug, change),
        heads=lambda ids: upkeep.heads(parts().services, ids),
        ended=lambda since: upkeep.ended_sessions(parts().services, since),
        people=show_people,
        rooms=show_rooms,
        typing=show_typing,
        lists=show_lists,
        badges=show_badges,
        outdated=lambda room: parts().pages.room.shelf.people_changed(room),
    )


@contextlib.asynccontextmanager
async def _running(services: Services, hub: Hub, config: Config) -> AsyncIterator[None]:
    """Start what has to run, in the order in which it is needed; stop it in the other."""
    try:
        await services.db.migrate()
        services.secret = await services.db.write(facts.secret)
        house = await services.db.write(facts.house)
        await rooms.make_defaults(services, config.rooms.default)
        token = await setup.open_token(services)
    except (NewerDatabase, Unavailable) as error:
        give_up(f"{error} ({error.__cause__})" if isinstance(error, Unavailable) else str(error))
    if token:
        where = f"{address(config)}/setup/{token}"
        log.info("Nobody runs this place yet: %s makes the first administrator", where)
    janitor, garbage = Janitor(_duties(services)), Garbage(hub.count)
    await services.presence.start()
    await services.bell.start(house)
    await hub.start()
    janitor.start()
    ending = files.care_for_ends(services)
    server.end_well_when_told()
    garbage.start()
    try:
        yield
    finally:
        await hub.stop()
        janitor.stop()
        ending.cancel()
        garbage.stop()
        services.presence.stop()
        await services.bell.stop()
        await services.db.close()
        server.stopped()


def _duties(services: Services) -> Duties:
    return Duties(
        own=lambda: services.presence.worker,
        beats=partial(upkeep.beats, services),
        show_gone=partial(upkeep.show_gone, services),
        bury=partial(upkeep.bury, services),
        empty_rooms=partial(upkeep.empty_rooms, services),
        end_room=partial(upkeep.end_room, services),
        tidy=partial(upkeep.tidy, services),
    )


def _speak() -> None:
    """Have what our parts say on standard error, in the form of Hypercorn's own lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter("[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", "%Y-%m-%d %H:%M:%S %z")
    )
    log.addHandler(handler)
    log.setLevel(logging.INFO)


def give_up(reason: str) -> None:
    """Refuse to start: one line on standard error, status 1, nothing served."""
    print(f"Parley cannot start: {reason}", file=sys.stderr, flush=True)
    server.fail_supervisor()
    os._exit(1)


def start() -> Quart:
    """The application by this process's settings, or the end of the process."""
    _speak()
    try:
        return create_app(load())
    except BadSettings as error:
        give_up(str(error))
        raise
