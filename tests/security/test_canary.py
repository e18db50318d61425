"""Random words in hidden places appear in no byte that is sent to somebody who may not see them."""

import contextlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.contract.visitor import HTMX, JSON, TEXT, Visitor
from tests.pictures import picture
from tests.security.routes import WEBSOCKET, Route
from tests.security.seekers import Ear, Seeker
from tests.servers import Parley

FETCHED = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}
ACCEPTED: tuple[dict[str, str], ...] = ({}, TEXT, JSON, HTMX)
UNUSUAL = (FETCHED, JSON)
QUERIES = ("?before=99999999999.99999", "?at=5", "?since=0", "?wait=0&since=0&away=1")
KINDS = {
    "cellar": {"preset": "private"},
    "hatch": {"preset": "drop-in"},
    "attic": {"access": "private", "history": "visit"},
}
SEARCHES = ("q=Kite", "q=Kite&order=best", "q=k", "after=2020-01-01", "has=file")
LISTENING = ("/live", "/events", "/changes?wait=4", "/rooms/lobby/live", "/rooms/lobby/events")


@dataclass
class Place:
    """Somewhere hidden: Ann owns it, Gus is there too and nowhere else; others were there once."""

    ann: Visitor
    gus: Visitor
    slugs: dict[str, str] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=lambda: {1})  # of some people and some messages
    files: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # ids and names by room, the last
    words: dict[str, str] = field(default_factory=dict)  # canaries by where they are

    def canary(self, where: str) -> str:
        """A word that nobody could come upon; the same place has several in the course of time."""
        word = secrets.token_hex(8)
        self.words[word] = where
        return f"Kite{word}"

    def furnish(self, slug: str, name: str) -> None:
        """Say things in a room, change its name and topic, make links into it."""
        for who in (self.ann, self.gus):
            who.open(slug)
        assert self.gus.post(f"/rooms/{slug}/typing").status_code == 204
        said = self.ann.say(slug, self.canary(f"text of {name}"))
        self.numbers = {1, 2, said}
        edited = self.ann.say(slug, self.canary(f"text of {name} before an edit"))
        self.ann.post(
            f"/rooms/{slug}/messages/{edited}/edit", {"body": self.canary(f"edited text of {name}")}
        )
        self.gus.say(slug, self.canary(f"answer in {name}"), reply_to=str(said))
        gone = self.gus.say(slug, self.canary(f"deleted text of {name}"))
        self.ann.post(f"/rooms/{slug}/messages/{gone}/delete")
        self.hang(slug, name)
        fields = {"name": self.canary(f"name of {name}"), "topic": self.canary(f"topic of {name}")}
        if name == "two":  # has no settings
            return
        assert self.ann.post(f"/rooms/{slug}/settings", fields).status_code == 303
        assert self.ann.post(f"/rooms/{slug}/invites").status_code == 303
        assert self.ann.post(f"/rooms/{slug}/code").status_code in (303, 422)
        self.listen_in(slug, name)

    def hang(self, slug: str, name: str) -> None:
        """Post files; their ids are secret too, and so is what a picture was before it was made anew."""
        text = f"{self.canary(f'name of a file in {name}')}.txt", self.canary(f"file in {name}").encode()
        drawn = f"{self.canary(f'name of a picture in {name}')}.png", picture()
        self.files[name] = []
        for path in self.ann.hang(slug, text, drawn, body=self.canary(f"text beside files in {name}")):
            file, called = path.removeprefix("/files/").split("/")
            self.files[name].append((file, called))
            self.words[file] = f"address of a file in {name}"

    def listen_in(self, slug: str, name: str) -> None:
        """Take note of codes, addresses and invites, which are secret too."""
        page = self.ann.open(slug).html + self.ann.get(f"/rooms/{slug}/settings").text
        self.words |= dict.fromkeys(re.findall(r'/invites/([^"/?]+)"', page), f"invite to {name}")
        self.words |= dict.fromkeys(re.findall(r'data-copy="([A-Z]{4}-\d\d)"', page), f"code of {name}")
        self.words[slug] = f"address of {name}"

    def closed_to(self, seeker: Seeker) -> str:
        """An open room that somebody was removed from."""
        slug = self.ann.make_room()
        seeker.open(slug)
        assert self.ann.post(f"/rooms/{slug}/members/{seeker.id()}/remove").status_code == 303
        return slug

    def told(self, asked: str, heard: bytes) -> list[str]:
        """What a piece of an answer gives away that was not in the question."""
        return [
            f"{where}: {asked}"
            for word, where in self.words.items()
            if word.encode() in heard and word not in asked
        ]


@pytest.fixture(scope="module")
def come(shop: Parley) -> Iterator[Callable[..., Seeker]]:
    """Makes people."""
    with contextlib.ExitStack() as stack:

        def make(name: str = "") -> Seeker:
            seeker = Seeker(shop.url)
            stack.callback(seeker.close)
            return seeker if name == "nobody" else (seeker.enter(name), seeker)[1]

        yield make


@pytest.fixture(scope="module")
def place(come: Callable[..., Seeker]) -> Place:
    ann = come()
    made = Place(ann, ann)
    made.gus = come(made.canary("name of a member who is nowhere else")[:32])
    for name, kind in KINDS.items():
        answer = ann.post("/rooms", kind | {"name": made.canary(f"first name of {name}")})
        slug = made.slugs[name] = answer.headers["location"].removeprefix("/rooms/")
        assert ann.post(f"/rooms/{slug}/members", {"name": made.gus.name}).status_code == 303
        made.furnish(slug, name)
    two = ann.post("/direct", {"name": made.gus.name}).headers["location"]
    made.slugs["two"] = two.removeprefix("/rooms/")
    made.furnish(made.slugs["two"], "two")
    return made


@pytest.fixture(scope="module")
def seekers(place: Place, come: Callable[..., Seeker]) -> dict[str, Seeker]:
    """Who may see none of it, or no more of it; all but one are in the lobby."""
    made = {"signed out": come("nobody")} | {who: come() for who in ("stranger", "former", "removed")}
    for who, seeker in made.items():
        if who == "signed out":
            continue
        if who != "stranger":
            for name in KINDS:
                slug = place.slugs[name]
                place.ann.post(f"/rooms/{slug}/members", {"name": seeker.name})
                seeker.open(slug)
                seeker.say(slug, "I was here")
                if who == "former":
                    assert seeker.post(f"/rooms/{slug}/leave").status_code == 303
                else:
                    gone = place.ann.post(f"/rooms/{slug}/members/{seeker.id()}/remove")
                    assert gone.status_code == 303, gone.text
        seeker.open("lobby")
    return made


def addresses(route: Route, place: Place) -> Iterator[str]:
    """Every address of a route that leads to hidden things or past them."""
    files = [file for some in place.files.values() for file in some]
    if "file" not in route.places:
        files = [("x", "x")]
    for slug in place.slugs.values() if "slug" in route.places else [""]:
        for number in place.numbers if {"number", "person"} & route.places else [1]:
            for file, name in files:
                values = {"token": "x", "invite": number, "person": number, "number": number}
                yield route.path(**values, slug=slug, file=file, name=name)


def walk(seeker: Seeker, place: Place, everything: list[Route]) -> None:
    """Go everywhere, in ways that a comparison of forbidden with missing does not try."""
    for route in everything:
        if route.method != "GET" or route.headers or (route.stream and "slug" not in route.places):
            continue  # what stays open has ears at it
        many = not {"number", "person"} & route.places
        for path in addresses(route, place):
            for headers in ACCEPTED if "slug" not in route.places else UNUSUAL:
                seeker.ask(route.method, path, headers=headers)
            for query in QUERIES if many else ():
                seeker.get(path + query)


def leaks(place: Place, heard: Iterable[tuple[str, bytes]]) -> list[str]:
    return [leak for asked, answer in heard for leak in place.told(asked, answer)]


def test_no_byte_of_a_hidden_place_reaches_who_is_not_in_it(
    place: Place, seekers: dict[str, Seeker], everything: list[Route]
) -> None:
    for name, slug in place.slugs.items():
        known = place.ann.open(slug).html
        found = place.ann.get(f"/search?q=Kite&in={slug}").text.replace("<mark>", "").replace("</mark>", "")
        for seen in (known, found):
            assert any(
                word in seen for word, where in place.words.items() if where.startswith(f"text of {name}")
            )
    for who, seeker in seekers.items():
        ears = [Ear(seeker.url, path, seeker.cookie, WEBSOCKET if path.endswith("/live") else {})
                for path in LISTENING]  # fmt: skip
        seeker.heard.clear()
        for name, slug in place.slugs.items():  # while they listen
            place.furnish(slug, name)
        walk(seeker, place, everything)
        seeker.get("/rooms?q=Kite")
        for asked in SEARCHES:
            seeker.get(f"/search?{asked}")
        for slug in place.slugs.values():
            seeker.get(f"/search?in={slug}&q=Kite")
            seeker.get(f"/search?q=Kite&past=0.{slug}.3")
        stay = {101, 200} if who != "signed out" else {401}
        for ear in ears:
            ear.answered(*stay)
        heard = seeker.heard + [(ear.path, ear.close()) for ear in ears]
        assert len(seeker.heard) > 100
        assert leaks(place, heard)[:5] == [], who


def test_an_invite_is_nothing_to_who_was_removed(place: Place, seekers: dict[str, Seeker]) -> None:
    links = [word for word, where in place.words.items() if where.startswith("invite")]
    assert len(links) >= len(KINDS)
    missing = seekers["removed"].get(f"/invites/{secrets.token_urlsafe(16)}")
    for token in links:
        answer = seekers["removed"].get(f"/invites/{token}")
        assert (answer.status_code, answer.content) == (404, missing.content)


def told_of(seeker: Seeker, route: Route, slug: str, headers: dict[str, str]) -> str:
    """Everything that an answer consists of but its date; the address stands for itself."""
    path = route.path(slug=slug, number=2, person=2, invite=1, token="x")
    if route.headers:
        lines = seeker.knock(path, route.headers | headers).split(b"\r\n")
        return str([line for line in lines if not line.lower().startswith(b"date:")]).replace(slug, "…")
    fields = {"name": "x", "body": "x", "number": "1", "role": "owner"} if route.method == "POST" else None
    answer = seeker.ask(route.method, path, data=fields, headers=headers)
    heads = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() != b"date"]
    told = (answer.status_code, *heads, answer.content)
    return str(told).replace(slug, "…")


@pytest.mark.parametrize("who", ["signed out", "stranger", "former", "removed"])
def test_a_room_one_may_not_see_is_like_no_room_byte_for_byte(
    who: str, place: Place, seekers: dict[str, Seeker], everything: list[Route]
) -> None:
    seeker, wrong = seekers[who], []
    seeker.heard.clear()
    hidden = {name: slug for name, slug in place.slugs.items() if name != "hatch"}
    if who == "removed":
        hidden["open to all others"] = place.closed_to(seeker)
    for route in (route for route in everything if "slug" in route.places):
        for headers in ({}, TEXT, HTMX) if route.method in ("GET", "POST") else ({},):
            for name, slug in hidden.items():
                missing = told_of(seeker, route, "x" * len(slug), headers)
                if told_of(seeker, route, slug, headers) != missing:
                    wrong.append(f"{route.key} {headers} {name}")
    assert wrong == []
    assert leaks(place, seeker.heard)[:5] == []


# What was said before


def test_what_was_said_before_one_came_reaches_nobody_by_an_edit_an_answer_or_a_count(
    place: Place, come: Callable[..., Seeker], everything: list[Route]
) -> None:
    for settings in ({"history": "joined"}, {"history": "visit"}, {"newcomers_see": "1"}):
        before = Place(place.ann, place.gus)
        ann, seeker, name = place.ann, come(), secrets.token_hex(4)
        made = ann.post("/rooms", settings | {"name": f"Since {name}"})
        slug = before.slugs["since"] = made.headers["location"].removeprefix("/rooms/")
        early = [ann.say(slug, before.canary(f"said early, {settings}")) for _ in range(3)]
        before.hang(slug, "since")
        ann.post(f"/rooms/{slug}/messages/{early[0]}/edit", {"body": before.canary("edited early")})
        ann.say(slug, "the last one")
        page = seeker.open(slug)
        nothing: dict[str, str] = {}
        ways = ("live", WEBSOCKET), ("events", nothing), ("stream", nothing), ("stream", TEXT)
        since = f"since={page.cursor}"
        ears = [Ear(seeker.url, f"/rooms/{slug}/{kind}?{since}", seeker.cookie, more) for kind, more in ways]
        for ear in ears:
            ear.answered(101, 200)
        ann.post(f"/rooms/{slug}/messages/{early[0]}/edit", {"body": before.canary("edited late")})
        ann.say(slug, "an answer", reply_to=str(early[1]))
        ann.post(f"/rooms/{slug}/messages/{early[2]}/delete")
        last = ann.say(slug, f"the end of {name}")
        before.numbers = {1, *early}
        for ear in ears:
            ear.until(f"the end of {name}")
        seeker.get(f"/rooms/{slug}/changes?wait=0&since={page.cursor}")
        walk(seeker, before, [route for route in everything if not route.stream])
        for number in early:
            for tool in ("edit", "delete"):
                asked = seeker.post(f"/rooms/{slug}/messages/{number}/{tool}", {"body": "x"}, HTMX)
                assert asked.status_code == 404, asked.text
            refused = seeker.post(f"/rooms/{slug}/messages", {"body": "x", "reply_to": str(number)}, HTMX)
            assert refused.status_code == 422
        heard = seeker.heard + [(ear.path, ear.close()) for ear in ears]
        assert f"messages/{last}" in seeker.get(f"/rooms/{slug}").text
        assert leaks(before, heard)[:5] == [], settings
