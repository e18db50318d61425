"""Hostile files, and files that are read by those who may not."""

import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from tests.contract.visitor import HTMX, JSON, TEXT, Visitor
from tests.pictures import bomb, chunk, gif, picture, png, saved
from tests.security.seekers import Seeker
from tests.servers import Parley

SOON_S = 2.0
MORE_MB = 50
HTML = b"<!doctype html><script>alert(document.domain)</script>"
WAYS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-3"}), ("GET", {"If-None-Match": "*"}),
    ("GET", TEXT), ("GET", JSON), ("GET", HTMX), ("POST", {}),
)  # fmt: skip


@pytest.fixture(scope="module")
def come(shop: Parley) -> Iterator[Callable[[], Seeker]]:
    with ExitStack() as stack:

        def make() -> Seeker:
            seeker = Seeker(shop.url)
            stack.callback(seeker.close)
            seeker.enter()
            return seeker

        yield make


@pytest.fixture(scope="module")
def ann(come: Callable[[], Seeker]) -> Seeker:
    return come()


@pytest.fixture(scope="module")
def room(ann: Seeker) -> str:
    slug = ann.make_room()
    ann.open(slug)
    ann.hang(slug, ("first.png", picture()))  # so that everything has been needed once
    return slug


def hostile() -> dict[str, tuple[bytes, int]]:
    """Bytes that pretend to be a picture, and what is said to them."""
    rows = zlib.compress(bytes(301 * 100))
    jpeg = picture("JPEG")
    return {
        "20k × 20k pixels": (png(20_000, 20_000, pixels=bytes(1_000)), 413),
        "10,000 frames": (gif(10_000), 413),
        "10,000 frames on a large canvas": (gif(10_000, 3_000, 3_000), 413),
        "600,000 frames": (gif(600_000), 413),
        "a bomb of text": (png(100, 100, chunk(b"zTXt", b"k\0\0" + bomb(200)), pixels=bytes(30_100)), 415),
        "a bomb of colours": (png(100, 100, chunk(b"iCCP", b"k\0\0" + bomb(200)), pixels=bytes(30_100)), 415),
        "cut in the middle": (jpeg[: len(jpeg) // 2], 415),
        "nothing but magic": (jpeg[:4], 415),
        "HTML behind magic": (b"\x89PNG\r\n\x1a\n" + HTML, 415),
        "GIF89a as a script": (b"GIF89a=1;alert(1)//", 415),
        "no pixels": (png(0, 0, pixels=rows), 415),
        "a box that says AVIF": (b"\0\0\0\x18ftypavif" + bytes(500), 415),
    }


def memory_mb(parley: Parley) -> float:
    """What the server holds, its peak included, without the children that come and go."""
    lines = Path(f"/proc/{parley.pid}/status").read_text().splitlines()
    return max(int(line.split()[1]) for line in lines if line.startswith(("VmHWM", "VmRSS"))) / 1024


def test_hostile_pictures_are_refused_soon_and_cost_little(shop: Parley, ann: Seeker, room: str) -> None:
    told = ann.words(room)
    before = memory_mb(shop)
    for name, (content, status) in hostile().items():
        began = time.monotonic()
        answer = ann.send(room, ("harbour.png", content), body=name)
        took_s = time.monotonic() - began
        assert (answer.status_code, name) == (status, name), answer.text
        assert took_s < SOON_S * 3, f"{name} took {took_s:.1f} s"  # the machine has other things to do
    assert memory_mb(shop) - before < MORE_MB
    assert ann.words(room) == told
    assert ann.send(room, ("good.png", picture()), body="good").status_code == 201


def test_a_large_upload_is_never_whole_in_memory(shop: Parley, ann: Seeker, room: str) -> None:
    before = memory_mb(shop)
    files = [(f"{n}.bin", secrets.token_bytes(1 << 20) * 9) for n in range(5)]
    assert ann.send(room, *files).status_code == 201
    many = [("x", bytes(1 << 20))] * 60
    assert ann.send(room, *many).status_code == 422
    assert memory_mb(shop) - before < 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("harbour.png", HTML),
        ("harbour.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("harbour.pdf", b"%PDF-1.7 " + HTML),
        ("harbour.html", HTML),
    ],
)
def test_what_is_no_picture_is_only_ever_a_download(
    name: str, content: bytes, ann: Seeker, room: str
) -> None:
    (path,) = ann.hang(room, (name, content))
    answer = ann.get(path)
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ann.get(f"{path}/thumb").status_code == 404
    assert f'src="{path}' not in ann.get(f"/rooms/{room}").text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_hides_behind_or_in_a_picture_does_not_come_out(kind: str, ann: Seeker, room: str) -> None:
    more = {"comment": HTML} if kind in ("GIF", "JPEG") else {}
    sent = (
        saved(Image.new("P" if kind == "GIF" else "RGB", (20, 20)), kind, **more)
        + HTML
        + b"PK\x05\x06"
        + bytes(18)
    )
    (path,) = ann.hang(room, ("both.html", sent))
    answer = ann.get(path)
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert b"<script" not in answer.content
    assert b"PK\x05\x06" not in answer.content


# Who may read


def told(who: Visitor, path: str) -> list[str]:
    """Everything that somebody is told of a file but its address and the time, in every way of asking."""
    found = []
    for method, headers in WAYS:
        answer = who.ask(method, path, headers=headers)
        heads = [(name, value) for name, value in answer.headers.raw if name.lower() != b"date"]
        found.append(str((answer.status_code, heads, answer.content)).replace(path, "…"))
    return found


def nothing(who: Visitor, paths: list[str]) -> None:
    """These files are to this person as if they were not."""
    for path in paths:
        for small in ("", "/thumb"):
            missing = told(who, f"/files/{'0' * 32}/harbour.png{small}")
            assert missing[0].startswith(("(303", "(404")), missing[0]
            assert told(who, path + small) == missing


def test_a_file_is_read_by_who_may_see_its_message_and_by_nobody_else(
    ann: Seeker, come: Callable[[], Seeker], shop: Parley
) -> None:
    slug = ann.make_room()
    ann.open(slug)
    paths = ann.hang(slug, ("harbour.png", picture()))
    member, removed, gone, stranger = come(), come(), come(), come()
    anonymous = Seeker(shop.url)
    for who in (member, removed, gone):
        who.open(slug)
        assert [who.get(path).status_code for path in paths] == [200]
        assert who.get(f"{paths[0]}/thumb").status_code == 200
    assert ann.post(f"/rooms/{slug}/members/{removed.id()}/remove").status_code == 303
    gone.post(f"/rooms/{slug}/leave")
    for who in (removed, gone, stranger, anonymous):
        nothing(who, paths)
    anonymous.close()
    etag = member.get(paths[0]).headers["etag"]
    assert removed.get(paths[0], {"If-None-Match": etag}).status_code == 404
    assert removed.get(paths[0], {"Range": "bytes=0-3", "If-Range": etag}).status_code == 404
    assert member.get(paths[0].replace("harbour", "other")).status_code == 404


def test_the_history_of_a_room_binds_its_files(ann: Seeker, come: Callable[[], Seeker]) -> None:
    for settings in ({"history": "joined"}, {"history": "visit"}, {"newcomers_see": "1"}):
        made = ann.post("/rooms", settings | {"name": f"Since {secrets.token_hex(4)}"})
        slug = made.headers["location"].removeprefix("/rooms/")
        ann.open(slug)
        early = ann.hang(slug, ("harbour.png", picture()))
        ann.say(slug, "the last one")
        newcomer = come()
        newcomer.open(slug)
        nothing(newcomer, early)
        late = ann.hang(slug, ("harbour.png", picture()))
        assert newcomer.get(late[0]).status_code == 200, settings


def test_what_was_deleted_or_cleared_is_read_by_nobody(ann: Seeker) -> None:
    slug = ann.make_room()
    ann.open(slug)
    deleted, cleared = [ann.hang(slug, ("harbour.png", picture())) for _ in range(2)]
    number = ann.say(slug, "after them") - 2
    assert ann.post(f"/rooms/{slug}/messages/{number}/delete").status_code == 303
    assert ann.get(cleared[0]).status_code == 200
    nothing(ann, deleted)
    assert ann.post(f"/rooms/{slug}/clear").status_code == 303
    nothing(ann, cleared)
