"""Copies of the program with a bug planted in them, to see the checker turn red."""

import shutil
from pathlib import Path

from tests.servers import ROOT


def copy_with(folder: Path, file: str, *changes: tuple[str, str]) -> Path:
    """A copy of the program in `folder` with each text of `file` put in the other's place.

    Fails if a text does not stand there exactly once, so that no bug is planted in vain.
    """
    folder.mkdir()
    shutil.copytree(ROOT / "chat", folder / "chat", ignore=shutil.ignore_patterns("__pycache__"))
    for shared in ("static", "templates"):
        (folder / shared).symlink_to(ROOT / shared)
    path = folder / "chat" / file
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{file} does not hold {old!r} once"
        text = text.replace(old, new)
    path.write_text(text)
    return folder
