"""Links into rooms: making them, taking them back, following them."""

from quart import Blueprint, Response

from chat.actions import invites
from chat.core.person import Person
from chat.core.problems import Conflict, Invalid
from chat.core.room import Member
from chat.web import forms
from chat.web.answers import navigates, page, see, status_of
from chat.web.room_settings import settings_page
from chat.web.site import member_of, session, sidebar, site

ONE = "/<id:invite>"

blueprint = Blueprint("invites", __name__)


@blueprint.post("/rooms/<slug:slug>/invites")
async def make(slug: str) -> Response:
    member, form = await member_of(slug), await forms.read()
    hours, uses = form.text("expires_hours"), form.text("uses")
    try:
        await invites.make(site().services, member, hours, uses)
    except Invalid as error:
        return await settings_page(member, form.kept("expires_hours", "uses"), {error.field: error.text})
    return _back(member)


@blueprint.post(f"/rooms/<slug:slug>/invites{ONE}/revoke")
async def revoke(slug: str, invite: int) -> Response:
    member = await member_of(slug)
    await invites.revoke(site().services, member, invite)
    return _back(member)


@blueprint.get("/invites/<token>")
async def follow(token: str) -> Response:
    person = (await session()).person
    if not navigates():
        return await _invite_page(person, token)
    try:
        return see(f"/rooms/{await invites.come_in(site().services, person, token)}")
    except Conflict as full:
        return await _invite_page(person, token, full)


async def _invite_page(person: Person, token: str, full: Conflict | None = None) -> Response:
    room = await invites.door(site().services, person, token)
    return page("invite", status_of(full) if full else 200, me=person, rooms=await sidebar(person), room=room,
                path=f"/invites/{token}", error=full.text if full else "")  # fmt: skip


def _back(member: Member) -> Response:
    return see(f"/rooms/{member.room.slug}/settings#invites")
