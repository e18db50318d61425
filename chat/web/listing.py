"""The page Rooms: finding a room, making one, going in by a code."""

from urllib.parse import urlencode

from quart import Blueprint, Response, request

from chat.actions import doors, lists, rooms
from chat.core.ids import RoomId
from chat.core.person import Person
from chat.core.problems import Conflict, Invalid, TooMany
from chat.core.room import NAME_MAX
from chat.core.settings import NAMES
from chat.web import forms
from chat.web.answers import page, see, status_of, with_retry
from chat.web.site import session, sidebar, site

MADE_OF = ("name", "topic", "preset", *NAMES)

blueprint = Blueprint("listing", __name__)


@blueprint.get("/rooms")
async def show() -> Response:
    return await list_page((await session()).person)


@blueprint.post("/rooms")
async def create() -> Response:
    person, form = (await session()).person, await forms.read()
    try:
        slug = await rooms.create(site().services, person, form)
    except Invalid as error:
        return await list_page(person, form.kept(*MADE_OF), {error.field: error.text}, 422)
    return see(f"/rooms/{slug}")


@blueprint.post("/join")
async def join() -> Response:
    return await by_code((await session()).person, await forms.read())


async def by_code(person: Person, form: forms.Form) -> Response:
    """Through the door that a code opens, or the page of rooms with what is wrong beside the code."""
    try:
        slug = await doors.by_code(site().services, person, form.text("code"), request.remote_addr or "")
    except (Invalid, Conflict, TooMany) as problem:
        answer = await list_page(person, form.kept("code"), {"code": problem.text}, status_of(problem))
        return with_retry(answer, problem)
    return see(f"/rooms/{slug}")


async def list_page(
    person: Person, values: dict[str, str] | None = None, errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    """The listed rooms and the forms of the page, with what was typed into one that was refused."""
    q = request.args.get("q", "").strip()[:NAME_MAX]
    last = forms.number("after", request.args.get("after", ""))
    listing = await lists.listed(site().services, q, RoomId(last) if last else None)
    cards = listing.cards
    following = urlencode(({"q": q} if q else {}) | {"after": cards[-1].room.id if cards else 0})
    return page("rooms", status, me=person, rooms=await sidebar(person), cards=cards, q=q,
                paged=bool(last), more=f"/rooms?{following}" if listing.more else "",
                values=values or {}, errors=errors or {})  # fmt: skip
