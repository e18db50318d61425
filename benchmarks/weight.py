"""What a browser fetches that has never been here: the room's page and all that it names."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.client import Doorman

NAMED = re.compile(r'(?:href|src)="((?:/static/|/me/)[^"#]+)')
NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)  # left out by a browser with scripts
KINDS = (("style", "css"), ("scripts", "js"), ("sprite", "svg"))
PACKED = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure. `noise` is what of the machine others took meanwhile, 0 to 1."""

    what: str
    value: float
    unit: str
    noise: float = 0.0


def first_visit(port: int, room: str, cookie: str) -> Iterator[Row]:
    """The size of everything, as sent to a browser and unpacked, and how many requests that takes."""
    doorman = Doorman(port)
    packed = doorman.get(room, cookie, **PACKED)
    page = gzip.decompress(packed).decode()
    names = sorted(set(NAMED.findall(NOSCRIPT.sub("", page))))
    total = len(packed)
    yield Row("first visit: page", len(packed), f"bytes of {len(page.encode()):,}")
    for what, kind in KINDS:
        files = [name for name in names if name.partition("?")[0].endswith(kind)]
        sent = sum(len(doorman.get(name, cookie, **PACKED)) for name in files)
        whole = sum(len(doorman.get(name, cookie)) for name in files)
        total += sent
        yield Row(f"first visit: {what}", sent, f"bytes of {whole:,} in {len(files)} files")
    yield Row("first visit: all", total, "bytes")
    yield Row("first visit: requests, the stream among them", len(names) + 2, "")
