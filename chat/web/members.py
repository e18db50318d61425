"""Who belongs to a room: adding people, removing them, choosing hosts."""

from quart import Blueprint, Response

from chat.actions import members
from chat.core.ids import PersonId
from chat.core.problems import Invalid
from chat.core.room import Member
from chat.web import forms
from chat.web.answers import see
from chat.web.room_settings import settings_page
from chat.web.site import member_of, site

ONE = "/<id:person>"

blueprint = Blueprint("members", __name__, url_prefix="/rooms/<slug:slug>/members")


@blueprint.post("")
async def add(slug: str) -> Response:
    member, form = await member_of(slug), await forms.read()
    try:
        await members.add(site().services, member, form.text("name"))
    except Invalid as error:
        return await settings_page(member, {"member": form.text("name")}, {"member": error.text})
    return _back(member)


@blueprint.post(f"{ONE}/remove")
async def remove(slug: str, person: int) -> Response:
    member = await member_of(slug)
    await members.remove(site().services, member, PersonId(person))
    return _back(member)


@blueprint.post(f"{ONE}/role")
async def set_role(slug: str, person: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    await members.set_role(site().services, member, PersonId(person), form.text("role"))
    return _back(member)


def _back(member: Member) -> Response:
    return see(f"/rooms/{member.room.slug}/settings#members")
