"""Whether the program lives and is ready, and its static files."""

import time

from quart import Blueprint, Response, request
from quart.json import dumps

from chat.actions import upkeep
from chat.core.problems import NotFound, Unavailable
from chat.web.answers import text
from chat.web.people import IMMUTABLE
from chat.web.site import site

_STARTED_S = time.monotonic()

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
async def health() -> Response:
    return text("OK\n")


@blueprint.get("/ready")
async def ready() -> Response:
    services = site().services
    try:
        await upkeep.beats(services)
        database = True
    except Unavailable:
        database = False
    state = {
        "database": database,
        "redis": services.bell.connected,
        "version": site().version,
        "uptime_s": round(time.monotonic() - _STARTED_S),
    }
    # Redis away delays other workers' news by a second or two: worth knowing, no reason to be taken out
    return Response(dumps(state), 200 if database else 503, content_type="application/json")


@blueprint.get("/static/<path:name>")
async def static(name: str) -> Response:
    if (asset := site().assets.get(name)) is None:
        raise NotFound
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(asset.gzipped if packed else asset.content, content_type=asset.content_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = IMMUTABLE
    return response
