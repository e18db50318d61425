"""Settings: `config.toml`, then the environment over it. The file also holds Hypercorn's own keys.

Which file: what `CHAT_CONFIG` names, else what `hypercorn --config` was given, else none: every
setting has a default. Any key can be set by `CHAT_<TABLE>_<KEY>`; `DATABASE_URL` and `REDIS_URL`
are understood as hosting platforms set them.
"""

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_origin

from hypercorn.config import Config as HypercornConfig

from chat.core.file import MB, FileLimits
from chat.core.message import BODY_MAX
from chat.core.problems import Invalid
from chat.core.room import clean_room_name
from chat.web.server import worker_count

FILES_MAX = 50  # of a message: a form has at most 100 parts
HOUR_MS = 60 * 60 * 1000
_MAY_BE_ZERO = ("[files] expire_hours",)


class BadSettings(Exception):
    """A setting that is unknown, of the wrong type or out of range; the message names it."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the place is called, and its address where a proxy changes the one that requests carry."""

    name: str = "Parley"
    url: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where history is kept; empty means SQLite in `data/`."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Where workers hear of each other; empty means that there is only one."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long somebody stays signed in, in days from the last use."""

    days: int = 30


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """The rooms that are made at start."""

    default: Sequence[str] = ("Lobby", "Testing")


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """Limits of a message, in characters."""

    max_length: int = BODY_MAX


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Limits of files, when they end (0: never), and where they are kept; empty means beside the database."""

    max_files: int = 10
    max_mb: int = 10
    expire_hours: int = 0
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one person or one address may ask for."""

    posts_per_second: int = 100  # a person
    posts_burst: int = 500  # a person, at once
    streams_per_address: int = 10_000
    form_bytes: int = 65_536


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked."""

    site: Site = field(default_factory=Site)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    rooms: RoomSettings = field(default_factory=RoomSettings)
    messages: MessageSettings = field(default_factory=MessageSettings)
    files: FileSettings = field(default_factory=FileSettings)
    limits: Limits = field(default_factory=Limits)


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """The settings of this process. Raises `BadSettings`."""
    path = environ.get("CHAT_CONFIG") or _hypercorn_file(sys.argv)
    config = Config()
    for name, table in (_read(Path(path)) if path else {}).items():
        config = _with_table(config, name, table)
    config = _with_environment(config, environ)
    _check(config)
    return config


def _hypercorn_file(argv: Sequence[str]) -> str:
    return (_option(argv, "-c", "--config") or "").removeprefix("file:")


def _option(argv: Sequence[str], *names: str) -> str | None:
    """What `hypercorn` was given for an option, if it runs us."""
    if "hypercorn" not in argv[0]:
        return None
    for given, value in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, joined = given.partition("=")
        if name in names:
            return joined if equals else value
    return None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Our tables of the file; every key at the top must be one that Hypercorn knows."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    tables = {}
    known = {name for name in dir(HypercornConfig()) if not name.startswith("_")}
    for key, value in content.items():
        if isinstance(value, dict):
            tables[key] = value
        elif key not in known:
            raise BadSettings(f"{path}: unknown key {key!r}")
    return tables


def _with_table(config: Config, name: str, table: Mapping[str, Any]) -> Config:
    if name not in {f.name for f in fields(config)}:
        raise BadSettings(f"unknown table [{name}]")
    section = getattr(config, name)
    types = {f.name: f.type for f in fields(section)}
    for key, value in table.items():
        if key not in types:
            raise BadSettings(f"[{name}]: unknown key {key!r}")
        section = replace(section, **{key: _typed(f"[{name}] {key}", types[key], value)})
    return replace(config, **{name: section})


def _with_environment(config: Config, environ: Mapping[str, str]) -> Config:
    given = dict(environ)
    for plain, ours in (("DATABASE_URL", "CHAT_DATABASE_URL"), ("REDIS_URL", "CHAT_REDIS_URL")):
        if value := given.pop(plain, ""):
            given.setdefault(ours, value)
    for variable, value in given.items():
        if not variable.startswith("CHAT_") or variable == "CHAT_CONFIG":
            continue
        name, _, key = variable.removeprefix("CHAT_").lower().partition("_")
        try:
            config = _with_table(config, name, {key: value})
        except BadSettings as error:
            raise BadSettings(f"{variable}: {error}") from error
    return config


def _typed(where: str, wanted: Any, value: object) -> object:
    if wanted is int:
        try:
            number = int(str(value)) if not isinstance(value, bool) else None
        except ValueError:
            number = None
        least = 0 if where in _MAY_BE_ZERO else 1
        if number is None or number < least:
            raise BadSettings(f"{where}: {value!r} is not a whole number above {least - 1}")
        return number
    if get_origin(wanted) is not None and get_args(wanted) == (str,):
        texts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(text, str) and text for text in texts):
            return tuple(texts)
        raise BadSettings(f"{where}: {value!r} is not a list of names")
    if not isinstance(value, str):
        raise BadSettings(f"{where}: {value!r} is not text")
    return value


def _check(config: Config) -> None:
    if config.messages.max_length > BODY_MAX:
        raise BadSettings(f"[messages] max_length: at most {BODY_MAX}")
    if config.files.max_files > FILES_MAX:
        raise BadSettings(f"[files] max_files: at most {FILES_MAX}")
    if not config.rooms.default:
        raise BadSettings("[rooms] default: name at least one room")
    for name in config.rooms.default:
        try:
            clean_room_name(name)
        except Invalid as error:
            raise BadSettings(f"[rooms] default: {name!r}: {error.text}") from error
    url = config.database.url
    if url and url.partition("://")[0].partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise BadSettings("[database] url: begins with sqlite:/// or postgresql://")
    if config.redis.url and not config.redis.url.startswith(("redis://", "rediss://", "unix://")):
        raise BadSettings("[redis] url: begins with redis://, rediss:// or unix://")
    if config.site.url and not config.site.url.startswith(("http://", "https://")):
        raise BadSettings("[site] url: begins with http:// or https://")
    if worker_count() > 1 and not config.redis.url:
        raise BadSettings("more than one worker needs Redis: set REDIS_URL, or use one worker")


def database_url(config: Config) -> str:
    """SQLAlchemy's address of the database."""
    url = config.database.url or "sqlite:///data/chat.db"
    kind, _, rest = url.partition("://")
    rest = rest.replace("?sslmode=", "?ssl=").replace("&sslmode=", "&ssl=")  # libpq's name and asyncpg's
    return url if kind.startswith("sqlite") else f"postgresql+asyncpg://{rest}"


def file_limits(config: Config) -> FileLimits:
    """What a message may have of files."""
    life_ms = config.files.expire_hours * HOUR_MS or None
    return FileLimits(config.files.max_files, config.files.max_mb * MB, life_ms)


def files_folder(config: Config) -> Path:
    """Where the bytes of files are kept."""
    if config.files.folder:
        return Path(config.files.folder)
    kind, _, rest = database_url(config).partition(":///")
    return Path(rest if kind.startswith("sqlite") else "data/chat.db").parent / "files"


def address(config: Config) -> str:
    """Where whoever starts it finds it: the site's address, else the port it was told to listen on."""
    if config.site.url:
        return config.site.url.rstrip("/")
    port = (_option(sys.argv, "-b", "--bind") or "").rpartition(":")[2]
    return f"http://localhost:{port if port.isdigit() else 8000}"
