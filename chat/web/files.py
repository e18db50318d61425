"""Files of messages. Whether they may be read is asked each time, also by who has them already."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

from quart import Blueprint, Response, request
from quart.wrappers.response import ResponseBody
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from chat.actions import files
from chat.core.file import DOWNLOAD, File
from chat.web.site import session, site

CHUNK = 262_144  # bytes read at a time
SLOW_B_S = 8_192  # bytes a second: who takes less is let go after a while
POLICY = "sandbox; default-src 'none'"  # whatever it is, it is no page of ours

blueprint = Blueprint("files", __name__, url_prefix="/files")


@blueprint.get("/<file>/<name>")
async def whole(file: str, name: str) -> Response:
    found, content = await files.read(site().services, (await session()).person, file, name)
    return await _answer(found, _Body(content, found.size), found.type, file)


@blueprint.get("/<file>/<name>/thumb")
async def small(file: str, name: str) -> Response:
    found, content = await files.read(site().services, (await session()).person, file, name, small=True)
    size = await asyncio.to_thread(content.seek, 0, 2)
    return await _answer(found, _Body(content, size), "image/webp", f"{file}-small")


async def _answer(file: File, body: "_Body", kind: str, tag: str) -> Response:
    response = Response(body, content_type=kind)
    response.timeout = 60 + body.size / SLOW_B_S
    response.content_length = body.size
    response.set_etag(tag)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Disposition"] = disposition(file)
    try:
        await response.make_conditional(request, accept_ranges=True, complete_length=body.size)
    except RequestedRangeNotSatisfiable:
        body.close()
        raise
    if request.method == "HEAD" or response.status_code == 304:
        body.close()
        response.response = Response().response
    return response


def disposition(file: File) -> str:
    """Pictures are shown, everything else is saved; by its name in ASCII and in full (RFC 6266, RFC 8187)."""
    how = "attachment" if file.type == DOWNLOAD else "inline"
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in file.name)
    full = quote(file.name, safe="!#$&+-.^_`|~")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{full}"


class _Body(ResponseBody):
    """A part of a file, read piece by piece in a thread."""

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._content, self.size = content, size
        self.begin, self.end = 0, size

    def close(self) -> None:
        self._content.close()

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Only this range of it, as Quart asks for one; a negative `begin` counts from the end."""
        self.begin = max(0, self.size + begin) if begin < 0 else begin
        self.end = self.size if end is None else min(end, self.size)
        if self.begin >= self.end:
            raise RequestedRangeNotSatisfiable(self.size)
        return self.size

    async def __aenter__(self) -> AsyncIterator[bytes]:
        return self._pieces()

    async def __aexit__(self, kind: type, error: BaseException, trace: TracebackType) -> None:
        self.close()

    async def _pieces(self) -> AsyncIterator[bytes]:
        await asyncio.to_thread(self._content.seek, self.begin)
        left = self.end - self.begin
        while left and (piece := await asyncio.to_thread(self._content.read, min(CHUNK, left))):
            left -= len(piece)
            yield piece
