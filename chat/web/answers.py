"""What an answer looks like: by what was asked for, and when something is wrong. One place for both."""

import logging
import math
import secrets
from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import quote, urlsplit

from quart import Quart, Response, g, redirect, request
from quart.json import dumps
from werkzeug.exceptions import HTTPException

from chat.core.problems import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    TooMany,
    Unavailable,
    WrongType,
)
from chat.web import packing, uploads
from chat.web.packing import Piece
from chat.web.site import names_session, site

STATUS: Mapping[type[Problem], int] = {
    NotSignedIn: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    WrongType: 415,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}
log = logging.getLogger("parley.web")


def status_of(problem: Problem) -> int:
    """The HTTP status that says this."""
    return STATUS[type(problem)]


def is_htmx() -> bool:
    """Whether htmx asks, which wants fragments."""
    return request.headers.get("HX-Request") == "true"


def navigates() -> bool:
    """Whether a person goes to this page, rather than something fetching it: only that joins.

    Clients that are no browsers send none of these headers, and are taken at their word.
    """
    headers = request.headers
    return (
        request.method == "GET"
        and headers.get("Sec-Fetch-Dest", "document") == "document"
        and headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        and "Sec-Purpose" not in headers
    )


def wants(kind: str) -> bool:
    """Whether the client names this type and does not name HTML as well."""
    accept = request.headers.get("Accept", "")
    return kind in accept and "text/html" not in accept


def wants_page() -> bool:
    """Whether a whole page is asked for: no fragments, no data."""
    return not (is_htmx() or wants("application/json") or wants("text/plain"))


def page(name: str, code: int = 200, **context: object) -> Response:
    """A page of ours."""
    return html(site().renderer.page(name, **context), code)


def packed(pieces: Sequence[Piece], status: int = 200) -> Response:
    """A page in pieces that are packed already, for who takes it packed."""
    if "gzip" not in _accepted():
        return html(packing.plain(pieces), status)
    response = html(packing.gzipped(pieces), status)
    response.headers["Content-Encoding"] = "gzip"
    return response


def html(content: str | bytes, status: int = 200) -> Response:
    """HTML, whole or in fragments."""
    return Response(content, status, content_type="text/html; charset=utf-8")


def text(content: str | bytes, status: int = 200) -> Response:
    """Text, for scripts."""
    return Response(content, status, content_type="text/plain; charset=utf-8")


def see(address: str) -> Response:
    """Go on there: the answer to a form that was understood."""
    return cast(Response, redirect(address, 303))


def refuse(problem: Problem) -> Response:
    """The answer to a request that cannot be done, in the form that was asked for."""
    status = status_of(problem)
    if isinstance(problem, NotSignedIn):
        return _not_signed_in()
    if wants("application/json"):
        response = Response(_json(problem), status, content_type="application/json")
    elif wants("text/plain"):
        response = text(f"{problem.text or type(problem).__name__}\n", status)
    elif is_htmx():
        response = html(site().renderer.composer_error(problem.text or "That did not work."), status)
    else:
        response = _problem_page(status, problem.text)
    return with_retry(response, problem)


def with_retry(response: Response, problem: Problem) -> Response:
    """Say in an answer when to try again, where that helps."""
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    if isinstance(problem, Unavailable):
        response.headers["Retry-After"] = "1"
    return response


def _problem_page(status: int, words: str = "", problem_id: str = "", door: str = "/enter") -> Response:
    typed = {"kept": g.get("kept", ""), "nonce": g.get("nonce", "")}
    return page("problem", status, status=status, text=words, problem_id=problem_id, door=door, **typed)


def _json(problem: Problem) -> str:
    field = {"field": problem.field} if isinstance(problem, Invalid) else {}
    return dumps({"error": problem.text or type(problem).__name__, **field})


def _not_signed_in() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    if is_htmx():  # what it asks for is a part of a page: the page itself is where to come back to
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
    elif g.get("kept"):
        here = request.path.partition("/messages")[0]
    enter = "/enter" if here == "/" else f"/enter?next={quote(here, safe='/')}"
    if is_htmx():
        response = html(
            site().renderer.composer_error("This session has ended. What you wrote is kept."), 401
        )
        response.headers["HX-Redirect"] = enter
        return response
    if wants("application/json") or wants("text/plain"):
        return text("Not signed in.\n", 401)
    if g.get("kept") and names_session():  # an address cannot carry the words along
        return _problem_page(401, "What you wrote is kept. Come in again, and send it from here.", door=enter)
    return see(enter)


def install(app: Quart) -> None:
    """Have every error of a handler answered here, and every answer packed."""

    app.before_request(uploads.hear_form)

    @app.errorhandler(Problem)
    async def problem(error: Problem) -> Response:
        return refuse(error)

    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404:
            return refuse(NotFound())
        if status == 413:
            return refuse(TooLarge())
        return _problem_page(status)

    @app.errorhandler(Exception)
    async def broken(error: Exception) -> Response:
        problem_id = secrets.token_hex(2).upper()
        log.error("problem %s: %s %s", problem_id, request.method, request.path, exc_info=error)
        return _problem_page(500, problem_id=problem_id)

    @app.after_request
    async def finish(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", "private, no-store")
        if not await uploads.heard_out() or response.status_code == 413:
            response.headers["Connection"] = "close"  # the rest of the form was not read
        return await _pack(response)


async def _pack(response: Response) -> Response:
    if response.mimetype not in ("text/html", "text/plain"):
        return response
    response.headers["Vary"] = "Accept-Encoding"
    if "Content-Encoding" in response.headers:
        return response
    if content := packing.packed(await response.get_data(as_text=False), _accepted()):
        response.set_data(content)
        response.headers["Content-Encoding"] = "gzip"
    return response


def _accepted() -> str:
    return request.headers.get("Accept-Encoding", "")
