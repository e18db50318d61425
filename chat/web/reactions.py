"""Reacting to messages."""

from quart import Blueprint, Response

from chat.actions import messages, reactions
from chat.core.ids import Number
from chat.core.problems import Invalid
from chat.web import forms
from chat.web.answers import wants_page
from chat.web.messages import ONE, after, message_page
from chat.web.site import member_of, site

blueprint = Blueprint("reactions", __name__, url_prefix="/rooms/<slug:slug>/messages")


@blueprint.post(f"{ONE}/react")
async def react(slug: str, number: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    try:
        await reactions.react(site().services, member, Number(number), form.text("emoji"))
    except Invalid as error:
        if not wants_page():
            raise
        message = await messages.one(site().services, member, Number(number))
        return await message_page(member, message, form, {error.field: error.text})
    return await after(member, form, f"/rooms/{slug}?at={number}#m-{number}")
