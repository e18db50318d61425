"""A message never names a file that is not there, and a file that no message names does not stay."""

import asyncio
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest

from chat.actions import files
from chat.actions.services import Services
from chat.store.database import Database
from chat.store.storage import PART, Disk
from tests.contract.visitor import Visitor, files_in
from tests.pictures import picture
from tests.processes import eventually
from tests.servers import Parley, Redis

HALF = (
    b"--x\r\n"
    + b'Content-Disposition: form-data; name="files"; filename="boats.zip"\r\n\r\n'
    + bytes(300_000)
)


@pytest.fixture
def ann(parley: Parley) -> Iterator[Visitor]:
    visitor = Visitor(parley.url).enter()
    yield visitor
    visitor.close()


def kept(folder: Path) -> set[str]:
    """What is in the storage."""
    return set(Disk(folder).keys())


def upload(who: Visitor, slug: str) -> socket.socket:
    """The first half of a post with a file, under way."""
    place = urlsplit(who.url)
    lines = (
        f"POST /rooms/{slug}/messages HTTP/1.1", f"Host: {place.netloc}", f"Cookie: {who.cookie}",
        "Content-Type: multipart/form-data; boundary=x", f"Content-Length: {2 * len(HALF)}", "", "",
    )  # fmt: skip
    client = socket.create_connection((place.hostname, place.port), timeout=20)
    client.sendall("\r\n".join(lines).encode() + HALF)
    return client


def sweep(parley: Parley, folder: Path) -> None:
    """What workers do every quarter of an hour, twice."""

    async def work() -> None:
        database = Database(f"sqlite:///{parley.folder / 'data' / 'chat.db'}")
        services = cast(Services, SimpleNamespace(db=database, storage=Disk(folder)))
        await files.sweep(services, await files.sweep(services, ()))
        await database.close()

    asyncio.run(work())


def test_an_upload_that_is_cut_leaves_nothing_and_one_whose_worker_is_killed_nothing_for_long(
    parley: Parley, ann: Visitor
) -> None:
    folder, slug = parley.folder / "data" / "files", ann.make_room()
    ann.open(slug)
    (path,) = ann.hang(slug, ("stays.txt", b"stays"))
    (stays,) = kept(folder)
    with closing(upload(ann, slug)):
        eventually(lambda: any(key.endswith(PART) for key in kept(folder)), "it is written as it comes")
    eventually(lambda: kept(folder) == {stays}, "what was cut is gone")
    with closing(upload(ann, slug)):
        eventually(lambda: any(key.endswith(PART) for key in kept(folder)), "it is written as it comes")
        parley.kill()
    assert len(kept(folder)) == 2
    parley.start()
    assert files_in(ann.get(f"/rooms/{slug}").text) == [path]
    sweep(parley, folder)
    assert kept(folder) == {stays}
    assert ann.get(path).content == b"stays"


def test_a_worker_killed_between_file_and_commit_leaves_no_message_and_no_file(
    parley: Parley, ann: Visitor
) -> None:
    folder, slug = parley.folder / "data" / "files", ann.make_room()
    ann.open(slug)
    (path,) = ann.hang(slug, ("stays.txt", b"stays"))
    stays = kept(folder)
    answers: list[int] = []

    def post() -> None:
        try:
            answers.append(ann.send(slug, ("a.png", picture()), ("b.zip", b"1"), body="look").status_code)
        except httpx.HTTPError:
            answers.append(0)

    with closing(sqlite3.connect(parley.folder / "data" / "chat.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # so that nothing is committed
        posting = Thread(target=post)
        posting.start()
        whole = re.compile(r"[0-9a-f]{32}(\.small)?").fullmatch
        eventually(lambda: len([key for key in kept(folder) if whole(key)]) == 4, "the files are kept")
        parley.kill()
        posting.join()
    assert answers == [0]
    parley.start()
    assert ann.words(slug) == ["[stays.txt]"]
    assert files_in(ann.get(f"/rooms/{slug}").text) == [path]
    assert len(kept(folder)) > 1
    sweep(parley, folder)
    assert kept(folder) == stays
    again = ann.hang(slug, ("a.png", picture()), ("b.zip", b"1"), body="look")
    assert [ann.get(one).status_code for one in again[-2:]] == [200, 200]


def test_two_processes_share_files(
    start_parley: Callable[..., Parley], redis: Redis, postgres_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "shared"
    settings: dict[str, Any] = {"REDIS_URL": redis.url, "DATABASE_URL": postgres_url}
    one, two = [start_parley(**settings, CHAT_FILES_FOLDER=str(folder)) for _ in range(2)]
    ann = Visitor(one.url).enter()
    there = Visitor(two.url)
    there.cookie = ann.cookie
    slug = ann.make_room()
    ann.open(slug)
    sent = ("a.png", picture()), ("b.zip", bytes(100_000))
    numbers: list[int] = []

    def post(who: Visitor) -> None:
        numbers.append(who.send(slug, *sent, nonce="n").json()["number"])

    posts = [Thread(target=post, args=(who,)) for who in (ann, there)]
    for posting in posts:
        posting.start()
    for posting in posts:
        posting.join()
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    eventually(lambda: len(kept(folder)) == 3, "one set of files is kept", within_s=10)
    paths = files_in(ann.get(f"/rooms/{slug}").text)
    assert len(paths) == 2
    for path in paths:
        assert there.get(path).content == ann.get(path).content
    assert there.post(f"/rooms/{slug}/messages/{numbers[0]}/delete").status_code == 303
    assert [who.get(path).status_code for who in (ann, there) for path in paths] == [404] * 4
    eventually(lambda: kept(folder) == set(), "their bytes go", within_s=15)
    ann.close()
    there.close()
