"""The small world that screenshots show: a yacht club, with something of everything in it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.people import Person, person

SLIPWAY = Path(__file__).with_name("slipway.jpg")
PEOPLE = ("Ada Brandt", "Ann Okafor", "Bo Lindqvist", "Elias Vogt", "فرح ناصر", "林美咲")
LONG = "A room with a name as long as names ever may be,"[:48]
ROOMS = {
    "Harbour": ("Open day on Saturday, high water 10:40", "open"),
    "Notices": ("Only hosts write here", "announcements"),
    "Galley": ("Who cooks, who washes up", "workshop"),
    "Night watch": ("What is said here stays nowhere", "off-the-record"),
    "Library": ("Charts, manuals and the good novels", "last-hundred"),
    "Keyholders": ("Gate, crane and shed keys", "private"),
    "Budget chat": ("Until the numbers fit", "drop-in"),
    LONG: ("And " + "a topic that goes on and on " * 6, "open"),
}
TALK = (
    (1, "Morning. The **slipway** is dry until ten, then it is not."),
    (2, "I have the paint.\nTwo tins of the grey, one of the red that nobody ordered."),
    (2, "Who is bringing the long brushes?"),
    (0, "Me. See `slip.txt`:\n\n```python\ndef tide(hour: int) -> float:\n    return 2.1 + hour / 12\n```"),
    (3, "> Who is bringing the long brushes?\n\nI could bring two more."),
    (4, "سأكون هناك عند الساعة العاشرة"),
    (5, "十時に行きます"),
    (1, "A list, then:\n\n- brushes\n- rope, *all* of it\n- https://example.org/tides"),
)


@dataclass(slots=True)
class World:
    """Who and what there is: people in the order of PEOPLE, and the addresses of rooms by name."""

    people: list[Person]
    rooms: dict[str, str]
    numbers: list[int]

    @property
    def ada(self) -> Person:
        return self.people[0]


@asynccontextmanager
async def world(url: str) -> AsyncIterator[World]:
    """A yacht club on an ordinary morning."""
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(url, name)) for name in PEOPLE]
        ada = people[0]
        rooms = {}
        for name, (topic, preset) in ROOMS.items():
            answer = await ada.client.post("/rooms", data={"name": name, "topic": topic, "preset": preset})
            assert answer.status_code == 303, answer.text
            rooms[name] = answer.headers["location"].removeprefix("/rooms/")
        for one in people[1:]:
            for name in ("Lobby", "Notices", "Harbour"):
                await one.come_in(rooms.get(name, name.lower()))
            await stack.enter_async_context(one.client.stream("GET", f"/rooms/{rooms['Harbour']}/events"))
        for name in ("Night watch", "Budget chat"):  # they live while somebody is there
            await stack.enter_async_context(ada.client.stream("GET", f"/rooms/{rooms[name]}/events"))
        await people[2].come_in(rooms["Galley"])
        numbers = [await people[who].say(rooms["Harbour"], words) for who, words in TALK]
        await people[2].client.post(f"/rooms/{rooms['Harbour']}/messages/{numbers[2]}/delete")
        await answer_and_react(people, f"/rooms/{rooms['Harbour']}/messages", numbers)
        await show_picture(people[3], rooms["Harbour"])
        await ada.say(rooms["Notices"], "The crane is closed on Thursday.")
        answer = await people[2].client.post("/direct", data={"name": "Ada Brandt"})
        rooms["Bo"] = answer.headers["location"].removeprefix("/rooms/")
        await people[2].say(rooms["Bo"], "A word between us?")
        await ada.client.post(f"/rooms/{rooms['Keyholders']}/invites", data={"uses": "3"})
        yield World(people, rooms, numbers)


async def answer_and_react(people: list[Person], path: str, numbers: list[int]) -> None:
    """Reactions to the code, and a message that answers it."""
    for who, emoji in ((1, "👍"), (2, "👍"), (0, "⚓"), (4, "🎉")):
        await people[who].client.post(f"{path}/{numbers[3]}/react", data={"emoji": emoji})
    reply = {"body": "In metres above the sill?", "reply_to": str(numbers[3])}
    assert (await people[3].client.post(path, data=reply)).status_code == 303


async def show_picture(one: Person, room: str) -> None:
    """A message with a picture and a file."""
    files = [("files", (SLIPWAY.name, SLIPWAY.read_bytes())), ("files", ("rota.txt", b"Ann, Bo"))]
    answer = await one.client.post(
        f"/rooms/{room}/messages", data={"body": "The slip this morning."}, files=files
    )
    assert answer.status_code == 303, answer.text
