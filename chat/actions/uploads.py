"""Files on their way in: counted and written as they come, looked at, kept before a message names them."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO

from sqlalchemy.exc import IntegrityError

from chat.actions.services import Services
from chat.core.file import DOWNLOAD, File, FileLimits, Upload, clean_file_name, in_words, picture_type
from chat.core.problems import Invalid, Problem, TooLarge, Unavailable
from chat.store.files import keys_of, small_key
from chat.store.storage import Storage

HEAD = 64  # bytes that tell what a file is
KEEP_S = (
    240.0  # for all files of a message, their turns included: a sweep must not find what a post still wants
)


class Coming:
    """One file as it comes; of more than `allowed` bytes the rest is counted and not kept."""

    def __init__(self, raw_name: str, storage: Storage, allowed: int) -> None:
        self._raw_name, self._allowed = raw_name, allowed
        self._path = storage.new()
        self._size, self._digest = 0, hashlib.sha256()
        self._file: BinaryIO | None = None

    async def write(self, data: bytes) -> None:
        """The next bytes of it. Raises `Unavailable` if the disk does not take them."""
        self._size += len(data)
        if self._size <= self._allowed:
            await self._work(data)

    async def done(self) -> Upload | None:
        """All of it; `None` for what a form sends in which no file was chosen."""
        if not self._raw_name and not self._size:
            return None
        await self._work(b"")
        name = clean_file_name(self._raw_name)
        return Upload(name, self._path, self._size, self._digest.hexdigest())

    def end(self) -> None:
        """Remove it, unless somebody took it."""
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)

    async def _work(self, data: bytes) -> None:
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as error:
            raise no_space() from error

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = self._path.open("xb")
        self._digest.update(data)
        self._file.write(data)
        if not data:
            self._file.flush()


class Tray:
    """The files of one request; what nobody took is gone when it is emptied."""

    def __init__(self, services: Services) -> None:
        self._storage, self._limits = services.storage, services.files
        self._coming: list[Coming] = []
        self.uploads: list[Upload] = []

    def begin(self, raw_name: str) -> Coming:
        """The next file, by the name that it was sent with. Raises `Unavailable`."""
        allowed = self._limits.size if len(self._coming) < self._limits.most else 0
        try:
            self._coming.append(Coming(raw_name, self._storage, allowed))
        except OSError as error:
            raise no_space() from error
        return self._coming[-1]

    async def add(self, coming: Coming) -> None:
        """A file has come whole."""
        if upload := await coming.done():
            self.uploads.append(upload)

    def empty(self) -> None:
        """Remove what is left."""
        for coming in self._coming:
            coming.end()


def no_space() -> Unavailable:
    """What is said when the disk does not take what it is given."""
    return Unavailable("There is no space for files right now.")


def check(uploads: Sequence[Upload], limits: FileLimits) -> None:
    """Raises `Invalid` for too many files, `TooLarge` for one that is."""
    if (found := len(uploads)) > limits.most:
        raise Invalid("files", f"{found} files are too many: a message has at most {limits.most}.")
    for upload in uploads:
        if upload.size > limits.size:
            raise TooLarge(f"{upload.name} is {in_words(upload.size)}; the limit is {in_words(limits.size)}.")


async def keep(services: Services, uploads: Sequence[Upload]) -> tuple[File, ...]:
    """Look at the files of a message and keep them, so that the message may name them.

    Raises `TooLarge`, `WrongType` for a picture that is too large or broken, `Unavailable` if there is
    no space or too many pictures wait; then nothing is kept.
    """
    kept: list[File] = []
    try:
        async with asyncio.timeout(KEEP_S):
            for upload in uploads:
                kept.append(await _keep(services, upload))
    except TimeoutError as error:
        discard(services, kept)
        raise Unavailable("Too many pictures are on their way right now.") from error
    except BaseException:  # also who went away meanwhile
        discard(services, kept)
        raise
    return tuple(kept)


def discard(services: Services, files: Collection[File]) -> None:
    """Let go of what was kept for a message that was not made. A sweep finds what is left of it."""
    for file in files:
        for key in keys_of(file.id):
            asyncio.get_running_loop().run_in_executor(None, services.storage.delete, key)


@contextlib.contextmanager
def or_discard(services: Services, files: Collection[File]) -> Iterator[None]:
    """Let go of what was kept when the message is refused.

    Not when the store is away: then the message may have been made all the same, and a sweep finds out.
    """
    try:
        yield
    except Unavailable:
        raise
    except (Problem, IntegrityError):
        discard(services, files)
        raise


async def _keep(services: Services, upload: Upload) -> File:
    storage, key = services.storage, secrets.token_hex(16)
    kind = picture_type(await asyncio.to_thread(_head, upload))
    try:
        if kind is None:
            await asyncio.to_thread(storage.put, upload.path, key)
            return File(key, upload.name, DOWNLOAD, upload.size)
        picture = await services.pictures.decode(kind, upload.path, upload.name, storage)
        size = picture.whole.stat().st_size
        await asyncio.to_thread(storage.put, picture.whole, key)
        await asyncio.to_thread(storage.put, picture.small, small_key(key))
        return File(key, upload.name, kind, size, picture.width, picture.height)
    except OSError as error:
        raise no_space() from error


def _head(upload: Upload) -> bytes:
    with upload.path.open("rb") as file:
        return file.read(HEAD)
