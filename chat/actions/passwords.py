"""Passwords: what is kept of them, and whether one fits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 4  # each takes 64 MiB, and all of a core for a tenth of a second


class Passwords:
    """Argon2id with the library's parameters (RFC 9106, the second choice), off the event loop.

    Threads of its own rather than a count: a client that goes away cannot have more at work than these.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")

    async def hash(self, password: str) -> str:
        """What to keep of a password: parameters, salt and digest in one text."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def fits(self, password: str, hashed: str) -> bool:
        """Whether this is the password of which `hashed` was kept."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._fits, password, hashed)

    def _fits(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
