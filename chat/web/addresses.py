"""Parts of addresses that handlers are given only when they can be right."""

from werkzeug.routing import BaseConverter

from chat.core.room import SLUG_MAX


class Slug(BaseConverter):
    """A room's part of an address: what no room can be called is not found, and never asked for."""

    regex = f"[a-z0-9-]{{1,{SLUG_MAX}}}"
