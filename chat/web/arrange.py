"""Moving messages."""

from quart import Blueprint, Response

from chat.actions import arrange
from chat.core.ids import Number
from chat.core.problems import Invalid
from chat.core.room import Member
from chat.web import forms
from chat.web.forms import Form
from chat.web.messages import ONE, done
from chat.web.site import member_of, site

blueprint = Blueprint("arrange", __name__, url_prefix="/rooms/<slug:slug>/messages")


@blueprint.post(f"{ONE}/move")
async def move(slug: str, number: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    return await done(member, number, form, _move(member, Number(number), form))


async def _move(member: Member, number: Number, form: Form) -> Number:
    """As the form says: before or after another message. Raises `Invalid` if it says neither, or both."""
    before, after = (forms.number("move", form.text(field)) for field in ("before", "after"))
    target = before if after is None else after
    if target is None or None not in (before, after):
        raise Invalid("move", arrange.NOT_THERE)
    return await arrange.move(site().services, member, number, target, after=after is not None)
