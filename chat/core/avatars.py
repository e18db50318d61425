"""Faces of people and flags of rooms, made from ids and names: the same picture everywhere, nothing stored.

Pages draw them inline from the sprite (`static/sprite.svg`, symbols `p0`… and `f0`…) in the theme's
colours; `person_svg` and `flag_svg` stand alone, for notifications and previews.
"""

import math
import re
import unicodedata
from functools import lru_cache
from html import escape
from typing import NamedTuple

FACES_MAX = 4_096  # kept in memory, about 200 bytes each

HUES = (
    (20, 45), (48, 70), (76, 95), (104, 85), (132, 112), (160, 185),
    (190, 165), (220, 245), (250, 225), (282, 305), (312, 340), (350, 15),
)  # fmt: skip
PEOPLE = (
    "M0 27c11-7 26 3 40-4v17H0z",  # horizon
    "M31-4a14 14 0 1 1 0 28a14 14 0 0 1 0-28z",  # moon
    "M0 40 40 4v36z",  # slope
    "M5 40V21a15 15 0 0 1 30 0v19z",  # arch
    "M20 0h20v40H20z",  # half
    "M0 0h40L0 40zM40 40 40 24 24 40z",  # fold
)
"""The second tone over a field of 40 × 40."""

PALETTES = (
    ("43% .075 250", "93% .025 90"), ("60% .135 32", "95% .022 85"), ("83% .13 84", "37% .05 250"),
    ("51% .085 170", "94% .035 100"), ("77% .075 232", "97.5% .012 230"), ("46% .095 345", "87% .065 35"),
    ("93% .022 85", "57% .15 28"), ("85% .06 160", "42% .07 192"), ("76% .115 55", "42% .08 305"),
    ("40% .03 262", "84% .12 86"), ("64% .1 288", "95% .025 290"), ("61% .08 205", "89% .1 95"),
)  # fmt: skip
FLAGS = (
    "M12 0h12v24H12z",  # pale
    "M0 8h24v8H0z",  # fess
    "M7 0h5v24H7zM0 9.5h24v5H0z",  # cross
    "M0 0h4.5L24 19.5V24h-4.5L0 4.5zM24 0v4.5L4.5 24H0v-4.5L19.5 0z",  # saltire
    "M12 5.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13z",  # disc
    "M0 0h12v12H0zM12 12h12v12H12z",  # quarters
    "M0 0 14 12 0 24z",  # hoist
    "M6.5 6.5h11v11h-11z",  # block
    "M12 3 21 12 12 21 3 12z",  # lozenge
    "M24 0v24H0z",  # bend
    "M0 4.8h24v4.8H0zM0 14.4h24v4.8H0z",  # bars
    "M0 0h8v8H0zM16 0h8v8h-8zM8 8h8v8H8zM0 16h8v8H0zM16 16h8v8h-8z",  # chequer
)
"""The charge over a field of 24 × 24, after the way signal flags are cut."""

_PAIRED_SCRIPTS = re.compile("[0-9A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]")
_ROUNDED = (
    "M5.3 0h13.4A5.3 5.3 0 0 1 24 5.3v13.4a5.3 5.3 0 0 1-5.3 5.3H5.3"
    "A5.3 5.3 0 0 1 0 18.7V5.3A5.3 5.3 0 0 1 5.3 0z"
)


class Face(NamedTuple):
    """A person's circle: which of the hues and patterns, and the letters on top."""

    hue: int
    pattern: int
    letters: str


class Flag(NamedTuple):
    """A room's flag: which of the palettes and cuts."""

    palette: int
    cut: int


class Place(NamedTuple):
    """Where a flag hangs on the rope: its upper left corner, and how far it leans in degrees."""

    x: float
    y: float
    angle: float


@lru_cache(FACES_MAX)
def person(public_id: str, name: str) -> Face:
    """The face of a person: hue and pattern by id, so that a rename keeps them; letters by name.

    Remembered: a list of 200 people would spend 2 ms on working out the same faces again.
    """
    n = _stirred(public_id)
    return Face(n % len(HUES), (n >> 8) % len(PEOPLE), initials(name))


def flag(name: str) -> Flag:
    """The flag of a room of this name."""
    n = _stirred(name)
    return Flag(n % len(PALETTES), (n >> 8) % len(FLAGS))


def initials(name: str) -> str:
    """First letters of the first and the last word; one letter outside Latin, Greek and Cyrillic; or none."""
    words = re.split(r"[\s._\-]+", name)
    first = [letter for word in words if (letter := next((c for c in word if c.isalnum()), ""))]
    if not first:
        return ""
    if not _PAIRED_SCRIPTS.match(first[0]):
        return first[0]
    return (first[0] + (first[-1] if len(first) > 1 else "")).upper()[:2]


def bunting(count: int, width: float = 440, sag: float = 74, size: float = 34) -> tuple[str, list[Place]]:
    """A rope as an SVG path, and `count` places on it for flags `size` wide. Lengths in user units."""
    x0, x1, x2, y0, y1 = -20.0, width / 2, width + 20, 4.0, 4 + sag
    places = []
    for i in range(count):
        t = (i + 0.5) / count * 0.9 + 0.05
        x = x0 * (1 - t) ** 2 + 2 * x1 * t * (1 - t) + x2 * t * t
        y = y0 * (1 - t) ** 2 + 2 * y1 * t * (1 - t) + y0 * t * t
        dx = 2 * (1 - t) * (x1 - x0) + 2 * t * (x2 - x1)
        dy = 2 * (1 - t) * (y1 - y0) + 2 * t * (y0 - y1)
        a = math.atan2(dy, dx)
        corner = (round(x - size / 2 * math.cos(a), 1), round(y - size / 2 * math.sin(a), 1))
        places.append(Place(*corner, round(math.degrees(a), 1)))
    return f"M{x0:g} {y0:g}Q{x1:g} {y1:g} {x2:g} {y0:g}", places


def person_svg(public_id: str, name: str, size: int = 80) -> str:
    """A picture of its own of a person's face, `size` pixels wide, in the colours of the day."""
    face = person(public_id, name)
    a, b = HUES[face.hue]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 40 40">'
        '<clipPath id="c"><circle cx="20" cy="20" r="20"/></clipPath><g clip-path="url(#c)">'
        f'<path fill="oklch(87% .062 {a})" d="M0 0h40v40H0z"/>'
        f'<path fill="oklch(81.5% .085 {b})" d="{PEOPLE[face.pattern]}"/></g>'
        '<text x="20" y="25.4" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="650" '
        f'font-size="15" fill="oklch(33% .075 {a})">{escape(face.letters)}</text></svg>'
    )


def flag_svg(name: str, size: int = 80) -> str:
    """A picture of its own of a room's flag, `size` pixels wide."""
    palette, cut = flag(name)
    field, charge = PALETTES[palette]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 24 24">'
        f'<clipPath id="c"><path d="{_ROUNDED}"/></clipPath><g clip-path="url(#c)">'
        f'<path fill="oklch({field})" d="M0 0h24v24H0z"/>'
        f'<path fill="oklch({charge})" d="{FLAGS[cut]}"/></g></svg>'
    )


def _stirred(text: str) -> int:
    """FNV-1a over the folded text; its low bits are weak, so they are stirred once."""
    h = 0x811C9DC5
    for byte in unicodedata.normalize("NFC", text.strip().casefold()).encode("utf-8", "replace"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x2C1B3C6D) & 0xFFFFFFFF
    return h ^ (h >> 13)
