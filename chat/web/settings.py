"""One's own settings: the name, the password that keeps it, the places where one is signed in."""

from quart import Blueprint, Response, request

from chat.actions import accounts, people
from chat.core.ids import SessionId
from chat.core.person import Session
from chat.core.problems import Invalid
from chat.web import forms
from chat.web.answers import page, see
from chat.web.site import caller, session, sidebar, site

ONE = "/sessions/<id:number>/end"

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
async def settings() -> Response:
    return await _page(await session())


@blueprint.post("")
async def rename() -> Response:
    who, form = await session(), await forms.read()
    try:
        await accounts.rename(site().services, who.person, form.text("name"))
    except Invalid as error:
        return await _page(who, form.kept("name"), {error.field: error.text})
    return see("/settings?saved=name")


@blueprint.post("/password")
async def password() -> Response:
    who, form = await session(), await forms.read()
    new, current = form.text("password"), form.text("current")
    try:
        await accounts.set_password(site().services, who, new, current, caller().address)
    except Invalid as error:
        return await _page(who, {}, {error.field: error.text})
    return see("/settings?saved=password")


@blueprint.post(ONE)
async def end(number: int) -> Response:
    await people.end(site().services, (await session()).person, SessionId(number))
    return see("/settings#sessions")


@blueprint.post("/sessions/end-others")
async def end_others() -> Response:
    await people.end_others(site().services, await session())
    return see("/settings#sessions")


async def _page(
    who: Session, values: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:  # fmt: skip
    services = site().services
    return page(
        "settings",
        422 if errors else 200,
        me=who.person,
        rooms=await sidebar(who.person),
        places=await people.places(services, who.person),
        this=who.id,
        now_ms=services.clock_ms(),
        saved=request.args.get("saved", ""),
        values=values or {"name": who.person.name},
        errors=errors or {},
    )
