"""Members, hosts, invites and rooms of two, as browsers and scripts meet them."""

import re
from collections.abc import Callable

from tests.contract.visitor import HTMX, JSON, Visitor, receive_until, until_closed

NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
FETCHES = (
    {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none", "Sec-Purpose": "prefetch"},
)


def id_of(visitor: Visitor) -> int:
    """The number that pages name somebody by."""
    found = re.search(r'data-me="u-(\d+)"', visitor.get("/rooms").text)
    assert found
    return int(found[1])


def private(owner: Visitor, name: str = "Cellar") -> str:
    answer = owner.post("/rooms", {"name": name, "preset": "private"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/rooms/")


def invite(owner: Visitor, slug: str, **fields: str) -> str:
    """The address of a new invite."""
    assert owner.post(f"/rooms/{slug}/invites", fields).status_code == 303
    found = re.search(r'value="https?://[^/"]+(/invites/[^"]+)"', owner.get(f"/rooms/{slug}/settings").text)
    assert found
    return found[1]


def test_a_host_adds_somebody_who_then_finds_the_room(ann: Visitor, bob: Visitor) -> None:
    slug = private(ann)
    assert bob.get(f"/rooms/{slug}").status_code == 404
    answer = ann.post(f"/rooms/{slug}/members", {"name": bob.name.upper()})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rooms/{slug}/settings#members")
    bob.open(slug)
    assert slug in bob.rooms()
    assert ann.post(f"/rooms/{slug}/members", {"name": bob.name}).status_code == 303


def test_a_name_that_cannot_be_added_comes_back_with_the_words_beside_it(ann: Visitor, room: str) -> None:
    for name, words in (("No Such <b>", "Nobody is called No Such &lt;b&gt; here."), ("", "Give a name")):
        answer = ann.post(f"/rooms/{room}/members", {"name": name})
        assert answer.status_code == 422
        assert words in answer.text
        field = re.search(r'<input[^>]* id="member"[^>]*>', answer.text)
        assert field
        assert 'aria-describedby="member-error"' in field[0]
        assert 'id="member-error"' in answer.text
        assert 'aria-describedby="name-error"' not in answer.text
    assert 'value="No Such &lt;b&gt;"' in ann.post(f"/rooms/{room}/members", {"name": "No Such <b>"}).text


def test_who_is_removed_is_out_at_once_and_finds_nothing(ann: Visitor, bob: Visitor, room: str) -> None:
    page, nothing = bob.open(room), bob.get("/rooms/no-such-room")
    with bob.live(f"/rooms/{room}/live?since={page.cursor}") as socket:
        receive_until(socket, "data-mark")
        answer = ann.post(f"/rooms/{room}/members/{id_of(bob)}/remove")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/rooms/{room}/settings#members")
        after = ann.say(room, "in peace")
        got, code = until_closed(socket)
    assert code == 1008
    assert f'data-number="{after}"' not in got
    found = bob.get(f"/rooms/{room}")
    assert (found.status_code, found.content) == (404, nothing.content)
    assert bob.get(f"/rooms/{room}/changes?since={page.cursor}").status_code == 404
    assert bob.post(f"/rooms/{room}/messages", {"body": "hello"}).status_code == 404
    assert room not in re.findall(r'data-slug="([^"]+)"', bob.get("/rooms").text)
    assert bob.get("/").headers["location"] != f"/rooms/{room}"
    ann.post(f"/rooms/{room}/members", {"name": bob.name})
    bob.open(room)


def test_what_hosts_do_is_forbidden_to_members_and_hidden_from_strangers(
    ann: Visitor, bob: Visitor, visit: Callable[..., Visitor]
) -> None:
    slug, cy = private(ann), visit().enter()
    ann.post(f"/rooms/{slug}/members", {"name": bob.name})
    link = invite(ann, slug)
    anns, bobs = id_of(ann), id_of(bob)
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("members", {"name": cy.name}),
        (f"members/{anns}/remove", {}),
        (f"members/{bobs}/role", {"role": "owner"}),
        ("invites", {}),
        ("invites/1/revoke", {}),
    )
    nothing = cy.post("/rooms/no-such-room/members", {"name": "Ann"})
    for path, fields in forms:
        assert bob.post(f"/rooms/{slug}/{path}", fields).status_code == 403, path
        hidden = cy.post(f"/rooms/{slug}/{path}", fields)
        assert (hidden.status_code, hidden.content) == (404, nothing.content), path
    assert ann.get(link).headers["location"] == f"/rooms/{slug}"


def test_the_owner_makes_hosts_and_gives_the_room_away(ann: Visitor, bob: Visitor, room: str) -> None:
    bob.open(room)
    role = f"/rooms/{room}/members/{id_of(bob)}/role"
    assert ann.post(role, {"role": "moderator"}).headers["location"] == f"/rooms/{room}/settings#members"
    assert bob.get(f"/rooms/{room}/settings").status_code == 200
    assert f'made <b dir="auto">{bob.name.split()[0]}</b> a host' in ann.get(f"/rooms/{room}").text
    assert bob.post(role, {"role": "owner"}).status_code == 403
    assert ann.post(role, {"role": "king"}).status_code == 422
    assert ann.post(f"/rooms/{room}/members/{id_of(ann)}/role", {"role": "member"}).status_code == 409
    assert ann.post(role, {"role": "owner"}).status_code == 303
    assert ann.post(role, {"role": "member"}).status_code == 403
    assert ann.post(f"/rooms/{room}/members/999999999/remove").status_code == 404
    assert ann.post(f"/rooms/{room}/members/{id_of(ann)}/remove").status_code == 422
    assert ann.post(f"/rooms/{room}/members/{'9' * 30}/remove").status_code == 404


def test_an_invite_is_followed_by_going_there_and_not_by_looking(
    ann: Visitor, bob: Visitor, stranger: Visitor
) -> None:
    slug = private(ann, "Keyholders")
    link = invite(ann, slug, uses="1")
    sent_away = stranger.get(link)
    assert (sent_away.status_code, sent_away.headers["location"]) == (303, f"/enter?next={link}")
    for headers in FETCHES:
        page = bob.get(link, headers)
        assert page.status_code == 200
        assert "Keyholders" in page.text
        assert f'<a class="btn solid" href="{link}">Join</a>' in page.text
        assert slug not in page.text
    assert bob.get(f"/rooms/{slug}").status_code == 404
    joined = bob.get(link, NAVIGATION)
    assert (joined.status_code, joined.headers["location"]) == (303, f"/rooms/{slug}")
    bob.open(slug)
    assert bob.get(link).status_code == 303  # a member, whom nothing is spent on
    stranger.enter()
    nothing = stranger.get("/invites/no-such-invite")
    for headers in (NAVIGATION, *FETCHES):
        used_up = stranger.get(link, headers)
        assert (used_up.status_code, used_up.content) == (404, nothing.content)


def test_an_invite_leads_through_entering_into_the_room(ann: Visitor, stranger: Visitor) -> None:
    slug = private(ann)
    link = invite(ann, slug)
    entered = stranger.post("/enter", {"name": "Somebody New", "next": link})
    assert (entered.status_code, entered.headers["location"]) == (303, link)
    assert stranger.get(link).headers["location"] == f"/rooms/{slug}"
    stranger.open(slug)


def test_links_that_lead_nowhere_are_all_the_same(ann: Visitor, bob: Visitor) -> None:
    slug, other = private(ann), private(ann, "Attic")
    revoked, banned = invite(ann, slug), invite(ann, other)
    found = re.search(rf"/rooms/{slug}/invites/(\d+)/revoke", ann.get(f"/rooms/{slug}/settings").text)
    assert found
    assert ann.post(f"/rooms/{other}/invites/{found[1]}/revoke").status_code == 404
    assert ann.post(f"/rooms/{slug}/invites/{found[1]}/revoke").status_code == 303
    assert ann.post(f"/rooms/{slug}/invites/{found[1]}/revoke").status_code == 404
    ann.post(f"/rooms/{other}/members", {"name": bob.name})
    ann.post(f"/rooms/{other}/members/{id_of(bob)}/remove")
    nothing = bob.get("/invites/no-such-invite")
    for link in (revoked, banned, "/invites/%ff%ed%a0%80", "/invites/" + "x" * 500, "/invites/…"):
        for headers in (NAVIGATION, *FETCHES):
            answer = bob.get(link, headers)
            assert (answer.status_code, answer.content) == (404, nothing.content)


def test_bad_limits_of_an_invite_are_told_beside_their_fields(ann: Visitor, room: str) -> None:
    for fields, field in (
        ({"expires_hours": "0", "uses": "5"}, "expires_hours"),
        ({"expires_hours": "8761"}, "expires_hours"),
        ({"uses": "1001"}, "uses"),
        ({"uses": "many", "expires_hours": "24"}, "uses"),
    ):
        answer = ann.post(f"/rooms/{room}/invites", fields)
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        for name, value in fields.items():
            assert re.search(rf'<input[^>]* name="{name}" value="{value}"', answer.text)
    assert "/invites/" not in "".join(re.findall(r'value="http[^"]*"', answer.text))


def test_an_invite_into_a_full_room_says_so_and_is_not_used_up(ann: Visitor, bob: Visitor) -> None:
    made = ann.post("/rooms", {"name": "Booth", "preset": "private", "capacity": "1"})
    slug = made.headers["location"].removeprefix("/rooms/")
    link = invite(ann, slug, uses="1")
    full = bob.get(link)
    assert full.status_code == 409
    assert "Booth is full (1). Try again in a while." in full.text
    ann.post(f"/rooms/{slug}/settings", {"capacity": "2"})
    assert bob.get(link).status_code == 303


def test_two_people_have_one_direct_room_that_nobody_else_finds(
    ann: Visitor, bob: Visitor, visit: Callable[..., Visitor]
) -> None:
    opened = ann.post("/direct", {"name": bob.name.lower()})
    assert opened.status_code == 303
    slug = opened.headers["location"].removeprefix("/rooms/")
    assert bob.post("/direct", {"name": ann.name}).headers["location"] == f"/rooms/{slug}"
    assert slug in bob.rooms()
    assert bob.name in ann.open(slug).html
    ann.say(slug, "between us")
    assert bob.words(slug) == ["between us"]
    assert f"<title>{ann.name} · " in bob.open(slug).html
    cy = visit().enter()
    nothing = cy.get("/rooms/no-such-room")
    for path in ("", "/changes", "/messages/1"):
        hidden = cy.get(f"/rooms/{slug}{path}")
        assert hidden.status_code == 404
    assert cy.get(f"/rooms/{slug}").content == nothing.content
    for path, fields in (
        ("leave", {}), ("members", {"name": cy.name}), (f"members/{id_of(bob)}/remove", {}),
        (f"members/{id_of(ann)}/role", {"role": "owner"}), ("invites", {}), ("settings", {"access": "open"}),
    ):  # fmt: skip
        assert ann.post(f"/rooms/{slug}/{path}", fields).status_code == 403, path
    assert ann.get(f"/rooms/{slug}/settings").status_code == 403
    assert slug not in cy.rooms()


def test_a_direct_room_with_oneself_or_nobody_is_refused_beside_the_field(ann: Visitor) -> None:
    for name in (ann.name, "Nobody At All", "", "x"):
        answer = ann.post("/direct", {"name": name})
        assert answer.status_code == 422
        assert 'id="person-error"' in answer.text
        assert f'value="{name}"' in answer.text
    assert "Nobody is called Nobody At All here." in ann.post("/direct", {"name": "Nobody At All"}).text


def test_forms_from_elsewhere_and_without_a_session_change_nothing(
    ann: Visitor, stranger: Visitor, room: str
) -> None:
    for path in (f"/rooms/{room}/members", f"/rooms/{room}/invites", "/direct"):
        assert ann.post(path, {"name": "x"}, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert stranger.post(path, {"name": "x"}).status_code == 303
        assert stranger.post(path, {"name": "x"}, HTMX).status_code == 401
        assert stranger.post(path, {"name": "x"}, JSON).status_code == 401
