"""HTTP by hand, so that nothing between the test and the server retries, pools or hides a fault."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 20.0  # hundreds ask at once, beside two other runs of tests
LIMIT = 1 << 22  # bytes of one line


class Cut(Exception):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(slots=True)
class Stream:
    """An answer whose body goes on. `ended_well`: it came to its last chunk."""

    status: int
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    ended_well: bool = False

    def abort(self) -> None:
        """Cut it as a network does: what is under way is lost."""
        self.writer.transport.abort()

    async def chunks(self, idle_s: float) -> AsyncIterator[bytes]:
        """The body by chunks. Raises `Cut` at any end but the proper one, `TimeoutError` in silence."""
        while True:
            async with asyncio.timeout(idle_s):
                size = int(await _line(self.reader) or b"0", 16)
                try:
                    chunk = (await self.reader.readexactly(size + 2))[:-2]
                except (OSError, asyncio.IncompleteReadError) as error:
                    raise Cut(str(error)) from error
            if not size:
                self.ended_well = True
                return
            yield chunk


async def ask(
    url: str, path: str, cookie: str = "", fields: dict[str, str] | None = None, *,
    accept: str = "text/html", headers: dict[str, str] | None = None, deaf: bool = False, address: str = "",
) -> Answer:  # fmt: skip
    """One request on a connection of its own: a POST if there are `fields`.

    `deaf` goes away as soon as it has asked; `address` is where it comes from, one of this machine's.
    Raises `Cut` and `TimeoutError`.
    """
    async with asyncio.timeout(TIMEOUT_S):
        stream = await begin(
            url, path, cookie, fields, accept=accept, headers=headers, deaf=deaf, address=address
        )
        try:
            if stream.status in (204, 304):
                body = b""
            elif "content-length" in stream.headers:
                body = await stream.reader.readexactly(int(stream.headers["content-length"]))
            else:
                body = b"".join([chunk async for chunk in stream.chunks(TIMEOUT_S)])
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Cut(str(error)) from error
        finally:
            stream.abort()
    return Answer(stream.status, stream.headers, body)


async def begin(
    url: str, path: str, cookie: str = "", fields: dict[str, str] | None = None, *,
    accept: str = "text/html", headers: dict[str, str] | None = None, deaf: bool = False, address: str = "",
) -> Stream:  # fmt: skip
    """A request up to the head of its answer. Raises `Cut`."""
    place = urlsplit(url)
    body = urlencode(fields).encode() if fields is not None else b""
    lines = [f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1", f"Host: {place.netloc}"]
    lines += [f"Accept: {accept}", f"Cookie: {cookie}", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/x-www-form-urlencoded"] if body else []
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    try:
        reader, writer = await asyncio.open_connection(
            place.hostname, place.port, limit=LIMIT, local_addr=(address, 0) if address else None
        )
    except OSError as error:
        raise Cut(str(error)) from error
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        if deaf:
            await asyncio.sleep(0.005)
            raise Cut("went away")
        status = int((await _line(reader)).split()[1])
        found: dict[str, str] = {}
        while line := await _line(reader):
            name, _, value = line.decode("latin-1").partition(":")
            found[name.lower()] = value.strip()
    except BaseException as error:
        writer.transport.abort()
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise Cut(str(error)) from error
        raise
    return Stream(status, found, reader, writer)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except (OSError, asyncio.IncompleteReadError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise Cut(str(error)) from error


async def insist(
    url: str, path: str, cookie: str, fields: dict[str, str] | None = None, **more: Any
) -> Answer:
    """Ask again as long as the server says that it is too busy."""
    while True:
        answer = await ask(url, path, cookie, fields, **more)
        if answer.status != 503:
            return answer
        await asyncio.sleep(0.2)


async def enter(url: str, name: str) -> str:
    """The cookie of somebody new."""
    answer = await ask(url, "/enter", fields={"name": name})
    assert answer.status == 303, answer
    return answer.headers["set-cookie"].partition(";")[0]


async def until(true: Callable[[], bool], what: str, within_s: float) -> None:
    """Wait until `true()`; raises `TimeoutError` naming `what`."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {within_s:g} s: {what}")
        await asyncio.sleep(0.02)
