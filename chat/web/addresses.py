"""Parts of addresses that handlers are given only when they can be right."""

from urllib.parse import quote

from werkzeug.routing import BaseConverter, IntegerConverter, Map

from chat.core.file import File
from chat.core.room import SLUG_MAX

ID_DIGITS = 15
ID_MAX = 10**ID_DIGITS - 1  # no room counts further, and no database


class Slug(BaseConverter):
    """A room's part of an address: what no room can be called is not found, and never asked for."""

    regex = f"[a-z0-9-]{{1,{SLUG_MAX}}}"


class Id(IntegerConverter):
    """A number of a message, a person, an invite or a session, which are never higher than this."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=ID_MAX)


def file_path(file: File) -> str:
    """Where a file of a message is; its name is there to be seen, and has to be right."""
    return f"/files/{file.id}/{quote(file.name, safe='')}"
