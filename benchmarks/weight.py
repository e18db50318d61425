"""What a browser fetches that has never been here: the room's page and all that it names."""

import gzip
import re
from collections.abc import Iterator

from benchmarks.client import Doorman
from benchmarks.scenes import ROOM, Row, enter, server

NAMED = re.compile(r'(?:href|src)="((?:/static/|/me/)[^"#]+)')
PACKED = {"Accept-Encoding": "gzip"}
KINDS = (("style", "css"), ("scripts", "js"), ("sprite", "svg"))


def weight() -> Iterator[Row]:
    """The size of everything, as sent to a browser and unpacked, and how many requests that takes."""
    with server("chat:app") as parley:
        cookie = enter(parley.port, 1)[0]
        doorman = Doorman(parley.port)
        packed = doorman.get(ROOM, cookie, **PACKED)
        page = gzip.decompress(packed).decode()
        # A browser with scripts leaves out what stands in noscript.
        names = sorted(set(NAMED.findall(re.sub(r"<noscript>.*?</noscript>", "", page, flags=re.DOTALL))))
        total = len(packed)
        yield Row(
            "first visit: page of an empty room", f"{len(packed):,}", f"bytes of {len(page.encode()):,}"
        )
        for what, kind in KINDS:
            files = [name for name in names if name.partition("?")[0].endswith(kind)]
            sent = sum(len(doorman.get(name, cookie, **PACKED)) for name in files)
            whole = sum(len(doorman.get(name, cookie)) for name in files)
            total += sent
            yield Row(f"first visit: {what}, {len(files)} files", f"{sent:,}", f"bytes of {whole:,}")
        yield Row("first visit: all", f"{total:,}", "bytes")
        yield Row("first visit: requests, the stream among them", str(len(names) + 2), "")
