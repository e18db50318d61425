"""A room as a page, who is in it, coming and going."""

import re

from quart import Blueprint, Response, request

from chat.actions import asking, doors, messages, rooms, unread, views, visits
from chat.actions.views import Part, View
from chat.core.ids import Number, PersonId
from chat.core.message import REACH
from chat.core.person import Person
from chat.core.presence import Attendance
from chat.core.problems import Conflict, Invalid, NotFound
from chat.core.room import HOUSE, Member, Room, may_become, may_remove
from chat.web import forms
from chat.web.answers import html, is_htmx, navigates, packed, page, see, status_of, text, wants
from chat.web.shelf import Recall
from chat.web.site import member_of, session, sidebar, site, token

_PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,15})", re.ASCII)

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/rooms/<slug:slug>")
async def room(slug: str) -> Response:
    part = Part(_place(request.args.get("before", "")), forms.number("at", request.args.get("at", "")))
    joins, recall = navigates() and not is_htmx(), site().pages.room.recall()
    if wants("text/plain"):
        return await _transcript(slug, joins=joins)
    try:
        view = await views.visit(site().services, token(), slug, part, recall, joins=joins)
    except Conflict as full:
        return await _full_page((await session()).person, slug, full)
    except NotFound:
        if joins:
            raise
        return await _join_page((await session()).person, slug)
    if view.member.room.slug != slug:
        return see(f"/rooms/{view.member.room.slug}")  # the address was renewed
    return _room_page(view, part, recall)


async def _transcript(slug: str, *, joins: bool) -> Response:
    person = (await session()).person
    if joins:
        try:
            await doors.join(site().services, person, slug)
        except Conflict as full:
            return await _full_page(person, slug, full)
    return text((await site().pages.transcript(person, slug))[1])


@blueprint.get("/rooms/<slug:slug>/frame")
async def frame(slug: str) -> Response:
    member = await member_of(slug)
    return page("frame", room=member.room)


@blueprint.post("/rooms/<slug:slug>/leave")
async def leave(slug: str) -> Response:
    member = await member_of(slug)
    await doors.leave(site().services, member)
    return see("/rooms")


@blueprint.get("/rooms/<slug:slug>/people/<id:person>")
async def one(slug: str, person: int) -> Response:
    member = await member_of(slug)
    return await _person_page(member, await visits.attending(site().services, member, PersonId(person)))


@blueprint.post("/rooms/<slug:slug>/read")
async def read(slug: str) -> Response:
    member = await member_of(slug)
    number = (await forms.read()).number("number")
    if number is None:
        raise Invalid("number", "Up to which message?")
    await unread.mark(site().services, member, Number(min(number, member.room.head)))
    return Response(status=204) if is_htmx() else see(f"/rooms/{slug}")


@blueprint.post("/rooms/<slug:slug>/typing")
async def typing(slug: str) -> Response:
    member = await member_of(slug)
    await messages.typing(site().services, member)
    return Response(status=204)


@blueprint.post("/rooms/<slug:slug>/alive")
async def alive(slug: str) -> Response:
    who, member = await asking.member(site().services, token(), slug)
    site().services.bell.page_alive(who.id, member.room.id)
    return Response(status=204)


@blueprint.post("/alive")
async def alive_in_the_house() -> Response:
    site().services.bell.page_alive((await session()).id, HOUSE)
    return Response(status=204)


def _room_page(view: View, part: Part, recall: Recall) -> Response:
    if part.before and is_htmx():
        return html(site().pages.history(view))
    past = part.before is not None or len(view.log) >= REACH
    return packed(site().pages.room.pieces(view, recall, past=past, placed=part.around is not None))


async def _join_page(person: Person, slug: str) -> Response:
    return await _door_page(person, await rooms.door(site().services, person, slug))


async def _full_page(person: Person, slug: str, full: Conflict) -> Response:
    return await _door_page(person, await rooms.reachable(site().services, person, slug), full)


async def _door_page(person: Person, found: Room, full: Conflict | None = None) -> Response:
    error, status = (full.text, status_of(full)) if full else ("", 200)
    return page("join", status, me=person, rooms=await sidebar(person), room=found,
                path=f"/rooms/{found.slug}", error=error)  # fmt: skip


async def _person_page(member: Member, one: Attendance) -> Response:
    other = one.person.id != member.person.id
    return page(
        "person",
        me=member.person,
        rooms=await sidebar(member.person, member.room),
        room=member.room,
        one=one,
        roles=may_become(member, one.role) if other else (),
        removable=other and may_remove(member, one.role),
    )


def _place(raw: str) -> tuple[int, Number] | None:
    if not raw:
        return None
    if (match := _PLACE.fullmatch(raw)) is None:
        raise Invalid("before", "That is no place in a room.")
    return int(match[1]), Number(int(match[2]))
