"""Programs started by the tests, which never outlive them."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

START_S = 40.0  # a start that takes longer has failed; on a busy machine 10 s are no wonder
STOP_S = 15.0  # above the 10 s that Hypercorn gives to requests under way
POLL_S = 0.02

# Runs side by side, each with a number of its own, never ask for one port.
RUN, RUNS = int(os.environ.get("RUN", "0")), 3

# Below the ports that the kernel gives to outgoing connections. A client that tries again and again to
# reach a killed server on one of those can be connected to itself, and then the server cannot come back.
PORTS = range(20_000 + RUN, 32_000, RUNS)

_given: set[int] = set()

_WATCH = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Watchman:
    """Kills the groups it was told of when this process is gone, whatever ended it."""

    def __init__(self) -> None:
        self._pipe: subprocess.Popen[str] | None = None

    def tell(self, sign: str, group: int) -> None:
        if self._pipe is None:
            command = [sys.executable, "-c", _WATCH]
            self._pipe = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
        assert self._pipe.stdin
        self._pipe.stdin.write(f"{sign}{group}\n")
        self._pipe.stdin.flush()


_watchman = Watchman()


def free_port() -> int:
    """A port of this machine that nothing listens on; never given twice."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def eventually(true: Callable[[], bool], what: str, *, within_s: float = START_S) -> None:
    """Wait until `true()`; raises `TimeoutError` naming `what` did not come about."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {within_s:g} s: {what}")
        time.sleep(POLL_S)


class Server:
    """A program that serves, in a process group of its own, so that no child of it is left behind.

    `ready` tells whether it serves; what it prints goes to the file `log` in `folder`.
    """

    def __init__(self, folder: Path, command: Sequence[str | Path], ready: Callable[[], bool]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.command = [str(word) for word in command]
        self.env: dict[str, str] = dict(os.environ)
        self.user: str | None = None
        self.stop_signal = signal.SIGTERM
        self._ready = ready
        self._log = folder / "log"
        self._log.touch()
        self._started_at = 0  # bytes of the log that belong to earlier starts
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that was started; also the number of its group."""
        assert self._process, "not started"
        return self._process.pid

    @property
    def log(self) -> str:
        """What it printed on both outputs, over all its starts."""
        return self._log.read_text(errors="replace")

    @property
    def log_since_start(self) -> str:
        return self._log.read_bytes()[self._started_at :].decode(errors="replace")

    def spawn(self) -> None:
        """Start it without waiting until it serves: for a start that is expected to fail."""
        assert not self.running, "already running"
        self._started_at = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.env,
                user=self.user,
                group=None if self.user is None else _group_of(self.user),
                extra_groups=None if self.user is None else [],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _watchman.tell("+", self.pid)

    def start(self) -> None:
        """Start it if it is not running. Raises `TimeoutError` with its log unless it serves in 20 s."""
        if self.running:
            return
        self.spawn()
        try:
            eventually(lambda: not self.running or self._ready(), f"{self.command[0]} does not serve")
        except TimeoutError as error:
            self.kill()
            raise TimeoutError(f"{error}\n{self.log_since_start[-4000:]}") from None
        if not self.running:
            self.kill()
            raise RuntimeError(f"{' '.join(self.command)} ended at start:\n{self.log_since_start[-4000:]}")

    def wait(self, within_s: float = STOP_S) -> int:
        """The status it ends with. Raises `TimeoutError`, and kills it, if it does not end by itself."""
        assert self._process, "not started"
        try:
            status = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"{self.command[0]} did not end in {within_s:g} s") from None
        self.kill()  # what it may have left in its group
        return status

    def stop(self, within_s: float = STOP_S) -> int:
        """Ask it to end, as a system does, and return its status."""
        assert self._process, "not started"
        self._process.send_signal(self.stop_signal)
        return self.wait(within_s)

    def kill(self) -> None:
        """SIGKILL to it and all its children; harmless when it has ended."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        _watchman.tell("-", self.pid)

    def restart(self) -> None:
        self.stop()
        self.start()


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid
