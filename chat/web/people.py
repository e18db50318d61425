"""Going in and out."""

from quart import Blueprint, Response, request

from chat.actions import accounts, doors, lists, people
from chat.core.ids import PersonId
from chat.core.person import Person, clean_name
from chat.core.problems import Invalid, NotFound, NotSignedIn
from chat.web import forms
from chat.web.answers import page, see
from chat.web.auth import cookie_name
from chat.web.listing import by_code
from chat.web.own import me_css
from chat.web.site import caller, session, session_ended, site

IMMUTABLE = "public, max-age=31536000, immutable"

blueprint = Blueprint("people", __name__)


@blueprint.get("/")
async def home() -> Response:
    try:
        who = await session()
    except NotSignedIn:
        return see("/enter")
    slug = await people.last_room(site().services, who.person)
    return see(f"/rooms/{slug}" if slug else "/rooms")


@blueprint.get("/enter")
async def enter_page() -> Response:
    values = {"name": request.args.get("name", "")[:200]}
    return await _enter_page(values, request.args.get("next", ""), ended=await session_ended())


@blueprint.post("/enter")
async def enter() -> Response:
    form, errors = await forms.read(), dict[str, str]()
    try:
        await doors.check_code(site().services, form.text("code"), caller().address)
    except Invalid as error:
        errors[error.field] = error.text
    try:
        if errors:
            clean_name(form.text("name"))
        else:
            person, token = await _come_in(form.text("name"), form.text("password"))
    except Invalid as error:
        errors[error.field] = error.text
    if errors:
        return await _enter_page(form.kept("name", "code"), form.text("next"), errors)
    return signed_in(await _go_on(person, form), token)


async def _go_on(person: Person, form: forms.Form) -> Response:
    """Where somebody goes who has just come in: through the door that their code opens, or on."""
    if not form.text("code").strip():
        return see(_relative(form.text("next")) or "/")
    return await by_code(person, form)  # where it closed or is full, they are in all the same


@blueprint.post("/leave")
async def leave() -> Response:
    await people.leave(site().services, await session())
    response = see("/enter")
    response.delete_cookie(cookie_name(secure=site().secure), path="/", secure=site().secure, httponly=True)
    return response


@blueprint.get("/me/<int:person>.css")
async def me(person: int) -> Response:
    if person < 1:
        raise NotFound
    response = Response(me_css(PersonId(person)), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def signed_in(response: Response, token: str) -> Response:
    """The answer, with which the browser gets the session that has this token."""
    max_age_s = site().services.session_ms // 1000
    response.set_cookie(
        cookie_name(secure=site().secure), token, max_age=max_age_s, path="/", secure=site().secure,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


async def _come_in(name: str, password: str) -> tuple[Person, str]:
    """Somebody and the token of their session: of an account where there is a password, else a new guest."""
    if password:
        return await accounts.enter(site().services, name, password, caller())
    return await people.enter(site().services, name, caller())


async def _enter_page(
    values: dict[str, str], next_: str, errors: dict[str, str] | None = None, *, ended: bool = False
) -> Response:
    listed, here = await lists.outlook(site().services)
    return page(
        "enter",
        422 if errors else 200,
        flags=[room.name for room in listed[:7]],
        room_count=len(listed),
        here_count=here,
        values=values,
        errors=errors or {},
        next=_relative(next_),
        ended=ended,
    )


def _relative(address: str) -> str:
    """The address if it stays on this site, else nothing: a link must not lead through us elsewhere.

    Browsers drop tabs and newlines and read backslashes as slashes, so none of them may be in it.
    """
    inside = address.startswith("/") and not address.startswith("//")
    return address if inside and address.isprintable() and "\\" not in address else ""
