"""What the decoder writes, asked without anything around it."""

import subprocess
import sys
from pathlib import Path

import pytest

from chat.actions import decoder
from tests.pictures import opened, picture

KINDS = ("JPEG", "WEBP")  # these may bring a profile of any size


def decode(kind: str, content: bytes, folder: Path, small: Path | None = None) -> int:
    """The exit status; the pictures are `whole` and, unless it is to be elsewhere, `small`."""
    source = folder / "source"
    source.write_bytes(content)
    words = (decoder.__file__, kind, source, folder / "whole", small or folder / "small")
    return subprocess.run(
        [sys.executable, "-I", *map(str, words)], check=False, capture_output=True
    ).returncode


@pytest.mark.parametrize("kind", KINDS)
def test_a_profile_stays_unless_it_is_larger_than_any_is(kind: str, tmp_path: Path) -> None:
    for size, kept in ((3_000, True), (3_000_000, False)):
        profile = bytes(range(1, 251)) * (size // 250)
        assert decode(kind, picture(kind, (600, 400), icc_profile=profile), tmp_path) == 0
        for name in ("whole", "small"):
            content = (tmp_path / name).read_bytes()
            assert opened(content).info.get("icc_profile") == (profile if kept else None), (name, size)
            assert len(content) < 1_000_000


def test_a_disk_without_space_for_the_small_picture_is_no_broken_picture(tmp_path: Path) -> None:
    assert decode("PNG", picture(), tmp_path, Path("/dev/full")) == decoder.NO_SPACE
