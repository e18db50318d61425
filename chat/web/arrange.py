"""Moving messages."""

from quart import Blueprint, Response

from chat.actions import arrange, messages
from chat.core.ids import Number
from chat.core.problems import Invalid
from chat.web import forms
from chat.web.answers import wants_page
from chat.web.forms import Form
from chat.web.messages import ONE, after, message_page
from chat.web.site import member_of, site

blueprint = Blueprint("arrange", __name__, url_prefix="/rooms/<slug:slug>/messages")


@blueprint.post(f"{ONE}/move")
async def move(slug: str, number: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    try:
        target, behind = _target(form)
        await arrange.move(site().services, member, Number(number), target, after=behind)
    except Invalid as error:
        if not wants_page():
            raise
        message = await messages.one(site().services, member, Number(number))
        return await message_page(member, message, errors={"move": error.text})
    return await after(member, form, f"/rooms/{slug}?at={number}#m-{number}")


def _target(form: Form) -> tuple[Number, bool]:
    """Beside which message, and whether after it. Raises `Invalid`."""
    before, behind = form.number("before"), form.number("after")
    if before is not None and behind is None:
        return before, False
    if behind is not None and before is None:
        return behind, True
    raise Invalid("move", arrange.NOT_THERE)
