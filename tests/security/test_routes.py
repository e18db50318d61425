"""Who may do what: every route by every role, against one table. A route that is not in it fails."""

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest

from tests.contract.visitor import Visitor
from tests.security.routes import Route
from tests.security.seekers import Seeker
from tests.servers import Parley

ROLES = ("anonymous", "stranger", "former", "banned", "member", "moderator", "owner", "administrator")
FETCHED = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}  # so that looking is not joining

# In a listed room. 303 of somebody anonymous leads to /enter, 401 holds what they wrote; the administrator is
# a member of the room.
# Forms are sent as FORMS has them: mostly such that who may is told of a mistake (422) or of success.
IN_A_ROOM = """
                                                       anon strang former banned member modera owner admin
GET  /rooms/<slug>                                      303    200    200    404    200    200   200   200
GET  /rooms/<slug>/frame                                303    404    404    404    200    200   200   200
GET  /rooms/<slug>/live                                 401    404    404    404    101    101   101   101
GET  /rooms/<slug>/events                               401    404    404    404    200    200   200   200
GET  /rooms/<slug>/changes                              401    404    404    404    200    200   200   200
GET  /rooms/<slug>/stream                               401    404    404    404    200    200   200   200
GET  /rooms/<slug>/people/<person>                      303    404    404    404    200    200   200   200
GET  /rooms/<slug>/settings                             303    404    404    404    403    200   200   200
POST /rooms/<slug>/settings                             303    404    404    404    403    422   422   422
POST /rooms/<slug>/code                                 303    404    404    404    403    422   422   422
GET  /rooms/<slug>/clear                                303    404    404    404    403    200   200   200
POST /rooms/<slug>/clear                                303    404    404    404    403    422   422   422
GET  /rooms/<slug>/delete                               303    404    404    404    403    403   200   200
POST /rooms/<slug>/delete                               303    404    404    404    403    403   422   422
POST /rooms/<slug>/members                              303    404    404    404    403    422   422   422
POST /rooms/<slug>/members/<person>/remove              303    404    404    404    403    404   404   404
POST /rooms/<slug>/members/<person>/remove | the owner  303    404    404    404    403    403   422   403
POST /rooms/<slug>/members/<person>/role                303    404    404    404    403    403   303   303
POST /rooms/<slug>/invites                              303    404    404    404    403    303   303   303
POST /rooms/<slug>/invites/<invite>/revoke              303    404    404    404    403    303   303   303
POST /rooms/<slug>/invites/<invite>/revoke | elsewhere  303    404    404    404    403    404   404   404
POST /rooms/<slug>/messages                             303    404    404    404    303    303   303   303
GET  /rooms/<slug>/messages/<number>                    303    404    404    404    200    200   200   200
POST /rooms/<slug>/messages/<number>/react              303    404    404    404    303    303   303   303
POST /rooms/<slug>/messages/<number>/edit               303    404    404    404    403    403   403   403
POST /rooms/<slug>/messages/<number>/edit | own         303    404    404    404    303    303   303   303
POST /rooms/<slug>/messages/<number>/move               303    404    404    404    403    422   422   422
POST /rooms/<slug>/messages/<number>/move | own         303    404    404    404    403    422   422   422
POST /rooms/<slug>/messages/<number>/delete             303    404    404    404    403    303   303   303
POST /rooms/<slug>/messages/<number>/delete | own       303    404    404    404    303    303   303   303
POST /rooms/<slug>/read                                 303    404    404    404    303    303   303   303
POST /rooms/<slug>/typing                               303    404    404    404    204    204   204   204
POST /rooms/<slug>/alive                                303    404    404    404    204    204   204   204
GET  /avatars/rooms/<slug>.svg                          303    200    200    404    200    200   200   200
POST /rooms/<slug>/leave                                303    404    404    404    303    303   303   303
"""
# In a room that is not listed, who is not in it finds nothing, and an administrator is like anybody.
OUTSIDE = ("stranger", "former", "banned", "administrator")

# Elsewhere it matters only whether one has come in.
ELSEWHERE = """
                                            anon  signed in
GET  /                                       303        303
GET  /enter                                  200        200
POST /enter                                  422        422
POST /leave                                  303        303
GET  /rooms                                  303        200
POST /rooms                                  303        422
POST /join                                   303        422
POST /direct                                 303        422
POST /alive                                  303        204
GET  /live                                   401        101
GET  /events                                 401        200
GET  /changes                                401        200
GET  /stream                                 404        404
GET  /invites/<token>                        303        404
GET  /files/<file>/<name>                     303        404
GET  /files/<file>/<name>/thumb               303        404
GET  /me/<person>.css                        200        200
GET  /avatars/people/<number>.svg            303        200
GET  /search                                 303        200
GET  /settings                               303        200
POST /settings                               303        422
POST /settings/password                      303        422
POST /settings/sessions/<number>/end         303        404
POST /settings/sessions/end-others           303        303
GET  /setup/<token>                          404        404
POST /setup/<token>                          404        404
GET  /health                                 200        200
GET  /ready                                  200        200
GET  /static/<name>                          404        404
"""

FORMS: dict[str, dict[str, str]] = {
    "/rooms/<slug>/settings": {"keep": "many"},
    "/rooms/<slug>/clear": {"name": "another name"},
    "/rooms/<slug>/members": {"name": "nobody of this name"},
    "/rooms/<slug>/members/<person>/role": {"role": "member"},
    "/rooms/<slug>/messages": {"body": "said"},
    "/rooms/<slug>/messages/<number>/edit": {"body": "better"},
    "/rooms/<slug>/messages/<number>/move": {"after": "999999"},
    "/rooms/<slug>/messages/<number>/react": {"emoji": "👍"},
    "/rooms/<slug>/read": {"number": "1"},
}

WHOM = {"/rooms/<slug>/people/<person>": "owner", "/rooms/<slug>/members/<person>/role": "bystander"}


def table(text: str, columns: int) -> dict[str, tuple[int, ...]]:
    """By route and object, what each column is to be told."""
    found: dict[str, tuple[int, ...]] = {}
    for line in text.splitlines()[2:]:
        key, *told = line.rsplit(maxsplit=columns)
        found[" ".join(key.split())] = tuple(int(status) for status in told)
    return found


EXPECTED = table(IN_A_ROOM, len(ROLES))
EXPECTED_ELSEWHERE = table(ELSEWHERE, 2)


@dataclass
class Scene:
    """A room with somebody of every role."""

    slug: str
    people: dict[str, Visitor]
    numbers: dict[str, int]
    said: dict[str, list[int]] = field(default_factory=dict)  # messages of those who could say something

    def values(self, rule: str, role: str, thing: str) -> dict[str, object]:
        """What stands in an address: somebody's own, another's, or what is in no such room."""
        mine = self.said.get(role, [])
        return {
            "slug": self.slug,
            "person": self.numbers.get(thing.removeprefix("the ") or WHOM.get(rule, ""), 999_999),
            "number": mine.pop() if thing == "own" and mine else self.said["bystander"][-1],
            "invite": self.invite() if rule.endswith("/revoke") and not thing else 999_999,
        }

    def invite(self) -> int:
        """The number of a new invite."""
        owner, path = self.people["owner"], f"/rooms/{self.slug}"
        assert owner.post(f"{path}/invites").status_code == 303
        return int(re.findall(r"/invites/(\d+)/revoke", owner.get(f"{path}/settings").text)[0])


def status(who: Visitor, route: Route, path: str, fields: dict[str, str] | None = None) -> int:
    """The status of an answer, without waiting for the end of one that has none."""
    place = urlsplit(who.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=20)
    heads = {"Cookie": who.cookie, "Content-Type": "application/x-www-form-urlencoded"}
    heads |= FETCHED if route.method == "GET" and not route.stream else {}
    try:
        body = urlencode(fields or {}) if route.method == "POST" else None
        connection.request(route.method, path, body=body, headers=heads | route.headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def admin(shop: Parley) -> Iterator[Seeker]:
    """The first administrator."""
    found = re.search(r"/setup/(\S+) ", shop.log)
    assert found, shop.log
    seeker = Seeker(shop.url)
    answer = seeker.post(f"/setup/{found[1]}", {"name": "The first", "password": "correct horse battery"})
    assert answer.status_code == 303, answer.text
    seeker.name = "The first"
    yield seeker
    seeker.close()


@pytest.fixture(scope="module")
def play(shop: Parley, admin: Seeker) -> Iterator[Callable[[str], Scene]]:
    """Makes rooms with everybody in place."""
    with ExitStack() as stack:

        def come(*, enter: bool = True) -> Seeker:
            seeker = Seeker(shop.url)
            stack.callback(seeker.close)
            if enter:
                seeker.enter()
            return seeker

        def make(preset: str) -> Scene:
            people: dict[str, Visitor] = {role: come() for role in ROLES[1:-1]}
            people |= {"anonymous": come(enter=False), "administrator": admin, "bystander": come()}
            return _set_up(people, preset)

        yield make


def _set_up(people: dict[str, Visitor], preset: str) -> Scene:
    owner = people["owner"]
    ids = {role: who.id() for role, who in people.items() if isinstance(who, Seeker) and who.cookie}
    made = owner.post("/rooms", {"name": f"{preset} of {owner.name}", "preset": preset})
    scene = Scene(made.headers["location"].removeprefix("/rooms/"), people, ids)
    path = f"/rooms/{scene.slug}"
    inside = [role for role in people if role not in ("anonymous", "stranger", "owner")]
    if preset == "private":
        inside.remove("administrator")
    for role in inside:
        assert owner.post(f"{path}/members", {"name": people[role].name}).status_code == 303, role
    for role in [*inside, "owner"]:
        scene.said[role] = [people[role].say(scene.slug, "mine") for _ in range(3)]
    assert people["former"].post(f"{path}/leave").status_code == 303
    assert owner.post(f"{path}/members/{ids['banned']}/remove").status_code == 303
    assert owner.post(f"{path}/members/{ids['moderator']}/role", {"role": "moderator"}).status_code == 303
    return scene


def asked(everything: list[Route], *, in_a_room: bool) -> dict[str, Route]:
    """The routes by their keys, without those that every address has."""
    return {
        route.key: route
        for route in everything
        if ("slug" in route.places) == in_a_room and route.method not in ("HEAD", "OPTIONS")
    }


def test_the_table_names_every_route_and_no_other(everything: list[Route]) -> None:
    for expected, in_a_room in ((EXPECTED, True), (EXPECTED_ELSEWHERE, False)):
        named = {key.partition(" | ")[0] for key in expected}
        assert named == set(asked(everything, in_a_room=in_a_room))


@pytest.mark.parametrize("preset", ["open", "private"])
def test_in_a_room_everybody_may_do_what_their_role_allows(
    preset: str, play: Callable[[str], Scene], everything: list[Route]
) -> None:
    scene, found, wrong = play(preset), asked(everything, in_a_room=True), []
    for key, expected in EXPECTED.items():
        key, _, thing = key.partition(" | ")
        order = sorted(zip(ROLES, expected, strict=True), key=lambda one: one[0] == "owner")
        for role, told in order:  # the owner last: an owner who has left is followed by somebody else
            told = 404 if preset == "private" and role in OUTSIDE else told
            path = found[key].path(**scene.values(found[key].rule, role, thing))
            for route in (found[key], *also(found[key])):
                got = status(scene.people[role], route, path, FORMS.get(route.rule))
                if got != told:
                    wrong.append(f"{role}: {route.key} {thing} is {got}, not {told}")
    assert not wrong, "\n".join(wrong)


def also(route: Route) -> list[Route]:
    """A page is asked for its head too."""
    return [Route(route.rule, "HEAD")] if route.method == "GET" and not route.stream else []


def test_elsewhere_all_that_matters_is_whether_one_has_come_in(
    play: Callable[[str], Scene], everything: list[Route], shop: Parley
) -> None:
    found, wrong = asked(everything, in_a_room=False), []
    values = {"token": "x", "number": 1, "person": 1, "name": "x", "file": "x"}
    anonymous = Visitor(shop.url)
    for key, expected in EXPECTED_ELSEWHERE.items():
        route = found[key]
        somebody = Visitor(shop.url).enter()
        number = 999_999 if "sessions" in key else 1
        for who, told in zip((anonymous, somebody), expected, strict=True):
            path = route.path(**values | {"number": number})
            for one in (route, *also(route)):
                if (got := status(who, one, path)) != told:
                    wrong.append(f"{one.key} is {got}, not {told}")
        somebody.close()
    anonymous.close()
    assert not wrong, "\n".join(wrong)
