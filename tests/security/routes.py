"""What can be asked of the program, as it says itself: its URL map and its streams."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from chat.assembly import create_app
from chat.config import Config, DatabaseSettings
from chat.web.streams import PATH

WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
_HOLE = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?([a-z_]+)>")


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One thing to ask for. `rule` has names in its places: `/rooms/<slug>/messages/<number>`."""

    rule: str
    method: str
    stream: bool = False

    @property
    def key(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def places(self) -> set[str]:
        return set(_HOLE.findall(self.rule))

    @property
    def headers(self) -> dict[str, str]:
        """What has to be sent to be taken for what it is."""
        return WEBSOCKET if self.stream and self.rule.endswith("/live") else {}

    def path(self, **values: object) -> str:
        """Its address with these in its places. Raises `KeyError` for a place without a value."""
        return _HOLE.sub(lambda hole: quote(str(values[hole[1]])), self.rule)


def routes(folder: Path) -> list[Route]:
    """Everything that there is, by every method; `folder` is for a database that is not used."""
    app = create_app(Config(database=DatabaseSettings(f"sqlite:///{folder / 'none.db'}")))
    found = {
        Route(_HOLE.sub(r"<\1>", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    kinds = re.search(r"\(\?P<kind>([a-z|]+)\)", PATH.pattern)
    assert kinds, "the streams have another pattern"
    for kind in kinds[1].split("|"):
        found |= {Route(f"/{kind}", "GET", stream=True), Route(f"/rooms/<slug>/{kind}", "GET", stream=True)}
    return sorted(found)
