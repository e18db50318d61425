"""What can be wrong with a request. Actions raise these; one place in web turns them into answers."""


class Problem(Exception):
    """A request that cannot be done, told in the words a person reads."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


class NotSignedIn(Problem):
    """There is no session, or it has ended."""


class NotFound(Problem):
    """There is no such thing, or it is hidden from this person: the two must look the same."""


class Forbidden(Problem):
    """The person sees the room but may not do this in it."""


class Invalid(Problem):
    """One field of a form is wrong: `field` is its name, `text` says what to do about it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Conflict(Problem):
    """The request contradicts one that was already accepted."""


class TooLarge(Problem):
    """More bytes than the limits allow."""


class WrongType(Problem):
    """The content is of a type that is not taken here."""


class TooMany(Problem):
    """Too fast; may be tried again after `retry_after_s` seconds."""

    def __init__(self, text: str, retry_after_s: float) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class Unavailable(Problem):
    """The store cannot be reached, or this process is stopping; worth another try at once."""
