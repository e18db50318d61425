"""Batches go straight to the socket, and through its transport where the socket takes no more."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest_asyncio

from chat.core.changes import Cursor
from chat.core.ids import Number
from chat.live.batch import Batch
from chat.web.media import TEXT, Medium
from chat.web.wire import Direct

MUCH = 1 << 20  # bytes: more than any buffer of the kernel's here takes


class Peer:
    """The other end of a connection, which reads when it is told to."""

    def __init__(self, direct: Direct, transport: asyncio.Transport, end: socket.socket) -> None:
        self.direct, self.transport, self._end = direct, transport, end

    async def read(self, count: int) -> bytes:
        loop, found = asyncio.get_running_loop(), b""
        while len(found) < count and (some := await loop.sock_recv(self._end, 1 << 16)):
            found += some
        return found

    def leave(self) -> None:
        self._end.close()


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Peer]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    yield Peer(Direct(transport, MADE), transport, theirs)
    transport.abort()
    theirs.close()


def _number(batch: Batch) -> bytes:
    return b"%d;" % batch.since + b"x" * (batch.mark.number - batch.since)


MADE = Medium(_number, _number)


def batch(number: int, size: int = 0) -> Batch:
    return Batch(Number(number), Cursor("e", Number(number + size)))


async def test_what_the_socket_takes_leaves_at_once(peer: Peer) -> None:
    peer.direct.send(batch(1))
    assert peer.direct.ready()
    assert await peer.read(2) == b"1;"


async def test_what_it_does_not_take_waits_and_everything_after_it_too(peer: Peer) -> None:
    sent = [batch(1, MUCH), batch(2), batch(3, MUCH)]
    for one in sent:
        peer.direct.send(one)
    assert not peer.direct.ready()
    expected = b"".join(map(_number, sent))
    assert await peer.read(len(expected)) == expected
    assert peer.direct.ready()


async def test_nothing_is_written_to_a_connection_that_is_over(peer: Peer) -> None:
    peer.transport.abort()
    await asyncio.sleep(0)
    reused, other = socket.socketpair()  # takes the descriptor that was ours
    peer.direct.send(batch(1))
    other.setblocking(False)
    try:
        assert other.recv(10) == b"", "somebody else's connection was written to"
    except BlockingIOError:
        pass
    finally:
        reused.close()
        other.close()


async def test_a_peer_that_has_gone_is_the_transports_affair(peer: Peer) -> None:
    peer.leave()
    peer.direct.send(batch(1))
    peer.direct.send(batch(2))
    await asyncio.sleep(0)
    assert peer.transport.is_closing()


async def test_nothing_to_say_is_nothing_sent(peer: Peer) -> None:
    peer.direct = Direct(peer.transport, TEXT)
    peer.direct.send(batch(1))
    peer.direct.send(batch(1))
    peer.transport.write(b"end")
    assert await peer.read(3) == b"end"
