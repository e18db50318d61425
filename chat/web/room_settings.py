"""What hosts do to a room: its settings, its code, emptying it, ending it."""

from collections.abc import Mapping

from quart import Blueprint, Response, request

from chat.actions import floors, invites, members, settings
from chat.core.problems import Forbidden, Invalid
from chat.core.room import Member, may_clear, may_moderate, may_own, rights
from chat.core.settings import as_form
from chat.web import forms
from chat.web.answers import is_htmx, page, see
from chat.web.messages import after
from chat.web.site import member_of, sidebar, site

SECTIONS = ("about", "door", "keeping", "may")

blueprint = Blueprint("room_settings", __name__, url_prefix="/rooms/<slug:slug>")


@blueprint.get("/settings")
async def show(slug: str) -> Response:
    return await settings_page(await hosting(slug))


@blueprint.post("/settings")
async def change(slug: str) -> Response:
    member, form = await hosting(slug), await forms.read()
    try:
        slug = await settings.change(site().services, member, form)
    except Invalid as error:
        return await settings_page(member, form, {error.field: error.text})
    section = _section()
    return see(f"/rooms/{slug}/settings" + (f"?section={section}#{section}" if section else ""))


@blueprint.post("/code")
async def renew_code(slug: str) -> Response:
    await settings.new_code(site().services, await hosting(slug))
    return see(f"/rooms/{slug}/settings#door")


@blueprint.get("/clear")
async def ask_to_clear(slug: str) -> Response:
    member = await member_of(slug)
    if not may_clear(member):
        raise Forbidden("Only hosts clear this room.")
    return await _asking_page("clear", member)


@blueprint.post("/clear")
async def clear(slug: str) -> Response:
    member, form = await member_of(slug), await forms.read()
    try:
        await floors.clear(site().services, member, form.get("name"))
    except Invalid as error:
        if is_htmx():
            raise
        return await _asking_page("clear", member, form.kept("name"), error)
    return await after(member, form, f"/rooms/{slug}")


@blueprint.get("/delete")
async def ask_to_delete(slug: str) -> Response:
    member = await member_of(slug)
    if not may_own(member) or member.room.default:
        raise Forbidden("Only its owner deletes a room, and nobody one that is always there.")
    return await _asking_page("delete", member)


@blueprint.post("/delete")
async def delete(slug: str) -> Response:
    member, form = await member_of(slug), await forms.read()
    try:
        await settings.delete(site().services, member, form.text("name"))
    except Invalid as error:
        return await _asking_page("delete", member, form.kept("name"), error)
    return see("/rooms")


async def hosting(slug: str) -> Member:
    """The place of somebody who may change the room. Raises `NotFound`, `Forbidden`."""
    member = await member_of(slug)
    if not may_moderate(member):
        raise Forbidden("Only hosts change this room.")
    return member


async def settings_page(
    member: Member, values: Mapping[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    """All settings of a room, as they are but for what was typed into a form that was refused."""
    room = member.room
    current = {"name": room.name, "topic": room.topic} | as_form(room.settings)
    return page(
        "room-settings",
        422 if errors else 200,
        me=member.person,
        rooms=await sidebar(member.person, room),
        room=room,
        can=rights(member),
        members=await members.listing(site().services, member),
        invites=await invites.of_room(site().services, member),
        origin=site().origin,
        saved="" if errors else _section(),
        values=current | dict(values or {}),
        errors=errors or {},
    )


async def _asking_page(
    asked: str, member: Member, values: dict[str, str] | None = None, error: Invalid | None = None
) -> Response:
    errors = {error.field: error.text} if error else {}
    return page(
        "ask",
        422 if errors else 200,
        asked=asked,
        me=member.person,
        rooms=await sidebar(member.person, member.room),
        room=member.room,
        values=values or {},
        errors=errors,
    )


def _section() -> str:
    section = request.args.get("section", "")
    return section if section in SECTIONS else ""
