"""Where the bytes of files are: each whole under a key of its own, or not there at all.

Everything here waits for a disk and belongs into a thread.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

PART = ".part"  # ends the name of what is not finished yet
_OURS = re.compile(r"[0-9a-f]{32}(\.[a-z]+)?")  # as keys and unfinished things are called


class Storage(Protocol):
    """What keeps bytes, the same for all workers. A key is 32 random letters, or these, a dot and a word."""

    def new(self) -> Path:
        """Where something may be written that is to be put there once it is finished."""

    def put(self, finished: Path, key: str) -> None:
        """Keep what was written to a path that `new` gave. When this returns it survives a power cut."""

    def open(self, key: str) -> BinaryIO | None:
        """The bytes under this key, to be read and closed."""

    def delete(self, key: str) -> None:
        """Let go of what is there, if anything is; also of something unfinished, by the name of its path."""

    def keys(self) -> Iterable[str]:
        """All that is there, and the names of what is not finished."""


class Disk:
    """A folder, which several workers may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new(self) -> Path:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._folder.parent)
        return self._folder / (secrets.token_hex(16) + PART)

    def put(self, finished: Path, key: str) -> None:
        """Raises `OSError` if the disk has no space or cannot be reached."""
        _sync(finished)
        finished.rename(self._folder / key)
        _sync(self._folder)

    def open(self, key: str) -> BinaryIO | None:
        try:
            return (self._folder / key).open("rb")
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._folder / key).unlink()

    def keys(self) -> Iterable[str]:
        """What else lies in the folder is somebody else's: whoever sweeps must not hear of it."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as found:
            return [entry.name for entry in found if _OURS.fullmatch(entry.name)]
        return []


def _sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
