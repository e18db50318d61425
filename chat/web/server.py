"""Everything that is known of Hypercorn's inside, in one place; measured and tested with version 0.18.

Hypercorn has no public way to any of this. Where its inside looks different, each function says so by
`None` or does nothing, and the portable way is taken.
"""

import asyncio
import contextlib
import multiprocessing
import signal
import socket
from asyncio import WriteTransport
from typing import Any

import hypercorn.protocol.ws_stream

from chat.web.asgi import Scope, Send

SOCKET_BUFFER = 65_536  # bytes the kernel keeps for a reader that does not read; it would take megabytes
UNACKED_MS = 30_000  # a peer that acknowledges nothing for this long has vanished


def worker_count() -> int:
    """How many workers the supervisor runs beside each other; 1 without a supervisor."""
    return int(getattr(_supervised("config"), "workers", 1)) or 1


def end_well_when_told() -> None:
    """Under the supervisor a SIGTERM kills a worker on the spot; have it end its streams first."""
    if told := _supervised("shutdown_event"):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)


def ignore_further_stops() -> None:
    """Nothing is left to stop, but the supervisor may ask once more when the loop hears nothing any more."""
    if _supervised("shutdown_event"):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def fail_supervisor() -> None:
    """Have the supervisor exit with status 1 when this worker does.

    By itself it exits with 0 when its workers cannot start (hypercorn issue 269), and a service manager
    takes that for a success. Leaving its event in a state that it asserts against makes it fail.
    """
    if told := _supervised("shutdown_event"):
        told._cond._wait_semaphore.release()


def refuse_compression() -> None:
    """Never agree to permessage-deflate.

    Every browser offers it and Hypercorn always accepts: a reader then holds 97 KiB more, and 58 KB of
    hostile frames inflate to 176 MB before any limit is asked (hypercorn issue 307: no setting for it).
    """
    vars(hypercorn.protocol.ws_stream)["server_extensions_handshake"] = lambda *_: None


def stopping(send: Send) -> asyncio.Event | None:
    """Set when the server begins to stop: it tells the application only after waiting for its streams."""
    context = getattr(getattr(send, "__self__", None), "context", None)
    return getattr(context, "terminated", None)


def transport_of(scope: Scope, send: Send) -> WriteTransport | None:
    """The transport under an HTTP/1.1 connection; `None` where there is none to be had.

    Under TLS a transport reports an empty buffer while megabytes wait beneath it, so a slow reader
    would never be noticed: there the portable way is taken.
    """
    if scope["http_version"] != "1.1" or scope["scheme"] not in ("http", "ws"):
        return None
    try:
        protocol = send.__self__.send.__self__  # type: ignore[attr-defined]
        transport = protocol.send.__self__.writer.transport
    except AttributeError:
        return None
    if type(protocol).__name__ != "H11Protocol" or not isinstance(transport, asyncio.Transport):
        return None
    _bound(transport.get_extra_info("socket"))
    return transport


def _bound(connection: socket.socket) -> None:
    """Bound what the kernel keeps for a peer that does not read, and how long for one that vanished."""
    with contextlib.suppress(OSError):  # the peer may have gone already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        if connection.family in (socket.AF_INET, socket.AF_INET6):  # a proxy's unix socket has no TCP
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKED_MS)


def _supervised(name: str) -> Any:
    """What the supervisor handed to this process when it started it as a worker; `None` without one."""
    return getattr(multiprocessing.current_process(), "_kwargs", {}).get(name)
