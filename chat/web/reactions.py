"""Reacting to messages."""

from quart import Blueprint, Response

from chat.actions import reactions
from chat.core.ids import Number
from chat.web import forms
from chat.web.messages import ONE, done
from chat.web.site import member_of, site

blueprint = Blueprint("reactions", __name__, url_prefix="/rooms/<slug:slug>/messages")


@blueprint.post(f"{ONE}/react")
async def react(slug: str, number: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    deed = reactions.react(site().services, member, Number(number), form.text("emoji"))
    return await done(member, number, form, deed)
