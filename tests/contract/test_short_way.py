"""A post that does not go through Quart is answered as one that does, byte for byte."""

from urllib.parse import urlencode

import httpx
import pytest

from tests.contract.visitor import HTMX, JSON, TEXT, Visitor

LONG_WAY = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
SHORT_WAY = {"Content-Type": "application/x-www-form-urlencoded"}
PLAIN = {"Accept-Encoding": "identity"}
KINDS = {"JSON": JSON, "htmx": HTMX, "htmx, not packed": HTMX | PLAIN, "text": TEXT, "page": {}}


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    headers = [(name, value) for name, value in sorted(answer.headers.items()) if name != "date"]
    return answer.status_code, headers, answer.text


def both(who: Visitor, room: str, form: str, headers: dict[str, str]) -> httpx.Response:
    """The answer to a form, which is the same both ways."""
    path = f"/rooms/{room}/messages"
    long, short = (
        who.ask("POST", path, content=form, headers=headers | way) for way in (LONG_WAY, SHORT_WAY)
    )
    assert told(short) == told(long)
    return short


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_said_is_told_alike(ann: Visitor, room: str, kind: str) -> None:
    page = ann.open(room)
    form = {"body": "many words " * 200, "nonce": f"n-{room}", "since": page.cursor}
    answer = both(ann, room, urlencode(form), KINDS[kind])
    assert answer.status_code in (200, 201, 303)
    assert (answer.headers.get("content-encoding") == "gzip") == (kind == "htmx")
    assert len(ann.words(room)) == 1


@pytest.mark.parametrize("kind", ["JSON", "htmx"])
@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("body=", 422),
        ("body=" + "x" * 4001, 422),
        ("body=words&nonce=%00", 422),
        ("body=words&reply_to=x", 422),
        ("body=words&reply_to=999", 422),
        ("body=one&body=two", 422),
        ("body=%ff", 422),
        ("&".join(f"f{n}=" for n in range(200)), 413),
    ],
)
def test_what_is_refused_is_refused_alike(ann: Visitor, room: str, kind: str, form: str, status: int) -> None:
    assert both(ann, room, form, KINDS[kind]).status_code == status
    assert ann.words(room) == []


@pytest.mark.parametrize("kind", ["JSON", "htmx"])
def test_who_may_not_is_told_so_alike(
    stranger: Visitor, bob: Visitor, ann: Visitor, room: str, kind: str
) -> None:
    form = urlencode({"body": "words", "nonce": "n"})
    assert both(stranger, room, form, KINDS[kind]).status_code == 401
    secret = both(ann, "nowhere", form, KINDS[kind])
    assert (secret.status_code, both(bob, room, "body=words", KINDS[kind]).text) == (404, secret.text)
    ann.say(room, "other words", nonce="used")
    assert both(ann, room, "body=words&nonce=used", KINDS[kind]).status_code == 409
