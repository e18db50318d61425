"""Bad and hostile input: each gets its error, everything stays as it was, and the next good request works."""

import html
import re
from collections.abc import Callable

import pytest

from tests.contract.visitor import HTMX, JSON, Visitor, unescaped
from tests.servers import Parley

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FIELDS = {
    "/enter": "name",
    "/rooms": "name",
    "/join": "code",
    "/rooms/{room}/messages": "body",
    "/settings": "name",
    "/settings/password": "password",
}
PART = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n'
INJECTED = r"<script(?! src=\"/static/)|<img(?! alt=\"\">)|<svg/"  # not our own
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'; DROP TABLE messages; --",
    "[click](javascript:alert(1))",
    "![pixel](http://evil.example/pixel.png)",
    '<li class="msg" id="m-1" data-change="999">forged</li>',
    '<i data-mark="x.999" hidden></i>',
    "<output data-reset hidden></output>",
    "<hx-partial hx-target='#log'>forged</hx-partial>",
    "{{ 7*7 }} {% raw %} ${7*7}",
    "back\\slash \\n not a newline \\u0041",
    "tab\there",
    "line\nbreak",
    "1\t2026-11-21T00:00:00.000Z\tSomebody\tforged line",
    "id: 5\ndata: forged\n\nretry: 1",
    "\u202eevil\u202c \u2066x\u2069",
    "\u2028\u2029 separators \u0085 and \x1b[31mcolours\x07",
    "\ufeffbom \ufffd \ufffe \U0010ffff",
    "e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "%00 %s %n &#0; &lt; &amp;lt;",
    "]]>--><!--</textarea></template></noscript>",
    "\r\nSet-Cookie: a=b".strip(),
    "a" * 3999 + "\U0001f600",
]


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize(
    ("content", "statuses"),
    [
        (b"", {422}),
        (b"=", {422}),
        (b"&&&;=;=&", {422}),
        (b"%FIELD%", {422}),
        (b"%FIELD%=", {422}),
        (b"%FIELD%=one&%FIELD%=two", {422}),
        (b"%FIELD%=%ff%fe", {422}),
        (b"%FIELD%=\xff\xfe", {422}),
        (b"%FIELD%=%ed%a0%80", {422}),
        (b"%FIELD%=%00", {422}),
        (b"%00=%00", {422}),
        (b"%FIELD%=" + b"x" * 60_000, {422}),
        (b"%FIELD%=" + b"x" * 70_000, {413}),
        (b"a=1&" * 10_000, {413}),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), {413}),
    ],
)  # fmt: skip
def test_a_broken_form_is_refused_and_stores_nothing(
    ann: Visitor, room: str, path: str, content: bytes, statuses: set[int]
) -> None:
    before = ann.rooms(), ann.open(room).cursor
    address = path.format(room=room)
    sent = content.replace(b"%FIELD%", FIELDS[path].encode())
    for headers in ({}, HTMX, JSON):
        answer = ann.ask("POST", address, content=sent, headers=FORM | headers)
        assert answer.status_code in statuses, answer.text[-500:]
    assert (ann.rooms(), ann.open(room).cursor) == before
    ann.say(room, "and the next one works")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"body=x"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=body\r\n\r\ncut"),
        ("multipart/form-data; boundary=x", PART + b"\xff\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", PART + b"\0\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, b"x"),
    ],
)  # fmt: skip
def test_a_broken_form_in_parts_is_refused_and_stores_nothing(
    ann: Visitor, room: str, kind: str, content: bytes
) -> None:
    answer = ann.ask("POST", f"/rooms/{room}/messages", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (400, 413, 415, 422)
    assert ann.words(room) == []
    ann.say(room, "and the next one works")


def test_ten_thousand_parts_are_refused(ann: Visitor, room: str) -> None:
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % n for n in range(10_000)
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = ann.ask("POST", f"/rooms/{room}/messages", content=parts + b"--x--\r\n", headers=kind)
    assert answer.status_code == 413


def test_a_message_in_parts_is_taken(ann: Visitor, room: str) -> None:
    answer = ann.post(f"/rooms/{room}/messages", files={"body": (None, "in parts, Zoë")}, headers=JSON)
    assert answer.status_code == 201
    assert ann.words(room) == ["in parts, Zoë"]


def test_a_script_need_not_escape_its_letters(ann: Visitor, room: str) -> None:
    """As `curl -d "body=…"` sends it."""
    ann.ask("POST", f"/rooms/{room}/messages", content="body=Zoë über 聊天".encode(), headers=FORM)
    assert ann.words(room) == ["Zoë über 聊天"]


@pytest.mark.parametrize(
    "slug", ["%00", "%ff", "a" * 5000, "%2e%2e", "%0d%0aSet-Cookie:a=b", "<script>", "A", "lobby%20", "é"]
)
def test_a_room_that_cannot_be_is_not_found(ann: Visitor, slug: str) -> None:
    for path in ("", "/frame", "/stream", "/events", "/changes", "/messages/1"):
        answer = ann.get(f"/rooms/{slug}{path}")
        assert answer.status_code in (404, 405), path
        assert "<script>" not in answer.text.replace("<script src", "")
    assert ann.post(f"/rooms/{slug}/messages", {"body": "x"}).status_code in (404, 405)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_words_come_back_as_they_were_sent_and_are_shown_as_text(
    ann: Visitor, room: str, body: str
) -> None:
    cursor = ann.open(room).cursor
    number = ann.say(room, body)
    kept = body.replace("\r\n", "\n").strip()
    assert ann.words(room) == [kept]
    page = ann.get(f"/rooms/{room}/messages/{number}").text
    edit = re.search(r'<textarea [^>]*id="body"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert edit
    assert html.unescape(edit[1]) == kept or "&#0;" in kept
    batch = ann.get(f"/rooms/{room}/changes?since={cursor}").text
    assert len(re.findall('<li class="msg"', batch)) == 1
    assert len(re.findall("<i data-mark=", batch)) == 1
    for shown in (batch, page, ann.open(room).html):
        assert not re.search(rf"{INJECTED}|onerror=[^&]*>|<output|(?:href|src)=\"javascript:", shown)
    event = _event(ann, room, cursor)
    assert event == batch


@pytest.mark.parametrize("name", [text for text in HOSTILE if len(text) <= 32 and text.isprintable()])
def test_a_hostile_name_is_shown_as_text(visit: Callable[..., Visitor], room: str, name: str) -> None:
    mallory = visit().enter(name)
    mallory.open(room)
    mallory.say(room, "hello")
    shown = mallory.open(room).html + mallory.get("/rooms").text
    assert html.escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in shown
    assert not re.search(INJECTED, shown)
    line = mallory.get(f"/rooms/{room}", {"Accept": "text/plain"}).text
    assert unescaped(line.split("\t")[2]) == name
    mallory.post("/leave")


def test_every_letter_survives_the_way_through_the_store(ann: Visitor, room: str) -> None:
    letters = "".join(chr(n) for n in range(1, 0x3000) if chr(n) != "\r") + "".join(
        map(chr, range(0x1F600, 0x1F650))
    )
    pieces = [f"<{letters[at : at + 2000]}>" for at in range(0, len(letters), 2000)]
    for piece in pieces:
        ann.say(room, piece)
    assert ann.words(room) == pieces


@pytest.mark.parametrize(
    "since", ["x", "a.b", "1.", ".1", "A.1", "x.-1", "x.1.1", "%00", "%ff", "x" * 400, "x.1&" * 30]
)
def test_a_cursor_of_nonsense_is_refused(ann: Visitor, room: str, since: str) -> None:
    for kind in ("changes", "events"):
        assert ann.get(f"/rooms/{room}/{kind}?since={since}").status_code == 422


@pytest.mark.parametrize("wait", ["x", "", "-1", "nan", "inf", "1e-9", "0x1"])
def test_a_wait_of_nonsense_is_refused_or_no_wait(ann: Visitor, room: str, wait: str) -> None:
    if wait != "inf":
        assert ann.get(f"/rooms/{room}/changes?wait={wait}").status_code in (200, 422)


def _event(visitor: Visitor, room: str, cursor: str) -> str:
    """The first event with a message after `cursor`, its data put together as a browser does."""
    with visitor.stream(f"/rooms/{room}/events?since={cursor}") as stream:
        got = stream.until('class="msg"')
        got = stream.until("\n\n") if not got.endswith("\n\n") else got
    block = next(block for block in got.split("\n\n") if 'class="msg"' in block)
    return "\n".join(line.removeprefix("data:") for line in block.split("\n") if line.startswith("data:"))


def test_no_address_breaks_a_search_in_postgresql(
    visit: Callable[..., Visitor], start_parley: Callable[..., Parley], postgres_url: str
) -> None:
    ann = visit(start_parley(DATABASE_URL=postgres_url).url).enter()
    room = ann.make_room()
    for address in ("%00", f"{room}%00", "%ff", f"{room}/messages/{'9' * 15}", f"{room}?at={'9' * 15}"):
        assert ann.get(f"/rooms/{address}").status_code == 404
    assert ann.get(f"/rooms/{room}?before={'9' * 18}.{'9' * 15}").status_code == 200
    assert ann.post("/rooms/%00/messages", {"body": "x"}).status_code == 404


@pytest.mark.parametrize("slug", ["A", "a%20b", "%C3%A9", "a" * 49, "a.b", "a%0Ab"])
def test_what_no_room_can_be_called_is_not_found(ann: Visitor, slug: str) -> None:
    for path in (f"/rooms/{slug}", f"/rooms/{slug}/messages/1", f"/rooms/{slug}/frame"):
        assert ann.get(path).status_code == 404
    assert ann.post(f"/rooms/{slug}/messages", {"body": "x"}).status_code == 404
