"""Starting it: which setting wins, and what is refused with one line and status 1."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.contract.visitor import HTMX, JSON, Visitor
from tests.processes import eventually, free_port
from tests.servers import ROOT, Parley, Redis

SHIPPED = (ROOT / "config.toml").read_text()
Start = Callable[..., Parley]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"config": SHIPPED.replace("[site]", "colour = 1\n[site]")}, "unknown key 'colour'"),
        ({"config": SHIPPED + "\ncolour = 1\n"}, "[limits]: unknown key 'colour'"),
        ({"config": SHIPPED + "\n[colours]\nred = 1\n"}, "unknown table [colours]"),
        ({"config": SHIPPED.replace("days = 30", 'days = "many"')}, "[session] days"),
        ({"config": SHIPPED.replace("days = 30", "days = 0")}, "[session] days"),
        ({"config": SHIPPED.replace("max_length = 4000", "max_length = 4001")}, "[messages] max_length"),
        ({"CHAT_SITE_COLOUR": "red"}, "CHAT_SITE_COLOUR"),
        ({"CHAT_MESSAGES_MAX_LENGTH": "many"}, "CHAT_MESSAGES_MAX_LENGTH"),
        ({"CHAT_SITE_URL": "chat.example.org"}, "[site] url"),
        ({"DATABASE_URL": "mysql://localhost/chat"}, "[database] url"),
        ({"REDIS_URL": "localhost:6379"}, "[redis] url"),
        ({"workers": 2}, "more than one worker needs Redis"),
        ({"config": SHIPPED.replace("workers = 0", "workers = 2")}, "more than one worker needs Redis"),
        ({"workers": 1, "CHAT_SITE_COLOUR": "red"}, "CHAT_SITE_COLOUR"),
    ],
)
def test_a_bad_setting_is_refused_by_name_with_one_line(
    start_parley: Start, options: dict[str, object], words: str
) -> None:
    parley = start_parley(start=False, **options)
    parley.spawn()
    assert parley.wait() == 1
    lines = [line for line in parley.log.splitlines() if line]
    ours = [line for line in lines if line.startswith("Parley cannot start: ")]
    assert ours, parley.log
    assert all(words in line for line in ours), parley.log
    assert "Running on" not in parley.log
    supervised = "workers" in options or "workers = 2" in str(options.get("config", ""))
    if not supervised:  # Hypercorn's supervisor adds words of its own to the one line
        assert len(lines) == 1, parley.log


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(
    start_parley: Start, visit: Callable[..., Visitor]
) -> None:
    config = SHIPPED.replace('name = "Parley"', 'name = "From the file"').replace(
        "max_length = 4000", "max_length = 9"
    )
    config = config.replace('["Lobby", "Testing"]', '["Harbour"]')
    parley = start_parley(
        config=config,
        CHAT_SITE_NAME="From the environment",
        CHAT_LIMITS_POSTS_PER_SECOND="1",
        CHAT_LIMITS_POSTS_BURST="3",
        CHAT_LIMITS_STREAMS_PER_ADDRESS="2",
        CHAT_LIMITS_FORM_BYTES="2000",
    )
    ann = visit(parley.url)
    assert "<title>Come in · From the environment</title>" in ann.get("/enter").text
    ann.enter()
    assert ann.get("/").headers["location"] == "/rooms/harbour"
    assert ann.post("/enter", {"name": "x" * 2100}).status_code == 413
    ann.open("harbour")
    assert ann.post("/rooms/harbour/messages", {"body": "x" * 10}).status_code == 422
    _check_the_pace(ann)
    with ann.stream("/events"), ann.stream("/events"):
        third = ann.get("/events")
        assert third.status_code == 429
        assert int(third.headers["retry-after"]) >= 1


def _check_the_pace(ann: Visitor) -> None:
    path = "/rooms/harbour/messages"
    answers = [ann.post(path, {"body": f"words {n}"}) for n in range(12)]
    assert {answer.status_code for answer in answers} == {303, 429}
    kept = next(answer for answer in answers if answer.status_code == 429)
    assert int(kept.headers["retry-after"]) >= 1
    assert "</textarea>" in kept.text
    assert "words" in kept.text
    for headers in (HTMX, JSON):
        refused = [ann.post(path, {"body": "x"}, headers) for _ in range(5)]
        assert any(answer.status_code == 429 and answer.headers["retry-after"] for answer in refused)
    assert len(ann.words("harbour")) < 20
    made = [ann.post("/rooms", {"name": f"Room {n}"}).status_code for n in range(5)]
    assert 429 in made, "whatever somebody changes is counted together"


def test_behind_a_proxy_the_site_s_own_address_counts(
    start_parley: Start, visit: Callable[..., Visitor]
) -> None:
    parley = start_parley(CHAT_SITE_URL="https://chat.example.org")
    ann = visit(parley.url)
    answer = ann.post("/enter", {"name": "Ann"}, {"Origin": "https://chat.example.org"})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-parley=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert ann.get("/rooms").status_code == 200
    assert ann.post("/rooms", {"name": "x"}, {"Origin": "https://evil.example"}).status_code == 403
    with ann.live("/live", Origin="https://chat.example.org") as socket:
        assert "data-mark" in str(socket.recv(timeout=10))
    assert ann.post("/leave").status_code == 303
    assert ann.cookie == ""


@pytest.mark.parametrize("workers", [None, 0, 1])
def test_one_worker_needs_nothing_else(start_parley: Start, workers: int | None) -> None:
    parley = start_parley(workers=workers) if workers != 0 else _without_supervisor(start_parley)
    assert httpx.get(f"{parley.url}/ready").json()["database"] is True
    assert (parley.folder / "data" / "chat.db").exists()
    assert parley.stop() == 0


def _without_supervisor(start_parley: Start) -> Parley:
    parley = start_parley(start=False, workers=0)
    parley.start()
    return parley


def test_two_workers_with_redis_are_one_place(
    start_parley: Start, visit: Callable[..., Visitor], redis: Redis
) -> None:
    parley = start_parley(workers=2, REDIS_URL=redis.url)
    assert len(parley.pids) == 2
    ann = visit(parley.url).enter()
    room = ann.make_room()
    windows = [visit(parley.url) for _ in range(6)]  # connections of their own, so some on each worker
    for n, window in enumerate(windows):
        window.cookie = ann.cookie
        assert window.say(room, "once", nonce="same") == ann.say(room, "once", nonce="same")
        window.say(room, f"message {n}")
    assert ann.words(room) == ["once", *(f"message {n}" for n in range(6))]
    ready = httpx.get(f"{parley.url}/ready").json()
    assert ready["redis"] is True


def test_plain_hypercorn_serves_with_the_defaults(tmp_path: Path) -> None:
    port = free_port()
    _serves(
        tmp_path, [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "chat:app"], port, {}
    )


def test_the_procfile_listens_on_the_port_that_the_platform_names(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "config.toml").write_text(SHIPPED)
    [line] = [line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web:")]
    words = line.removeprefix("web:").strip().replace("hypercorn", f"{sys.executable} -m hypercorn", 1)
    _serves(tmp_path, ["bash", "-c", f"exec {words}"], port, {"PORT": str(port)})


def _serves(folder: Path, command: list[str], port: int, environment: dict[str, str]) -> None:
    path = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=path | environment, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: _healthy(port), "it serves")
        finally:
            process.terminate()
            assert process.wait(15) == 0


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).text == "OK\n"
    except httpx.TransportError:
        return False
