"""The page Search: what was said, found again."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from chat.actions import search
from chat.core.ids import Number
from chat.core.person import Person
from chat.core.problems import Invalid
from chat.core.search import FILTERS, Finds, Place, Query, parse
from chat.web.answers import page
from chat.web.site import session, sidebar, site

FIELDS = ("q", *FILTERS, "order")

_PLACE = re.compile(r"([0-9]{1,9})\.([a-z0-9-]{1,48})\.([0-9]{1,15})", re.ASCII)

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
async def show() -> Response:
    person = (await session()).person
    typed = {field: request.args.get(field, "") for field in FIELDS}
    try:
        query, after = parse(typed), _place(request.args.get("past", ""))
    except Invalid as error:
        return await _page(person, typed, Query(), Finds(), {error.field: error.text})
    return await _page(person, typed, query, await search.find(site().services, person, query, after))


async def _page(
    person: Person, typed: Mapping[str, str], query: Query, finds: Finds, errors: dict[str, str] | None = None
) -> Response:
    paged, older, now_ms = "past" in request.args, _address(typed, finds.more), site().services.clock_ms()
    return page("search", 422 if errors else 200, me=person, rooms=await sidebar(person), values=typed,
                errors=errors or {}, query=query, hits=finds.hits, paged=paged, older=older,
                everywhere=_plain(query), now_ms=now_ms)  # fmt: skip


def _place(raw: str) -> Place | None:
    if not raw:
        return None
    if (match := _PLACE.fullmatch(raw)) is None:
        raise Invalid("q", "There is no such page of results.")
    return Place(int(match[1]), match[2], Number(int(match[3])))


def _address(typed: Mapping[str, str], more: Place | None) -> str:
    """Where the next page is, or "" if this is the last one."""
    if more is None:
        return ""
    asked = {field: text for field, text in typed.items() if text}
    return "/search?" + urlencode(asked | {"past": ".".join(map(str, more))})


def _plain(query: Query) -> str:
    """The same words without any filter; "" if there is none."""
    words = " ".join(f'"{word}"' if " " in word else word for word in query.words)
    return f"/search?{urlencode({'q': words})}" if query.filtered else ""
