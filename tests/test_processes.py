"""What the other tests stand on: servers start, die and leave nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.processes import Server, eventually, free_port
from tests.servers import ROOT, Postgres, Redis, program


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def family(folder: Path) -> Server:
    """A program with a child, which writes the child's number to its log and ends when told."""
    script = "sleep 60 & echo $!; trap 'exit 3' TERM; wait"
    return Server(folder, ["bash", "-c", script], lambda: bool((folder / "log").read_text()))


def test_killing_a_server_kills_its_children(tmp_path: Path) -> None:
    server = family(tmp_path)
    server.start()
    child = int(server.log)
    assert alive(child)
    server.kill()
    eventually(lambda: not alive(child), "the child lives")
    assert not server.running


def test_stopping_a_server_tells_its_status_and_leaves_no_child(tmp_path: Path) -> None:
    server = family(tmp_path)
    server.start()
    child = int(server.log)
    assert server.stop() == 3
    eventually(lambda: not alive(child), "the child lives")


def test_a_server_that_ends_at_start_fails_with_what_it_printed(tmp_path: Path) -> None:
    server = Server(tmp_path, ["bash", "-c", "echo no such colour >&2; exit 1"], lambda: False)
    with pytest.raises(RuntimeError, match="no such colour"):
        server.start()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_servers_do_not_outlive_tests_that_are_interrupted(tmp_path: Path, ending: signal.Signals) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from tests.test_processes import family

        server = family(Path(sys.argv[1]))
        server.start()
        print(server.pid, server.log, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tests:
        assert tests.stdout
        pids = [int(word) for word in tests.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(alive, pids))
        tests.send_signal(ending)
        eventually(lambda: not any(map(alive, pids)), "the servers live")


def test_a_program_that_is_not_installed_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program is not installed"):
        program("no-such-program")


def test_free_ports_are_never_given_twice() -> None:
    ports = [free_port() for _ in range(100)]
    assert len(set(ports)) == 100


def test_redis_comes_back_empty_at_the_same_address(redis: Redis) -> None:
    assert redis.ask("SET colour red") == "+OK"
    redis.kill()
    with pytest.raises(OSError, match="refused"):
        redis.ask("PING")
    redis.start()
    assert redis.ask("EXISTS colour") == ":0"


def test_each_database_is_new_and_survives_a_crash(postgres: Postgres) -> None:
    urls = [postgres.database(), postgres.database()]
    first, second = (url.rpartition("/")[2] for url in urls)
    postgres.sql("CREATE TABLE colours (name text); INSERT INTO colours VALUES ('red')", first)
    assert postgres.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'colours'", second) == "0"
    postgres.crash()
    postgres.start()
    assert postgres.sql("SELECT name FROM colours", first) == "red"
    for url in urls:
        postgres.drop(url)


def test_a_kept_environment_never_reaches_the_servers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.servers import Parley

    monkeypatch.setenv("DATABASE_URL", "postgresql://production/")
    assert "DATABASE_URL" in os.environ
    assert "DATABASE_URL" not in Parley(tmp_path).env
