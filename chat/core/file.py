"""Files that hang on messages."""

from dataclasses import dataclass


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
