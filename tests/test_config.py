"""Settings: what wins over what, and errors that name the key."""

import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from chat.config import BadSettings, Config, database_url, file_limits, files_folder, load
from chat.core.file import MB, FileLimits
from tests.servers import ROOT


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load({"CHAT_CONFIG": str(path)} | environ)


def test_every_setting_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert load({}) == Config()


def test_the_shipped_file_holds_every_setting_with_its_default() -> None:

    assert load({"CHAT_CONFIG": str(ROOT / "config.toml")}) == Config()
    tables = {
        name: set(table)
        for name, table in tomllib.loads((ROOT / "config.toml").read_text()).items()
        if isinstance(table, dict)
    }
    assert tables == {name: set(table) for name, table in asdict(Config()).items()}


def test_the_environment_wins_over_the_file_and_our_names_over_the_platforms(tmp_path: Path) -> None:
    text = '[site]\nname = "File"\n[database]\nurl = "sqlite:///file.db"\n[limits]\nposts_burst = 7'
    config = loaded(tmp_path, text, CHAT_SITE_NAME="Env", DATABASE_URL="sqlite:///platform.db")
    assert (config.site.name, config.database.url, config.limits.posts_burst) == (
        "Env", "sqlite:///platform.db", 7,
    )  # fmt: skip
    both = {"DATABASE_URL": "sqlite:///platform.db", "CHAT_DATABASE_URL": "sqlite:///ours.db"}
    assert loaded(tmp_path, text, **both).database.url == "sqlite:///ours.db"
    assert loaded(tmp_path, CHAT_ROOMS_DEFAULT="Pub, Quay").rooms.default == ("Pub", "Quay")
    assert loaded(tmp_path, REDIS_URL="redis://h").redis.url == "redis://h"


def test_files_are_kept_beside_the_database_unless_said_otherwise(tmp_path: Path) -> None:
    assert files_folder(loaded(tmp_path)) == Path("data/files")
    there = loaded(tmp_path, DATABASE_URL="sqlite:////srv/parley/chat.db")
    assert files_folder(there) == Path("/srv/parley/files")
    assert files_folder(loaded(tmp_path, DATABASE_URL="postgresql://a@b/c")) == Path("data/files")
    assert files_folder(loaded(tmp_path, CHAT_FILES_FOLDER="/mnt/files")) == Path("/mnt/files")


def test_files_end_only_where_it_is_said(tmp_path: Path) -> None:
    assert file_limits(loaded(tmp_path)) == FileLimits(10, 10 * MB, None)
    short = loaded(tmp_path, CHAT_FILES_MAX_MB="2", CHAT_FILES_EXPIRE_HOURS="12")
    assert file_limits(short) == FileLimits(10, 2 * MB, 12 * 3_600_000)
    for wrong in (
        {"CHAT_FILES_MAX_FILES": "51"},
        {"CHAT_FILES_MAX_MB": "0"},
        {"CHAT_FILES_EXPIRE_HOURS": "-1"},
    ):
        with pytest.raises(BadSettings):
            loaded(tmp_path, **wrong)


def test_the_file_that_hypercorn_was_given_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text('[site]\nname = "Mine"')
    path = str(tmp_path / "mine.toml")
    for given in (["--config", path], ["-c", path], [f"--config={path}"], ["-c", f"file:{path}"]):
        monkeypatch.setattr(sys, "argv", ["/usr/bin/hypercorn", *given, "chat:app"])
        assert load({}).site.name == "Mine"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("bnid = 1", "bnid"),
        ("[nonsense]\nkey = 1", "nonsense"),
        ("[site]\nnmae = 'x'", "nmae"),
        ("[site]\nname = 3", r"\[site\] name"),
        ("[site]\nurl = 'chat.example'", r"\[site\] url"),
        ("[limits]\nposts_burst = 0", "posts_burst"),
        ("[limits]\nposts_burst = true", "posts_burst"),
        ("[limits]\nposts_burst = 1.5", "posts_burst"),
        ("[messages]\nmax_length = 4001", "max_length"),
        ("[rooms]\ndefault = []", r"\[rooms\] default"),
        ("[rooms]\ndefault = [1]", r"\[rooms\] default"),
        ("[rooms]\ndefault = ['x']", r"\[rooms\] default"),
        ("[database]\nurl = 'mysql://h/d'", r"\[database\] url"),
        ("[database]\nurl = 'sqlite:chat.db'", r"\[database\] url"),
        ("[redis]\nurl = 'h:6379'", r"\[redis\] url"),
        ("not toml", "config.toml"),
    ],
)
def test_an_error_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(BadSettings, match=key):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("CHAT_LIMITS_POSTS_BURST", "many", "posts_burst"),
        ("CHAT_SITE_NMAE", "x", "nmae"),
        ("CHAT_X_Y", "1", "x"),
    ],
)
def test_an_error_in_the_environment_names_the_key(
    tmp_path: Path, variable: str, value: str, key: str
) -> None:
    with pytest.raises(BadSettings, match=key):
        loaded(tmp_path, **{variable: value})


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(BadSettings, match=r"nowhere\.toml"):
        load({"CHAT_CONFIG": "nowhere.toml"})


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("", "sqlite:///data/chat.db"),
        ("sqlite:////var/chat.db", "sqlite:////var/chat.db"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+asyncpg://h/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
    ],
)
def test_the_databases_address_is_understood_as_platforms_give_it(
    tmp_path: Path, given: str, understood: str
) -> None:
    assert database_url(loaded(tmp_path, DATABASE_URL=given)) == understood
