"""Faces and flags as files, for what cannot draw them from the sprite."""

from quart import Blueprint, Response

from chat.actions import accounts, rooms
from chat.core.avatars import flag_svg, person_svg
from chat.core.ids import PersonId
from chat.core.person import public_id
from chat.web.site import session, site

KEPT = "private, max-age=86400"  # a day: they change with the name

blueprint = Blueprint("avatars", __name__, url_prefix="/avatars")


@blueprint.get("/people/<id:number>.svg")
async def person(number: int) -> Response:
    await session()
    found = (await accounts.person_of(site().services, PersonId(number))).person
    return _svg(person_svg(public_id(found.id), found.name))


@blueprint.get("/rooms/<slug:slug>.svg")
async def room(slug: str) -> Response:
    found = await rooms.reachable(site().services, (await session()).person, slug)
    return _svg(flag_svg(found.name))


def _svg(drawing: str) -> Response:
    response = Response(drawing, content_type="image/svg+xml")
    response.headers["Cache-Control"] = KEPT
    return response
