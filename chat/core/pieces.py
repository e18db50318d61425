"""What was found, in the text it was found in."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from chat.core.folding import PAD, stretched, tells


class Piece(NamedTuple):
    """A part of a text: what was looked for, or what stands between."""

    text: str
    found: bool


def pieces(text: str, needles: Sequence[str], most: int = 0) -> list[Piece]:
    """A text with what was looked for in it; at most about `most` characters around the first find."""
    text = unicodedata.normalize("NFC", text)
    spans = _spans(text, needles)
    first, last = _window(text, spans[0][0] if spans else 0, most) if most else (0, len(text))
    found: list[Piece] = [Piece("… ", found=False)] if first else []
    at = first
    for start, end in spans:
        start, end = max(start, at), min(end, last)
        if start < end:
            found += [Piece(text[at:start], found=False), Piece(text[start:end], found=True)]
            at = end
    found += [Piece(text[at:last], found=False), Piece(" …" if last < len(text) else "", found=False)]
    return [piece for piece in found if piece.text]


def _window(text: str, middle: int, most: int) -> tuple[int, int]:
    """About `most` characters around a place, from the beginning of a word to the end of one."""
    first = max(0, middle - most // 3)
    last = min(len(text), first + most)
    if first:
        first = text.find(" ", first, middle) + 1 or first
    if last < len(text):
        last = max(text.rfind(" ", middle + most // 3, last), 0) or last
    return first, last


def _spans(text: str, needles: Sequence[str]) -> list[tuple[int, int]]:
    """Where needles are in a text, in order."""
    spread, origin = _spread(text)
    spans = []
    for needle in needles:
        at = spread.find(needle)
        while at >= 0:
            own = [origin[i] for i in range(at, at + len(needle)) if origin[i] >= 0]
            spans.append((own[0], own[-1] + 1))
            at = spread.find(needle, at + 1)
    return sorted(spans)


def _spread(text: str) -> tuple[str, list[int]]:
    """A text folded character by character, and where each one comes from: -1 for what was put between."""
    spread, origin, inside = [PAD], [-1, -1], False
    for at, char in enumerate(text):
        for c in char.lower() if char.isascii() else unicodedata.normalize("NFKC", char).casefold():
            if not tells(c):
                spread += [PAD] if inside else []
                origin += [-1, -1] if inside else []
                inside = False
                continue
            put = stretched(c)
            spread.append(put)
            origin += [at] * len(put)
            inside = True
    return "".join([*spread, PAD]), [*origin, -1, -1]
