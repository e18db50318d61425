"""Files as they are posted and read from outside."""

import http.client
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from chat.core.file import MB
from tests.contract.visitor import HTMX, JSON, TEXT, Visitor, files_in, fragment_of
from tests.pictures import KINDS, SECRET, moving, opened, picture, telling

ZIP = ("boats.zip", bytes(range(256)) * 40)


def test_files_hang_on_their_message_for_everybody(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    page = ann.open(room)
    fields = {"body": "Look", "since": page.cursor}
    answer = ann.send(room, ZIP, ("slip way.png", picture(size=(600, 200))), headers=HTMX, **fields)
    assert answer.status_code == 200
    number = int(re.findall(r'id="m-(\d+)"', answer.text)[0])
    shown = fragment_of(answer.text, number)
    small = r'href="(/files/[0-9a-f]{32}/slip%20way\.png)"[^>]*><img src="\1/thumb" width="300" height="100"'
    assert re.search(small, shown)
    assert re.search(r'href="/files/[0-9a-f]{32}/boats\.zip" download', shown)
    assert "10 KB" in shown
    assert fragment_of(bob.get(f"/rooms/{room}").text, number).split() == shown.split()
    for path in files_in(shown):
        assert bob.get(path).status_code == 200


def test_a_message_may_be_files_alone_and_a_plain_form_goes_on_to_it(ann: Visitor, room: str) -> None:
    ann.open(room)
    answer = ann.send(room, ZIP, headers={})
    assert answer.status_code == 303
    number = int(answer.headers["location"].partition("#m-")[2])
    assert "msg-body" not in fragment_of(ann.get(f"/rooms/{room}").text, number)


def test_a_form_in_which_nothing_was_chosen_is_a_form_without_files(ann: Visitor, room: str) -> None:
    ann.open(room)
    assert ann.send(room, ("", b""), body="words").status_code == 201
    assert ann.send(room, ("", b"")).status_code == 422
    assert ann.words(room) == ["words"]
    assert files_in(ann.get(f"/rooms/{room}").text) == []


def test_an_empty_file_is_a_file(ann: Visitor, room: str) -> None:
    ann.open(room)
    (path,) = ann.hang(room, ("empty.txt", b""))
    assert (ann.get(path).status_code, ann.get(path).content) == (200, b"")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_turned_upright_and_tells_nothing_but_what_is_seen(
    kind: str, ann: Visitor, room: str
) -> None:
    ann.open(room)
    sent = telling(kind)
    assert SECRET.encode() in sent
    (path,) = ann.hang(room, (f"slipway.{kind.lower()}", sent))
    whole, small = ann.get(path), ann.get(f"{path}/thumb")
    upright = (64, 48) if kind == "GIF" else (48, 64)
    for answer, form in ((whole, kind), (small, "WEBP")):
        assert SECRET.encode() not in answer.content
        image = opened(answer.content)
        assert (image.format, image.size) == (form, upright)
        assert not image.getexif()
        assert answer.headers["content-type"] == f"image/{form.lower()}"
        assert answer.headers["content-disposition"].startswith("inline; ")


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_picture_that_moves_still_does(kind: str, ann: Visitor, room: str) -> None:
    ann.open(room)
    (path,) = ann.hang(room, ("moves", moving(kind)))
    image, times = opened(ann.get(path).content), []
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        image.load()
        times.append(image.info["duration"])
    assert times == [50, 100, 50, 100, 50]
    assert image.info["loop"] == 3
    assert opened(ann.get(f"{path}/thumb").content).size == (40, 30)


NAMES = [
    ("кораблі.pdf", "UTF-8''%D0%BA%D0%BE%D1%80%D0%B0%D0%B1%D0%BB%D1%96.pdf", "_______.pdf"),
    ('a";b\\c.txt', "UTF-8''c.txt", "c.txt"),
    ('say "hi".txt', "UTF-8''say%20%22hi%22.txt", "say _hi_.txt"),
    ("../../etc/passwd", "UTF-8''passwd", "passwd"),
    ("<img src=x on=1>", "UTF-8''%3Cimg%20src%3Dx%20on%3D1%3E", "<img src=x on=1>"),
    ("50%25 off?#.txt", "UTF-8''50%2525%20off%3F#.txt", "50_25 off?#.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "full", "plain"), NAMES)
def test_a_name_is_shown_as_text_and_stands_in_headers_as_it_should(
    name: str, full: str, plain: str, ann: Visitor, room: str
) -> None:
    ann.open(room)
    (path,) = ann.hang(room, (name, b"bytes"))
    answer = ann.get(path)
    assert answer.headers["content-disposition"] == f'attachment; filename="{plain}"; filename*={full}'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "<img src=x" not in ann.get(f"/rooms/{room}").text


# What is refused


def refused(who: Visitor, room: str, *files: tuple[str, bytes]) -> Iterator[tuple[int, str]]:
    """Status and words as a page, a fragment and data tell them."""
    page = who.send(room, *files, headers={}, body="kept <words>", nonce="n")
    assert "kept &lt;words&gt;</textarea>" in page.text
    yield page.status_code, page.text
    fragment = who.send(room, *files, headers=HTMX, body="kept <words>", nonce="n")
    assert fragment.text.startswith('<p class="error" id="composer-error"')
    yield fragment.status_code, fragment.text
    data = who.send(room, *files, headers=JSON, body="kept <words>", nonce="n")
    yield data.status_code, data.json()["error"]


@pytest.mark.parametrize(
    ("files", "status", "words"),
    [
        ([("x", b"1")] * 11, 422, "11 files are too many: a message has at most 10."),
        ([ZIP, ("boats.zip", bytes(12 * MB))], 413, "boats.zip is 12 MB; the limit is 10 MB."),
        ([ZIP, ("half.png", picture()[:900])], 415, "half.png is broken or no picture."),
    ],
    ids=["too many", "too large", "broken"],
)  # fmt: skip
def test_what_is_refused_is_said_and_the_words_are_kept(
    files: list[tuple[str, bytes]], status: int, words: str, ann: Visitor, room: str
) -> None:
    ann.open(room)
    for got, told in refused(ann, room, *files):
        assert (got, words in told) == (status, True), told
    assert ann.words(room) == []
    assert ann.send(room, ZIP, body="good", nonce="n").status_code == 201


def test_more_than_all_limits_together_is_refused_before_it_has_come(ann: Visitor, room: str) -> None:
    ann.open(room)
    place = urlsplit(ann.url)
    client = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    heads = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(200 * MB)}
    client.request("POST", f"/rooms/{room}/messages", b"--x\r\n", heads | JSON | {"Cookie": ann.cookie})
    answer = client.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (413, "close")
    client.close()
    assert ann.words(room) == []


def test_other_forms_are_as_small_as_ever(ann: Visitor, room: str) -> None:
    ann.open(room)
    long = "x" * 70_000
    assert ann.post(f"/rooms/{room}/messages", {"body": long}, JSON).status_code == 413
    assert ann.send(room, ZIP, body=long).status_code == 413
    assert ann.post(f"/rooms/{room}/read", {"number": long}, files=[("files", ZIP)]).status_code == 413
    assert ann.words(room) == []


def test_the_same_files_again_are_the_same_post(ann: Visitor, room: str) -> None:
    ann.open(room)
    first = ann.send(room, ZIP, nonce="n").json()
    assert ann.send(room, ZIP, nonce="n").json() == first
    assert ann.send(room, (ZIP[0], ZIP[1][1:]), nonce="n").status_code == 409
    assert ann.send(room, nonce="n", body="words").status_code == 409
    assert len(files_in(ann.get(f"/rooms/{room}").text)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"--x--", b"--x\r\n\r\nno head",
     b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\ncut',
     b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n\xff\r\n--x--\r\n',
     b'--x\r\nContent-Disposition: form-data; name="files"; filename="\xff"\r\n\r\n1\r\n--x--\r\n',
     b'--x\r\nContent-Disposition: form-data; name="files"; filename="cut"\r\n\r\n1'],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(content: bytes, ann: Visitor, room: str) -> None:
    ann.open(room)
    for kind in (
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 100,
    ):
        answer = ann.post(f"/rooms/{room}/messages", None, JSON | {"Content-Type": kind}, content=content)
        assert answer.status_code == 422, (kind, answer.text)
    assert ann.words(room) == []


def test_who_is_not_let_in_is_told_so_after_the_whole_form(
    ann: Visitor, bob: Visitor, stranger: Visitor, room: str
) -> None:
    large = ("large", bytes(8 * MB))
    assert bob.send(room, large).status_code == 404
    assert stranger.send(room, large, headers={}).status_code == 303
    assert bob.send("nowhere", large).content == bob.send(room, large).content
    assert bob.get("/rooms").status_code == 200


# Reading


def test_a_file_is_read_whole_in_part_or_not_again(ann: Visitor, room: str) -> None:
    ann.open(room)
    (path,) = ann.hang(room, ZIP)
    whole = ann.get(path)
    assert whole.content == ZIP[1]
    heads = whole.headers
    assert (heads["accept-ranges"], heads["cache-control"]) == ("bytes", "private, no-cache")
    head = ann.ask("HEAD", path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10240")
    again = ann.get(path, {"If-None-Match": heads["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ann.get(path, {"If-None-Match": '"other"'}).status_code == 200
    for asked, begin, end in (
        ("0-9", 0, 10),
        ("100-", 100, 10240),
        ("-5", 10235, 10240),
        ("-99999", 0, 10240),
    ):
        part = ann.get(path, {"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, ZIP[1][begin:end]), asked
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/10240"
    for wrong in ("20000-", "5-2", "0-1,4-5"):
        assert ann.get(path, {"Range": f"bytes={wrong}"}).status_code in (200, 416)
    assert ann.get(path, {"Range": "bytes=0-9", "If-Range": heads["etag"]}).status_code == 206
    assert ann.get(path, {"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


def test_an_edited_message_keeps_its_files_and_a_deleted_one_has_none(ann: Visitor, room: str) -> None:
    ann.open(room)
    (path,) = ann.hang(room, ZIP, body="words")
    number = max(int(n) for n in re.findall(r'id="m-(\d+)"', ann.get(f"/rooms/{room}").text))
    address = f"/rooms/{room}/messages/{number}"
    assert ann.post(f"{address}/edit", {"body": ""}).status_code == 303
    assert files_in(ann.get(address).text) == [path]
    assert ann.get(f"/rooms/{room}", TEXT).text.count("\n") == 1
    assert ann.post(f"{address}/delete").status_code == 303
    assert ann.get(path).status_code == 404
    assert files_in(ann.get(address).text) == []
