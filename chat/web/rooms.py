"""Rooms as pages: the list of them, one of them, coming and going."""

import re

from quart import Blueprint, Response, request

from chat.actions import doors, messages, rooms
from chat.actions.rooms import View
from chat.core.ids import Number
from chat.core.message import REACH
from chat.core.person import Person
from chat.core.problems import Invalid, NotFound
from chat.core.room import HOUSE
from chat.web import forms
from chat.web.answers import html, is_htmx, navigates, page, see, text, wants
from chat.web.pages import rows
from chat.web.render import RoomCard
from chat.web.site import session, site

_PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,15})", re.ASCII)

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/rooms")
async def list_rooms() -> Response:
    return await _list_page((await session()).person)


@blueprint.post("/rooms")
async def create() -> Response:
    person, form = (await session()).person, await forms.read()
    try:
        slug = await rooms.create(site().services, person, form)
    except Invalid as error:
        return await _list_page(person, form.kept("name", "topic"), {error.field: error.text})
    return see(f"/rooms/{slug}")


@blueprint.post("/join")
async def join() -> Response:
    person, form = (await session()).person, await forms.read()
    try:
        slug = await doors.by_code(site().services, person, form.text("code"))
    except Invalid as error:
        return await _list_page(person, form.kept("code"), {error.field: error.text})
    return see(f"/rooms/{slug}")


@blueprint.get("/rooms/<slug:slug>")
async def room(slug: str) -> Response:
    person = (await session()).person
    before, at = _place(request.args.get("before", "")), _number(request.args.get("at", ""))
    if navigates() and not is_htmx():
        await doors.join(site().services, person, slug)
    if wants("text/plain"):
        return text((await site().pages.transcript(person, slug))[1])
    try:
        view = await rooms.view(site().services, person, slug, before, at)
    except NotFound:
        return await _join_page(person, slug)
    if view.member.room.slug != slug:
        return see(f"/rooms/{view.member.room.slug}")  # the address was renewed
    return _room_page(view, older=before is not None)


@blueprint.get("/rooms/<slug:slug>/frame")
async def frame(slug: str) -> Response:
    member = await rooms.enter(site().services, (await session()).person, slug)
    return page("frame", room=member.room)


@blueprint.post("/rooms/<slug:slug>/leave")
async def leave(slug: str) -> Response:
    member = await rooms.enter(site().services, (await session()).person, slug)
    await doors.leave(site().services, member)
    return see("/rooms")


@blueprint.post("/rooms/<slug:slug>/read")
async def read(slug: str) -> Response:
    member = await rooms.enter(site().services, (await session()).person, slug)
    number = (await forms.read()).number("number")
    if number is None:
        raise Invalid("number", "Up to which message?")
    await messages.mark_read(site().services, member, Number(min(number, member.room.head)))
    return Response(status=204) if is_htmx() else see(f"/rooms/{slug}")


@blueprint.post("/rooms/<slug:slug>/alive")
async def alive(slug: str) -> Response:
    who = await session()
    member = await rooms.enter(site().services, who.person, slug)
    site().services.bell.page_alive(who.id, member.room.id)
    return Response(status=204)


@blueprint.post("/alive")
async def alive_in_the_house() -> Response:
    site().services.bell.page_alive((await session()).id, HOUSE)
    return Response(status=204)


def _room_page(view: View, *, older: bool) -> Response:
    if older and is_htmx():
        return html(site().pages.history(view))
    past = older or len(view.log) >= REACH
    return html(site().pages.room(view, past=past))


async def _join_page(person: Person, slug: str) -> Response:
    found = await rooms.door(site().services, person, slug)
    listing = await rooms.listing(site().services, person)
    return page("join", me=person, rooms=rows(listing.mine), room=found)


async def _list_page(
    person: Person, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    listing = await rooms.listing(site().services, person)
    cards = [RoomCard(room, listing.here.get(room.id, ())) for room in listing.listed]
    status = 422 if errors else 200
    return page("rooms", status, me=person, rooms=rows(listing.mine), cards=cards,
                values=values or {}, errors=errors or {})  # fmt: skip


def _place(raw: str) -> tuple[int, Number] | None:
    if not raw:
        return None
    if (match := _PLACE.fullmatch(raw)) is None:
        raise Invalid("before", "That is no place in a room.")
    return int(match[1]), Number(int(match[2]))


def _number(raw: str) -> Number | None:
    return forms.Form({"at": raw}).number("at")
