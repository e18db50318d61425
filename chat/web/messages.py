"""Saying something, and what may be done with what was said."""

from collections.abc import Awaitable
from contextlib import suppress

from markupsafe import Markup
from quart import Blueprint, Response, g, request

from chat.actions import arrange, messages, views
from chat.actions.saying import Words
from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.core.message import Message
from chat.core.problems import Conflict, Invalid, NotFound, NotSignedIn, Problem, TooLarge, TooMany, WrongType
from chat.core.room import Member, may_delete, may_edit, may_post
from chat.web import forms, uploads
from chat.web.answers import (
    html,
    is_htmx,
    packed,
    page,
    refuse,
    see,
    status_of,
    wants,
    wants_page,
    with_retry,
)
from chat.web.forms import Form
from chat.web.media import html as batch_html
from chat.web.posts import address, raise_refusal, receipt
from chat.web.room_page import Typed, new_nonce
from chat.web.site import member_of, sidebar, site, token

ONE = "/<id:number>"

blueprint = Blueprint("messages", __name__, url_prefix="/rooms/<slug:slug>/messages")


@blueprint.post("")
async def post(slug: str) -> Response:
    if uploads.coming().has_files:
        await _member_who_wrote(slug)  # before anything of theirs is kept
    async with uploads.received() as (form, files):
        g.kept, g.nonce = form.text("body"), form.text("nonce")
        try:
            raise_refusal(request.scope)
            words = Words(g.kept, g.nonce, form.number("reply_to"), files)
            member, number = await messages.post_as(site().services, token(), slug, words)
        except (Invalid, Conflict, TooMany, TooLarge, WrongType) as problem:
            return await _form_again(await member_of(slug), form, problem)
    if wants("application/json"):
        return _created(slug, number)
    return await after(member, form, f"/rooms/{slug}#m-{number}")


@blueprint.get(ONE)
async def one(slug: str, number: int) -> Response:
    member = await member_of(slug)
    return await _message_page(member, await messages.one(site().services, member, Number(number)))


@blueprint.post(f"{ONE}/edit")
async def edit(slug: str, number: int) -> Response:
    member, form = await _member_who_wrote(slug), await forms.read()
    g.kept = form.text("body")
    return await done(
        member, number, form, messages.edit(site().services, member, Number(number), form.text("body"))
    )


@blueprint.post(f"{ONE}/delete")
async def delete(slug: str, number: int) -> Response:
    member, form = await member_of(slug), await forms.read()
    return await done(member, number, form, messages.delete(site().services, member, Number(number)))


async def done(member: Member, number: int, form: Form, deed: Awaitable[Number]) -> Response:
    """Do what a form wants of a message; the message's own page says what was wrong with it."""
    try:
        await deed
    except Invalid as error:
        if not wants_page():
            raise
        message = await messages.one(site().services, member, Number(number))
        return await _message_page(member, message, form, {error.field: error.text})
    return await after(member, form, f"/rooms/{member.room.slug}?at={number}#m-{number}")


async def after(member: Member, form: Form, address: str) -> Response:
    """Everything since the form's cursor, never only what this form did: the cursor passes over all of it."""
    if wants("application/json"):
        return Response(status=204)
    if not is_htmx():
        return see(address)
    cursor = Cursor.parse(form.text("since"))
    batch = await site().pages.since(member, cursor or Cursor("0", Number(0)))
    return html(batch.encoded(batch_html))


async def _member_who_wrote(slug: str) -> Member:
    """As `member_of`; for somebody who is none any more the answer holds what they wrote."""
    try:
        return await member_of(slug)
    except (NotSignedIn, NotFound):
        with suppress(Problem):
            form = await uploads.words()
            g.kept, g.nonce = form.text("body"), form.text("nonce")
        raise


def _created(slug: str, number: Number) -> Response:
    response = Response(receipt(number), 201, content_type="application/json")
    response.headers["Location"] = address(slug, number)
    return response


async def _form_again(member: Member, form: Form, problem: Problem) -> Response:
    """Why it was not said; a page has the words still in the box, what they answer, and a fresh nonce."""
    if not wants_page():
        return refuse(problem)
    view = await views.view(site().services, member.person, member.room.slug)
    reply = await _answered(member, form)
    room = site().pages.room
    content = room.pieces(view, room.recall(), Typed(form.text("body"), reply, problem.text))
    return with_retry(packed(content, status_of(problem)), problem)


async def _answered(member: Member, form: Form) -> Message | None:
    """The message that a form answers, if it is there."""
    try:
        number = form.number("reply_to")
        return await messages.one(site().services, member, number) if number is not None else None
    except (Invalid, NotFound):
        return None


async def _message_page(
    member: Member, message: Message, form: Form | None = None, errors: dict[str, str] | None = None
) -> Response:
    """A message and what the member may do with it, or what was wrong with the form for that."""
    return page(
        "message",
        422 if errors else 200,
        me=member.person,
        rooms=await sidebar(member.person, member.room),
        room=member.room,
        message=message,
        fragment=Markup(site().renderer.fragment(message, member.room.slug).decode()),
        may_post=may_post(member),
        may_edit=may_edit(member, message),
        may_delete=may_delete(member, message),
        around=await arrange.around(site().services, member, message),
        nonce=new_nonce(),
        values=form.kept("body") if form and "body" in form else {},
        errors=errors or {},
    )
