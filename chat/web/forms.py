"""Reading what a form sent: every field once, in UTF-8, within the limits."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from quart import request
from werkzeug.exceptions import RequestEntityTooLarge

from chat.core.ids import Number
from chat.core.problems import Invalid, TooLarge, WrongType
from chat.web.addresses import ID_DIGITS

FIELDS_MAX = 100
PLAIN = ("application/x-www-form-urlencoded", "")  # an empty form of a script may have no type


class Form(Mapping[str, str]):
    """The fields of a form as they were typed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, field: str) -> str:
        return self._values[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def text(self, field: str) -> str:
        """The field as it was typed; one that was not sent is empty."""
        return self._values.get(field, "")

    def number(self, field: str) -> Number | None:
        """The field as a message's number, `None` if it is empty. Raises `Invalid`."""
        return number(field, self.text(field))

    def kept(self, *names: str) -> dict[str, str]:
        """Fields as they were typed, for showing the form again."""
        return {name: self.text(name) for name in names}


def number(field: str, raw: str) -> Number | None:
    """A message's number as it was sent, `None` for nothing. Raises `Invalid` with the field's name."""
    if not raw:
        return None
    if not (raw.isascii() and raw.isdigit() and len(raw) <= ID_DIGITS):
        raise Invalid(field, "That is no message.")
    return Number(int(raw))


async def read() -> Form:
    """The form of this request. Raises `Invalid` if it cannot be read, `TooLarge`, `WrongType`."""
    try:
        if request.mimetype == "multipart/form-data":
            pairs = list((await request.form).items(multi=True))
            # what the parser puts for a bad byte
            if any("\ufffd" in text for pair in pairs for text in pair):
                raise Invalid("form", "That is no text in UTF-8.")
        elif request.mimetype not in PLAIN:
            raise WrongType("Only what forms send is read here.")
        else:
            return parsed(await request.get_data(as_text=False))  # type: ignore[arg-type]
    except RequestEntityTooLarge as error:
        raise TooLarge("That is more than fits.") from error
    return of(pairs)


def parsed(raw: bytes) -> Form:
    """A plain form, as it was sent. Raises `Invalid` if it cannot be read, `TooLarge`."""
    try:
        return of(parse_qsl(raw.decode(), keep_blank_values=True, encoding="utf-8", errors="strict",
                            max_num_fields=FIELDS_MAX))  # fmt: skip
    except UnicodeError as error:
        raise Invalid("form", "That is no text in UTF-8.") from error
    except ValueError as error:
        raise TooLarge("Too many fields.") from error


def of(pairs: Iterable[tuple[str, str]]) -> Form:
    """A form of these fields. Raises `Invalid` if one was given twice."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise Invalid(name, f"{name!r} was given twice.")
        values[name] = value
    return Form(values)
