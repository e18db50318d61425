"""Other programs that tell many readers what one says, given the same work as ours.

Each is a file here, as short as its documentation has it. `make peers` installs what they need into
`build/peers`; whatever is missing is told, and not run.
"""

import contextlib
import functools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import client
from benchmarks.places import SSE, WEBSOCKET, Contestant, NotRun, Place, Size, message
from benchmarks.readers import Dialect
from tests.processes import Server, free_port
from tests.servers import ROOT

HERE = Path(__file__).parent
INSTALLED = ROOT / "build" / "peers"
PYTHON = INSTALLED / "bin" / "python"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SAID = re.compile(rb"said-(\d+)-")
ENGINE_IO = "/socket.io/?EIO=4&transport=websocket"
HELLO_40 = b"\x81\x82\0\0\0\0" + b"40"  # engine.io: connect; a masked frame whose mask changes nothing


@dataclass(frozen=True, slots=True)
class Peer:
    """`command` makes ready what is to be started in a folder, on a port; it raises `NotRun`."""

    command: Callable[[Path, int], list[str]]
    path: str = "/ws"
    ready: bytes = b"\r\n\r\n"
    after: bytes = b""  # sent behind the request for a stream

    @contextlib.contextmanager
    def open(self, kind: str, size: Size) -> Iterator[Place]:
        """The peer, started in a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
            folder, port = Path(name), free_port()
            peer = Server(folder, self.command(folder, port), lambda: _listens(port))
            peer.env |= {"NODE_PATH": str(INSTALLED / "node_modules"), "PYTHONPATH": str(ROOT)}
            stream = client.stream(self.path if kind == WEBSOCKET else "/sse", websocket=kind == WEBSOCKET)
            dialect = Dialect(SAID, mark=b"over.", ready=self.ready)
            try:
                peer.start()
                yield Place(
                    port, peer.pid, dialect, lambda: [stream + self.after] * size.readers, lambda _: _said
                )
            finally:
                peer.kill()


def _said(number: int) -> bytes:
    return client.plain_post("/post", message(number))


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _program(name: str, *, needed_for: str) -> str:
    if found := shutil.which(name, path=PATH):
        return found
    raise NotRun(f"{needed_for} needs {name}")


@functools.cache
def _floor_built() -> Path:
    target = INSTALLED / "floor"
    target.parent.mkdir(parents=True, exist_ok=True)
    compiler = _program("cc", needed_for="the floor")
    subprocess.run([compiler, "-O2", "-o", str(target), str(HERE / "floor.c")], check=True)
    return target


def _floor(_: Path, port: int) -> list[str]:
    return [str(_floor_built()), str(port)]


def _quart(_: Path, port: int) -> list[str]:
    application = "benchmarks.peers.quart_queues:app"
    options = ["--workers", "0", "--backlog", "4096", "--keep-alive", "75", "--bind", f"127.0.0.1:{port}"]
    return [sys.executable, "-m", "hypercorn", *options, application]


def _node(_: Path, port: int) -> list[str]:
    node = _program("node", needed_for="ws")
    if not (INSTALLED / "node_modules" / "ws").exists():
        raise NotRun("the package ws is not installed")
    return [node, str(HERE / "node_ws.js"), str(port)]


def _python(file: str, package: str) -> Callable[[Path, int], list[str]]:
    def command(_: Path, port: int) -> list[str]:
        if not any((INSTALLED / "lib").glob(f"python3*/site-packages/{package}")):
            raise NotRun(f"the package {package} is not installed")
        return [str(PYTHON), str(HERE / file), str(port)]

    return command


def _nchan(folder: Path, port: int) -> list[str]:
    nginx = _program("nginx", needed_for="nchan")
    modules = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
    if not modules.exists():
        raise NotRun("nginx has no module nchan")
    text = (HERE / "nchan.conf").read_text()
    (folder / "nginx.conf").write_text(text.replace("PORT", str(port)).replace("MODULE", str(modules)))
    return [nginx, "-p", str(folder), "-c", "nginx.conf"]


def _version(*command: str) -> Callable[[], str]:
    def ask() -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PATH": PATH})
        except OSError:
            return "not installed"
        return (done.stdout or done.stderr).strip().splitlines()[0]

    return ask


def package(python: str, *names: str) -> Callable[[], str]:
    """What tells the versions of packages of a Python."""
    words = ", ".join(f"'{name} ' + version('{name}')" for name in names)
    return _version(python, "-c", f"from importlib.metadata import version; print({words}, sep=', ')")


_QUART = Peer(_quart)
_GEVENT = Peer(_python("flask_gevent.py", "flask_socketio"), ENGINE_IO, b'40{"sid"', HELLO_40)
_WS = f"console.log('node', process.version, 'ws', require('{INSTALLED}/node_modules/ws/package').version)"
BOTH = (WEBSOCKET, SSE)
PEERS = [
    Contestant("floor", BOTH, Peer(_floor).open, _version("cc", "--version")),
    Contestant(
        "socketify",
        (WEBSOCKET,),
        Peer(_python("socketify_app.py", "socketify")).open,
        package(str(PYTHON), "socketify"),
    ),
    Contestant("nchan", BOTH, Peer(_nchan).open, _version("nginx", "-v")),
    Contestant("ws", (WEBSOCKET,), Peer(_node).open, _version("node", "-e", _WS)),
    Contestant("gevent", (WEBSOCKET,), _GEVENT.open, package(str(PYTHON), "flask-socketio", "gevent")),
    Contestant("quart", BOTH, _QUART.open, package(sys.executable, "quart", "hypercorn")),
]
