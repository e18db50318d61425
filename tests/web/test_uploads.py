"""A form that comes too slowly ends where it is waited for, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from werkzeug.exceptions import RequestTimeout

from chat.core.file import FileLimits
from chat.web import uploads


async def body() -> AsyncIterator[bytes]:
    yield b"first"
    await asyncio.Event().wait()


async def test_time_that_is_up_while_a_piece_is_written_is_told_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, part in {
        "site": lambda: SimpleNamespace(services=SimpleNamespace(files=FileLimits())),
        "request": SimpleNamespace(body=body(), content_length=None),
        "current_app": SimpleNamespace(config={"MAX_CONTENT_LENGTH": 1_000}),
        "g": SimpleNamespace(),
        "UPLOAD_S": 0.05,
    }.items():
        monkeypatch.setattr(uploads, name, part)
    written: list[bytes] = []
    with pytest.raises(RequestTimeout):
        async for piece in uploads._pieces():
            await asyncio.sleep(0.1)  # a slow disk
            written.append(piece)
    assert written == [b"first"]
