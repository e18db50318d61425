"""Real servers for the tests: Redis, PostgreSQL and Parley itself."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.processes import Server, free_port

ROOT = Path(__file__).parent.parent
OURS = ("CHAT_", "DATABASE_URL", "REDIS_URL", "PORT")  # settings of the shell that must not reach a test


def program(name: str, *places: str) -> str:
    """The path of an installed program, looked for in `places` (globs below /) too.

    Raises `FileNotFoundError`: tests are not skipped because a server is missing.
    """
    found = [str(path) for place in places for path in Path("/").glob(f"{place}/{name}")]
    if path := shutil.which(name) or max(found, default=None):
        return path
    raise FileNotFoundError(f"{name} is not installed: `make system` installs what the tests need")


class Redis(Server):
    """A Redis that keeps nothing: whatever is lost in it must not matter."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = f"--bind 127.0.0.1 --port {self.port} --appendonly no --daemonize no".split()
        super().__init__(folder, [program("redis-server"), *options, "--save", ""], self._answers)

    def ask(self, command: str) -> str:
        """The first line of the answer to a command without spaces in its words."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.makefile().readline().rstrip()

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False


class Postgres(Server):
    """A PostgreSQL with a database for each test.

    Its commits survive its own death; those of a `durable` one a power cut too, at the cost of speed.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self._names = (f"parley_{n}" for n in count(1))
        folder = Path(tempfile.mkdtemp(prefix="parley-postgres-"))  # short: its socket's path has a limit
        where = ["-D", f"{folder}/data", "-k", str(folder), "-h", "127.0.0.1", "-p", str(self.port)]
        safety = [] if durable else ["-cfsync=off", "-cfull_page_writes=off"]
        super().__init__(folder, [self._tool("postgres"), *where, *safety], self._answers)
        self.stop_signal = signal.SIGINT  # ends sessions instead of waiting for them
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            self.user = "nobody"
            shutil.chown(folder, "nobody")

    def start(self) -> None:
        if not (self.folder / "data").exists():
            self._initialise()
        super().start()

    def crash(self) -> None:
        """End it as a fault would, without the checkpoint of an orderly stop."""
        self.stop_signal, usual = signal.SIGQUIT, self.stop_signal
        self.stop()
        self.stop_signal = usual

    def remove(self) -> None:
        """End it and delete what it stored."""
        if self.running:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of `template` (which nobody may be connected to)."""
        name = next(self._names)
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://parley@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What psql prints for a statement: columns separated by `|`, no heading."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "parley", "-d", database]
        command = [self._tool("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *where, "-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    def _initialise(self) -> None:
        command = [self._tool("initdb"), "-D", str(self.folder / "data"), "-U", "parley", "-A", "trust"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        done = subprocess.run(command, user=self.user, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr}")

    def _answers(self) -> bool:
        asked = [self._tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    @staticmethod
    def _tool(name: str) -> str:
        return program(name, "usr/lib/postgresql/*/bin")


class Parley(Server):
    """The program as people run it: Hypercorn with the shipped config.toml, on a free port.

    Its data is in `folder`. `settings` are environment variables; `config` replaces the text of
    config.toml; `workers` is Hypercorn's option, left out if None.
    """

    def __init__(
        self, folder: Path, *, workers: int | None = None, config: str | None = None, **settings: str
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.workers = workers or 1
        command = [sys.executable, "-m", "hypercorn", "--config", "config.toml"]
        command += ["--bind", f"127.0.0.1:{self.port}"]
        command += [] if workers is None else ["--workers", str(workers)]
        super().__init__(folder, [*command, "chat:app"], self._answers)
        text = config if config is not None else (ROOT / "config.toml").read_text()
        (folder / "config.toml").write_text(text)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        self.env = clean | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | settings

    @property
    def pids(self) -> list[int]:
        """All its living processes that serve: itself, or its workers where it supervises them."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        workers = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return workers or [self.pid]

    def _answers(self) -> bool:
        """Health of one, and as many lines of the log as there are workers: all of them serve."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                healthy = answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
        return healthy and self.log_since_start.count("Running on http") >= self.workers


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Parley]:
    """The program as it is shipped, alone on SQLite, until the block ends."""
    parley = Parley(folder)
    try:
        parley.start()
        yield parley
    finally:
        parley.kill()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that serves one set of rooms. With one server, all `urls` are the same one."""

    servers: list[Parley]
    redis: Redis | None = None
    database: str | None = None

    @property
    def urls(self) -> tuple[str, str]:
        """Two ways in, as far apart as this cluster allows."""
        return self.servers[0].url, self.servers[-1].url
