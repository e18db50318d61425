"""Reading what the server sends: pages, batches, events, lines."""

import html
import re
from dataclasses import dataclass

_THING = re.compile(r'<li class="(?:msg|notice)[^>]*\bdata-change="\d+"[^>]*>.*?</li>', re.S)
_ATTRIBUTE = re.compile(r'\bdata-(number|change|pos)="(-?\d+)"')
_WORDS = re.compile(r'<div class="msg-body"[^>]*>(.*?)</div>', re.S)
_TAG = re.compile(r"<[^>]+>")
_MARK = re.compile(r'<i data-mark="([0-9a-z]+)\.(\d+)" hidden></i>\s*\Z')
_CURSOR = re.compile(r'id="cursor"[^>]*\bvalue="([0-9a-z]+)\.(\d+)"')
_BEFORE = re.compile(r'<li class="earlier"[^>]*>.*?\?before=([-0-9.]+)"', re.S)


@dataclass(frozen=True, slots=True)
class Thing:
    """A message or a notice as a page gets it; `body` is None for a notice, empty for a tombstone."""

    number: int
    change: int
    body: str | None
    pos: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    epoch: str
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.number}"


def things(text: str) -> list[Thing]:
    """The numbered things of a page or a batch, as they stand."""
    found = []
    for match in _THING.finditer(text.partition("<template")[0]):
        numbers = dict(_ATTRIBUTE.findall(match[0].partition(">")[0]))
        if "number" not in numbers:
            continue  # a floor that is no notice
        pos = int(numbers["pos"])
        found.append(Thing(int(numbers["number"]), int(numbers["change"]), _body(match[0]), pos))
    return found


def floors(text: str) -> dict[int, int]:
    """By change, the numbers below which everything is gone."""
    heads = re.findall(r'<li class="notice"[^>]*\bdata-floor="\d+"[^>]*>', text.partition("<template")[0])
    found = (dict(re.findall(r'\bdata-(change|floor)="(\d+)"', head)) for head in heads)
    return {int(one["change"]): int(one["floor"]) for one in found}


def _body(element: str) -> str | None:
    if element.startswith('<li class="notice'):
        return None
    words = _WORDS.search(element)
    return html.unescape(_TAG.sub("", words[1])).strip() if words else ""


def mark(text: str) -> Cursor | None:
    """The mark that ends a batch."""
    match = _MARK.search(text)
    return Cursor(match[1], int(match[2])) if match else None


def is_reset(text: str) -> bool:
    return "data-reset" in text


def page_cursor(text: str) -> Cursor:
    """The cursor that a page prints."""
    match = _CURSOR.search(text)
    assert match, text[:2000]
    return Cursor(match[1], int(match[2]))


def before(text: str) -> str | None:
    """Where the page before this one ends, if there is one."""
    match = _BEFORE.search(text)
    return match[1] if match else None
