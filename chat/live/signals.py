"""Passing state, told by name without a number: the last one wins."""


class Signals:
    """What is said now, and since which version: who was given a version lacks only what came after."""

    __slots__ = ("_said", "version")

    def __init__(self) -> None:
        self._said: dict[str, tuple[int, bytes, object]] = {}
        self.version = -1  # of the newest one

    def say(self, name: str, html: bytes, key: object = None) -> bool:
        """Put `html` in the place of what was last said under this name.

        With a `key` that was said with the last one too, it says nothing new: it is kept for those who
        come, and false is returned.
        """
        version, _, before = self._said.pop(name, (-1, b"", None))
        is_new = key is None or key != before
        if is_new:
            self.version += 1
            version = self.version
        self._said[name] = (version, html, key)
        return is_new

    def drop(self, name: str) -> None:
        """Say no more what was said last under this name: who comes later knows better."""
        self._said.pop(name, None)

    def keep(self, names: set[str]) -> None:
        """Forget all others: there is nothing more to say of them."""
        self._said = {name: said for name, said in self._said.items() if name in names}

    def given(self) -> None:
        """Everybody has been given everything: know what it was, and keep it no longer.

        Who comes later can only be told what is said anew.
        """
        self._said = {name: (version, b"", key) for name, (version, _, key) in self._said.items()}

    def after(self, version: int) -> bytes:
        """Everything that was said after this version."""
        return b"".join(html for said, html, _ in self._said.values() if said > version)


NONE = Signals()
"""Of who is nobody in particular."""
