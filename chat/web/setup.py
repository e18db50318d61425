"""The page of the first administrator, at the address that the log prints."""

from quart import Blueprint, Response

from chat.actions import setup
from chat.core.problems import Invalid
from chat.web import forms
from chat.web.answers import page, see
from chat.web.people import signed_in
from chat.web.site import caller, site

blueprint = Blueprint("setup", __name__, url_prefix="/setup/<token>")


@blueprint.get("")
async def form(token: str) -> Response:
    await setup.check(site().services, token)
    return page("setup")


@blueprint.post("")
async def make(token: str) -> Response:
    form = await forms.read()
    name, password = form.text("name"), form.text("password")
    try:
        _, session_token = await setup.make_admin(site().services, token, name, password, caller())
    except Invalid as error:
        return page("setup", 422, values={"name": name}, errors={error.field: error.text})
    return signed_in(see("/"), session_token)
