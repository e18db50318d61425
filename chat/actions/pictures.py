"""Pictures, decoded where they can do no harm."""

import asyncio
import contextlib
import errno
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from chat.core.problems import TooLarge, WrongType
from chat.store.storage import Storage

AT_ONCE = 2  # each may take a core and a gigabyte
WAIT_S = 45.0  # for one of them, however little of a core it gets
_DECODER = str(Path(__file__).with_name("decoder.py"))
_TOO_LARGE, _NO_SPACE = 3, 4
_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture written anew, and small, at paths of a storage; its size in pixels."""

    whole: Path
    small: Path
    width: int
    height: int


class Pictures:
    """Decodes pictures in processes of their own, a few at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def decode(self, kind: str, source: Path, name: str, storage: Storage) -> Decoded:
        """The picture in `source`, which has the type `kind`. `name` is what it is called in what goes wrong.

        Raises `TooLarge` above the limits, `WrongType` if it is broken, `OSError` without space.
        """
        whole, small = await asyncio.to_thread(storage.new), await asyncio.to_thread(storage.new)
        try:
            async with self._turns:
                status, said = await _run(_FORMATS[kind], source, whole, small)
            if status in (_TOO_LARGE, -signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
                raise TooLarge(f"{name} is too large a picture: 40 megapixels and 200 frames is the most.")
            if status == _NO_SPACE:
                raise OSError(errno.ENOSPC, "no space for a picture")
            if status:
                raise WrongType(f"{name} is broken or no picture. Choose another, or zip it.")
        except BaseException:
            whole.unlink(missing_ok=True)
            small.unlink(missing_ok=True)
            raise
        width, height = map(int, said.split())
        return Decoded(whole, small, width, height)


async def _run(*words: str | Path) -> tuple[int, bytes]:
    """The decoder's exit status and what it printed. It gets no environment: there are secrets in ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", _DECODER, *map(str, words), env={},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WAIT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return -signal.SIGKILL, b""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode or 0, said
