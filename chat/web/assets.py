"""Static files: joined, named by hash and compressed once, at start, so that there is no build step.

A name carries the hash of its bytes: what is served under it never changes and may be kept for ever.
"""

import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CSS_ORDER = (
    "tokens", "reset", "base", "layout",
    *(f"components/{name}" for name in (
        "avatar", "badge", "status", "sidebar", "people", "rooms", "form", "menu", "dialog", "empty",
        "message", "quote", "reactions", "attachment", "arrange", "stream", "code", "composer", "settings",
        "search",
    )),
    "utilities",
)  # fmt: skip
JS_ORDER = (
    "say", "filter", "live", "status", "composer", "draft", "attach", "reply", "outbox", "follow", "read",
    "typing", "furniture", "title", "lists", "menu", "dialog", "switcher", "tools", "edit", "arrange",
    "react", "keys", "presets", "settings", "main",
)  # fmt: skip
"""Joined, they are one script; the last one starts the others."""

HTMX = "vendor/htmx-4.0.1.min.js"
HTMX_SHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_JS_COMMENT = re.compile(
    r"""/\*\*.*?\*/[ \t]*\n?          # documentation and types: no string of ours holds such a thing
    | (?:^[ \t]*|[ ])//[ ][^'"`\n]*$  # to the end of a line that holds no quote, so in no string
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_JS_IMPORT = re.compile(r"^import\b[^;]*;[ \t]*$\n?", re.MULTILINE)
_JS_EXPORT = re.compile(r"^export (?=(?:async )?function\b|const\b|let\b|class\b)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file as it is sent."""

    content: bytes
    gzipped: bytes
    content_type: str


class Assets:
    """The static files of one start of the program."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._urls: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        for name, content in files.items():
            stem, _, kind = name.rpartition(".")
            hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{kind}"
            self._urls[name] = f"/static/{hashed}"
            # mtime 0: two workers send the same bytes under the same name
            self._assets[hashed] = Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[kind])

    @classmethod
    def load(cls, static: Path) -> Self:
        """Everything pages link to, from the folder `static`.

        Raises `ValueError` if htmx is not the version that was checked, or a style sheet or script
        stands in its folder without a place in the order; `OSError` if one cannot be read.
        """
        htmx = (static / HTMX).read_bytes()
        if hashlib.sha256(htmx).hexdigest() != HTMX_SHA256:
            raise ValueError(f"static/{HTMX} is not the htmx that was checked.")
        _check_order(static / "css", "css", (*CSS_ORDER, "noscript"))
        _check_order(static / "js", "js", JS_ORDER)
        return cls(
            {
                "parley.css": join_css(
                    (static / "css" / f"{name}.css").read_text("utf-8") for name in CSS_ORDER
                ),
                "noscript.css": join_css([(static / "css" / "noscript.css").read_text("utf-8")]),
                "parley.js": htmx
                + b"\n"
                + join_js(  # one request, not two
                    (static / "js" / f"{name}.js").read_text("utf-8") for name in JS_ORDER
                ),
                "theme.js": join_js([(static / "theme.js").read_text("utf-8")]),
                "sprite.svg": (static / "sprite.svg").read_bytes(),
            }
        )

    def url(self, name: str) -> str:
        """The address of `parley.css` and so on, with its hash. Raises `KeyError` for an unknown name."""
        return self._urls[name]

    def get(self, filename: str) -> Asset | None:
        """What is served as `/static/<filename>`, if anything is."""
        return self._assets.get(filename)


def join_css(sources: Iterable[str]) -> bytes:
    """The sheets in this order, without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", "\n".join(sources), flags=re.DOTALL)
    return (re.sub(r"\s*\n\s*", "\n", css).strip() + "\n").encode()


def join_js(sources: Iterable[str]) -> bytes:
    """The modules in this order as one classic, strict script in a scope of its own.

    Comments and indentation go, by patterns that strings of ours never match: a parser would be needed
    for more.
    Raises `ValueError` on an `export` that is no plain declaration.
    """
    parts = []
    for source in sources:
        code = _JS_EXPORT.sub("", _JS_IMPORT.sub("", _JS_COMMENT.sub("", source)))
        if left := re.search(r"^(?:im|ex)port\b.*", code, re.MULTILINE):
            raise ValueError(f"cannot be joined: {left[0]}")
        parts.append(re.sub(r"\s*\n\s*", "\n", code).strip())
    return ('(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();\n").encode()


def _check_order(folder: Path, kind: str, order: Iterable[str]) -> None:
    found = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob(f"*.{kind}")}
    if unknown := sorted(found - set(order)):
        raise ValueError(f"static/{folder.name}: {unknown[0]}.{kind} has no place in the order.")
