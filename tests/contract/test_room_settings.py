"""A room's settings: what a form makes of them, who may change them, and the pages that ask first."""

import re
from collections.abc import Callable
from dataclasses import asdict

import pytest

from chat.core.room import Settings
from chat.core.settings import PRESETS, Preset
from tests.contract.visitor import HTMX, Visitor

NUMBERS = ("newcomers_see", "keep", "capacity", "max_length")


def values(html: str) -> dict[str, str]:
    """What the fields of a room hold, by name: text, numbers and the chosen option."""
    found = dict(re.findall(r'<input class="input" id="([a-z_]+)" name="\1"[^>]* value="([^"]*)"', html))
    for name, options in re.findall(r'<select[^>]* name="([a-z_]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([a-z]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def settings(visitor: Visitor, slug: str) -> dict[str, str]:
    """The settings as the page of them shows them."""
    answer = visitor.get(f"/rooms/{slug}/settings")
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in values(answer.text).items() if name in asdict(Settings())}


def beside(html: str, field: str) -> str:
    """The words that a field names as its description."""
    found = re.search(rf'<(?:input|select)[^>]* name="{field}"[^>]* aria-invalid="true"[^>]*>', html)
    assert found, f"nothing is wrong with a field {field}"
    described = re.search(r'aria-describedby="([^"]+)"', found[0])
    assert described
    words = re.search(rf'<p[^>]* id="{described[1]}"[^>]*>(?:<svg.*?</svg>)?(.*?)</p>', html, re.DOTALL)
    assert words
    return re.sub(r"<[^>]*>", "", words[1])


def shown(one: Settings) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(one).items()}


@pytest.mark.parametrize("kind", PRESETS, ids=lambda kind: kind.key)
def test_every_kind_of_room_has_the_settings_it_says(ann: Visitor, kind: Preset) -> None:
    fields = {"name": f"A {kind.name}", "topic": "", "preset": kind.key}
    untouched = dict.fromkeys(shown(Settings()), "")
    answer = ann.post("/rooms", fields | untouched)
    assert answer.status_code == 303, answer.text
    assert settings(ann, answer.headers["location"].removeprefix("/rooms/")) == shown(kind.settings)


def test_the_form_of_a_new_room_offers_every_kind_and_says_nothing_else(ann: Visitor) -> None:
    html = ann.get("/rooms").text
    radios = re.findall(r'<input type="radio" name="preset" value="([^"]+)"( checked)?', html)
    assert radios == [(kind.key, " checked" if at == 0 else "") for at, kind in enumerate(PRESETS)]
    assert {name: values(html)[name] for name in shown(Settings())} == dict.fromkeys(shown(Settings()), "")
    workshop = re.search(r'<input[^>]*value="workshop"[^>]*>', html)
    assert workshop
    for name, value in shown(PRESETS[5].settings).items():
        assert f'data-{name.replace("_", "-")}="{value}"' in workshop[0]


def test_a_field_of_advanced_goes_before_the_kind(ann: Visitor) -> None:
    fields = {"name": "Small shop", "preset": "workshop", "keep": "20", "who_clears": "owner"}
    slug = ann.post("/rooms", fields).headers["location"].removeprefix("/rooms/")
    now = settings(ann, slug)
    assert (now["keep"], now["who_clears"], now["who_arranges"]) == ("20", "owner", "everyone")


@pytest.mark.parametrize(
    ("field", "raw", "words"),
    [
        ("access", "direct", "Choose one of these."),
        ("history", "none", "Choose one of these."),
        ("keep", "-1", "Give a number from 0 to 10,000."),
        ("capacity", "many", "Give a number from 0 to 10,000."),
        ("max_length", "4001", "Give a number from 1 to 4,000."),
    ],
)
def test_a_bad_setting_is_told_beside_its_field_and_everything_typed_is_kept(
    ann: Visitor, field: str, raw: str, words: str
) -> None:
    fields = {"name": "Kept words", "topic": "All of it", "preset": "workshop", "who_posts": "owner"}
    answer = ann.post("/rooms", fields | {field: raw})
    assert answer.status_code == 422
    assert beside(answer.text, field) == words
    kept = values(answer.text)
    assert (kept["name"], kept["topic"], kept["who_posts"]) == ("Kept words", "All of it", "owner")
    assert field not in NUMBERS or kept[field] == raw
    assert 'value="workshop" checked' in answer.text
    assert '<details class="more-form" open>' in answer.text
    assert "kept-words" not in ann.rooms()


def test_a_kind_that_there_is_not_is_told(ann: Visitor) -> None:
    answer = ann.post("/rooms", {"name": "Odd", "preset": "castle"})
    assert answer.status_code == 422
    assert "There is no such kind of room." in answer.text


def test_each_part_of_the_settings_is_saved_by_itself(ann: Visitor) -> None:
    slug = ann.make_room()
    path = f"/rooms/{slug}/settings"
    before = settings(ann, slug)
    answer = ann.post(f"{path}?section=keeping", {"history": "joined", "keep": "50", "newcomers_see": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?section=keeping#keeping")
    assert settings(ann, slug) == before | {"history": "joined", "keep": "50"}
    assert ann.post(path, {"name": "Better name", "topic": "And a topic"}).headers["location"] == path
    assert settings(ann, slug) == before | {"history": "joined", "keep": "50"}
    page = ann.open(slug).html
    assert "Better name" in page
    assert "And a topic" in page
    assert ">Saved<" in ann.get(f"{path}?section=keeping").text


@pytest.mark.parametrize(
    ("field", "raw"), [("name", ""), ("name", "A"), ("topic", "x" * 201), ("keep", "x"), ("access", "secret")]
)
def test_a_bad_change_is_told_beside_its_field_and_changes_nothing(
    ann: Visitor, room: str, field: str, raw: str
) -> None:
    before = ann.get(f"/rooms/{room}/settings").text
    answer = ann.post(f"/rooms/{room}/settings?section=about", {"who_posts": "owner", field: raw})
    assert answer.status_code == 422
    assert "Saved" not in answer.text
    assert beside(answer.text, field)
    kept = values(answer.text)
    assert kept["who_posts"] == "owner"
    assert field == "access" or kept[field] == raw
    assert ann.get(f"/rooms/{room}/settings").text == before


def test_only_hosts_see_settings_and_strangers_see_nothing(
    ann: Visitor, bob: Visitor, visit: Callable[..., Visitor], room: str
) -> None:
    bob.open(room)
    outside = visit().enter()
    for verb, path in [("GET", "settings"), ("POST", "settings"), ("POST", "code"), ("GET", "clear"),
                       ("POST", "clear"), ("GET", "delete"), ("POST", "delete")]:  # fmt: skip
        address = f"/rooms/{room}/{path}"
        refused = bob.ask(verb, address, data={"name": "Taken over"} if verb == "POST" else None)
        assert refused.status_code == 403, address
        assert "This door is closed" in refused.text
        unseen = outside.ask(verb, address)
        assert unseen.status_code == 404, address
        assert unseen.text == outside.ask(verb, f"/rooms/no-such-room/{path}").text
    assert "Taken over" not in ann.open(room).html
    assert visit().get(f"/rooms/{room}/settings").headers["location"].startswith("/enter?next=")


def test_members_are_shown_the_code_and_hosts_renew_it(ann: Visitor, visit: Callable[..., Visitor]) -> None:
    answer = ann.post("/rooms", {"name": "Budget", "preset": "drop-in"})
    slug = answer.headers["location"].removeprefix("/rooms/")
    code = re.findall('data-copy="([A-Z]{4}-[0-9]{2})"', ann.open(slug).html)[0]
    ben = visit().enter()
    went = ben.post("/join", {"code": code.lower().replace("-", "")})
    assert (went.status_code, went.headers["location"]) == (303, f"/rooms/{slug}")
    assert f'data-copy="{code}"' in ben.open(slug).html
    assert ben.post(f"/rooms/{slug}/code").status_code == 403
    assert ann.post(f"/rooms/{slug}/code").headers["location"] == f"/rooms/{slug}/settings#door"
    assert code not in ann.open(slug).html
    late = visit().enter().post("/join", {"code": code})
    assert late.status_code == 422
    assert beside(late.text, "code") == f"No room has the code {code}. It may have closed."
    assert f'value="{code}"' in late.text


def test_a_full_room_says_so_at_its_door_and_beside_its_code(
    ann: Visitor, bob: Visitor, visit: Callable[..., Visitor]
) -> None:
    made = {"name": "Cabin", "capacity": "1"}
    slug = ann.post("/rooms", made).headers["location"].removeprefix("/rooms/")
    full = bob.get(f"/rooms/{slug}")
    assert full.status_code == 409
    assert "Cabin is full (1). Try again in a while." in full.text
    hidden = ann.post("/rooms", made | {"name": "Cabinet", "preset": "drop-in"})
    code = re.findall('data-copy="([^"]+)"', ann.get(hidden.headers["location"]).text)[0]
    cleo = visit()
    for by_code in (bob.post("/join", {"code": code}), cleo.post("/enter", {"name": "Cleo", "code": code})):
        assert by_code.status_code == 409
        assert beside(by_code.text, "code") == "Cabinet is full (1). Try again in a while."
        assert f'value="{code}"' in by_code.text
    assert cleo.get("/rooms").status_code == 200


def test_clearing_asks_for_the_name_and_empties_the_room(ann: Visitor) -> None:
    slug = ann.make_room("Slate")
    ann.say(slug, "Chalk")
    page = ann.open(slug)
    assert 'Type <b dir="auto">Slate</b> to go on' in ann.get(f"/rooms/{slug}/clear").text
    wrong = ann.post(f"/rooms/{slug}/clear", {"name": "Slat"})
    assert wrong.status_code == 422
    assert beside(wrong.text, "name") == "Type Slate to go on."
    assert 'value="Slat"' in wrong.text
    assert ann.words(slug) == ["Chalk"]
    cleared = ann.post(f"/rooms/{slug}/clear", {"name": "Slate", "since": page.cursor}, HTMX)
    assert cleared.status_code == 200
    assert 'data-kind="cleared"' in cleared.text
    assert "data-mark=" in cleared.text
    ann.say(slug, "Ink")
    again = ann.post(f"/rooms/{slug}/clear")
    assert (again.status_code, again.headers["location"]) == (303, f"/rooms/{slug}")
    assert ann.words(slug) == []


def test_deleting_asks_for_the_name_and_a_default_room_stays(ann: Visitor, bob: Visitor) -> None:
    slug = ann.make_room("Ember")
    bob.open(slug)
    assert "Ember" in ann.get(f"/rooms/{slug}/delete").text
    assert beside(ann.post(f"/rooms/{slug}/delete", {"name": ""}).text, "name") == "Type Ember to go on."
    assert ann.open(slug)
    assert ann.post(f"/rooms/{slug}/delete", {"name": "Ember"}).headers["location"] == "/rooms"
    assert ann.get(f"/rooms/{slug}").status_code == bob.get(f"/rooms/{slug}").status_code == 404
    assert bob.post("/rooms/lobby/delete", {"name": "Lobby"}).status_code == 404  # nobody there yet
    bob.open("lobby")
    assert bob.post("/rooms/lobby/delete", {"name": "Lobby"}).status_code == 403


def test_the_room_has_marks_and_tools_by_its_settings_and_by_who_reads(ann: Visitor, bob: Visitor) -> None:
    made = {"name": "Harbour news", "preset": "announcements"}
    slug = ann.post("/rooms", made).headers["location"].removeprefix("/rooms/")
    assert '<span class="vh"> announcements</span>' in ann.open(slug).html
    for words in (f'href="/rooms/{slug}/settings"', f'href="/rooms/{slug}/clear"', 'id="clear-dialog"'):
        assert words in ann.open(slug).html
        assert words not in bob.open(slug).html
    assert "Only hosts write here." in bob.open(slug).html
    assert ">Notices</span>" in bob.get("/rooms?q=harbour+news").text
    private = ann.post("/rooms", {"name": "Keys", "preset": "private"}).headers["location"]
    page = ann.get(private).text
    assert '<span class="vh"> private</span>' in page
    assert "Only people who were invited can come in." in page
    assert f'href="{private}/settings#invites"' in page


def test_rooms_are_found_by_a_part_of_their_name(ann: Visitor, bob: Visitor) -> None:
    slugs = [ann.make_room("Straße 100%"), ann.make_room("Straße 100 m"), ann.make_room("Under_pass")]
    hidden = ann.post("/rooms", {"name": "Strasse secret", "preset": "private"}).headers["location"]
    found = {slug for slug in slugs if f'class="room-main" href="/rooms/{slug}"' in bob.get(
        "/rooms?q=STRASSE+100").text}  # fmt: skip
    assert found == set(slugs[:2])
    assert slugs[1] not in bob.get("/rooms?q=100%25").text.split('class="room-cards"')[1]
    assert slugs[2] in bob.get("/rooms?q=r_p").text.split('class="room-cards"')[1]
    assert slugs[0] not in bob.get("/rooms?q=_").text.split('class="room-cards"')[1]
    nothing = bob.get("/rooms?q=cranberry").text
    assert 'No room is called "<span dir="auto">cranberry</span>".' in nothing
    assert hidden not in bob.get("/rooms?q=secret").text


def test_one_person_of_a_room_has_a_page(
    ann: Visitor, bob: Visitor, visit: Callable[..., Visitor], room: str
) -> None:
    html = bob.open(room).html
    people = re.findall(rf'href="(/rooms/{room}/people/[0-9]+)"', html)
    assert len(people) == 2
    of_ann = ann.get(people[0]).text
    assert "This is you" in of_ann
    assert "/role" not in of_ann
    of_bob = ann.get(people[1]).text
    assert bob.name in of_bob
    for tool in ('action="/direct"', "/remove", 'value="moderator"', 'value="owner"'):
        assert tool in of_bob
    assert "/remove" not in bob.get(people[0]).text
    assert ann.get(f"/rooms/{room}/people/999999").status_code == 404
    assert visit().enter().get(people[0]).status_code == 404
