"""Files that hang on messages: their names, their limits, and what their bytes say they are."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from chat.core.names import INVISIBLE, UNSEEN

NAME_MAX = 120  # characters
ENDING_MAX = 20  # characters of it that stay when a name is cut
THUMB = 300  # pixels a side that a small picture has at most
MB = 1_048_576  # bytes

DOWNLOAD = "application/octet-stream"  # what is no picture of ours is this, whatever it calls itself
_BRANDS = frozenset({b"avif", b"avis"})


@dataclass(frozen=True, slots=True)
class File:
    """A file as a message shows it. `id` is random and part of its address, never a credential.

    `type` is what its bytes are (`image/png`, …), not what its name says. A picture has a `width` and
    a `height` in pixels; anything else has none and is only ever downloaded. `size` in bytes.
    """

    id: str
    name: str
    type: str
    size: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its bytes are at `path` for as long as the request lasts.

    `size` is what was sent; of more than the limit the rest was not kept. `digest` is its SHA-256.
    """

    name: str
    path: Path
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How many files a message has at most, how many bytes each, and when they end; `None`: never."""

    most: int = 10
    size: int = 10 * MB
    life_ms: int | None = None


def clean_file_name(raw: str) -> str:
    """The last part of a name, without what cannot be seen, cut to 120 characters; `file` if none is left."""
    last = raw.replace("\\", "/").rpartition("/")[2]
    seen = (c for c in unicodedata.normalize("NFC", last) if _is_seen(c))
    name = " ".join("".join(seen).split())
    if not name.strip("."):
        return "file"
    if len(name) > NAME_MAX:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) < ENDING_MAX else ""
        name = name[: NAME_MAX - len(ending)].rstrip() + ending
    return name


def _is_seen(character: str) -> bool:
    if character == "\u200d" or character.isspace():  # the first joins the parts of an emoji
        return True
    return character not in INVISIBLE and unicodedata.category(character) not in UNSEEN


def picture_type(head: bytes) -> str | None:
    """What kind of picture begins with these bytes, 64 if there are as many; `None`: none of ours."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":  # ISO 14496-12, 4.3: the main brand, a version, and what it also is
        brands = head[8 : min(int.from_bytes(head[:4], "big"), 64)]
        if {brands[at : at + 4] for at in (0, *range(8, len(brands), 4))} & _BRANDS:
            return "image/avif"
    return None


def fitted(width: int, height: int, most: int = THUMB) -> tuple[int, int]:
    """The size of a picture made to fit into a square of `most` pixels; a smaller one stays as it is."""
    scale = min(1.0, most / width, most / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def in_words(size: int) -> str:
    """A size as it is said: `1 KB`, `820 KB`, `1.2 MB`, `120 MB`."""
    if size < MB:
        return f"{max(1, round(size / 1024)):,} KB"
    return f"{size / MB:,.1f}".removesuffix(".0") + " MB" if size < 10 * MB else f"{size / MB:,.0f} MB"
