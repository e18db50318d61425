"""Writing to one person."""

from quart import Blueprint, Response

from chat.actions import direct
from chat.core.ids import PersonId
from chat.core.problems import Invalid
from chat.web import forms
from chat.web.answers import see
from chat.web.listing import list_page
from chat.web.site import session, site

blueprint = Blueprint("direct", __name__)


@blueprint.post("/direct")
async def open_() -> Response:
    person, form = (await session()).person, await forms.read()
    try:
        meant = form.number("person")
        slug = await direct.open_(
            site().services, person, form.text("name"), PersonId(meant) if meant else None
        )
    except Invalid as error:
        return await list_page(person, {"person": form.text("name")}, {"person": error.text}, 422)
    return see(f"/rooms/{slug}")
