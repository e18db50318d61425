"""A folder for the bytes of files: whole or not at all."""

from pathlib import Path

import pytest

from chat.store import storage
from chat.store.storage import Disk

KEY = "0123456789abcdef" * 2


def test_what_was_put_is_there_under_its_key_until_it_is_deleted(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "some" / "files")
    assert list(disk.keys()) == []
    unfinished = disk.new()
    unfinished.write_bytes(b"bytes")
    assert disk.open(KEY) is None
    disk.put(unfinished, KEY)
    assert list(disk.keys()) == [KEY]
    with disk.open(KEY) or pytest.fail("is not there") as file:
        assert file.read() == b"bytes"
    disk.delete(KEY)
    disk.delete(KEY)
    assert disk.open(KEY) is None


def test_what_is_not_finished_is_listed_and_can_be_deleted(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    names = {disk.new().name for _ in range(100)}
    assert len(names) == 100
    unfinished = disk.new()
    unfinished.write_bytes(b"half")
    assert list(disk.keys()) == [unfinished.name]
    disk.delete(unfinished.name)
    assert list(disk.keys()) == []


def test_bytes_are_synced_before_they_have_a_name_and_the_name_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path / "files")
    unfinished = disk.new()
    unfinished.write_bytes(b"bytes")
    done: list[str] = []
    monkeypatch.setattr(storage, "_sync", lambda path: done.append(f"sync {path.name}"))
    monkeypatch.setattr(Path, "rename", lambda path, to: done.append(f"rename {to.name}"))
    disk.put(unfinished, "key")
    assert done == [f"sync {unfinished.name}", "rename key", "sync files"]


def test_nobody_else_on_the_machine_reads_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    Disk(folder).new()
    assert folder.stat().st_mode & 0o077 == 0


def test_what_somebody_else_keeps_in_the_folder_is_never_told_of(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    ours = [KEY, f"{KEY}.small", disk.new().name]
    for name in (*ours, "chat.db", "chat.db-wal", ".gitignore", f"{KEY}.small.bak", f"{KEY}0"):
        (tmp_path / name).touch()
    (tmp_path / "lost+found").mkdir()
    assert sorted(disk.keys()) == sorted(ours)
