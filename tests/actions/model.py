"""A room that thinks simply: it remembers every message and, for each person, from when on they see."""

from dataclasses import dataclass, field

from chat.core.message import Message
from chat.core.reply import one_line

NEVER = 2**62


@dataclass
class Model:
    """What is said, and above which number each member sees; `here` are those who visit."""

    history: str = "all"
    since: int = 0  # who is new sees nothing of what was said up to here, under a narrower rule
    said: dict[int, str] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    sees: dict[int, int] = field(default_factory=dict)
    joined: dict[int, int] = field(default_factory=dict)
    here: set[int] = field(default_factory=set)
    narrow: bool = False  # whether somebody new was ever shown less than everything
    few: int = 0  # how many messages of before who is new may see; 0 is no limit
    answers: dict[int, int] = field(default_factory=dict)  # what is answered, by the number of the answer
    by: dict[int, int] = field(default_factory=dict)  # who said it; nobody here: the owner
    read: dict[int, int] = field(default_factory=dict)  # up to which number

    def arrives(self, who: int, number: int) -> None:
        """Somebody joins by the change `number`."""
        self.here.add(who)
        self.joined[who] = number - 1
        self.read[who] = number
        self.sees[who] = self.before() if self.history == "all" else number - 1

    def before(self) -> int:
        """Above which number somebody new sees, where something of before is shown."""
        last = sorted(self.said)
        return max(self.since, last[-self.few - 1] if self.few and len(last) > self.few else 0)

    def comes(self, who: int, head: int) -> None:
        self.here.add(who)
        if self.history == "visit":
            self.sees[who] = head

    def goes(self, who: int) -> None:
        self.here.discard(who)
        if self.history == "visit":
            self.sees[who] = NEVER

    def changes(self, history: str, head: int) -> None:
        """The rule is another from now on: a narrower one binds everybody, a wider one gives nothing back."""
        width = ("visit", "joined", "all").index
        before, self.history = self.history, history
        self.narrow |= history != "all"
        if history == "all" and before != "all":
            self.since = head
        for who, sees in self.sees.items():
            if history == "joined" and before == "all":
                self.sees[who] = max(sees, self.joined[who])
            elif history == "visit" and width(before) > 0:
                self.sees[who] = head if who in self.here else NEVER
            elif before == "visit" and history != "visit" and sees == NEVER:
                self.sees[who] = head

    def quotes(self, message: Message, who: int) -> None:
        """What an answer may show to somebody of the message that it answers."""
        quote, number = message.quote, self.answers[message.number]
        assert quote
        assert quote.number == number
        if quote.state == "shown":
            assert quote.words == one_line(self.may_see(who)[number]), (who, self)
            assert number not in self.deleted
        elif quote.state == "gone":
            assert number not in self.said or number in self.deleted
        else:
            assert self.narrow, "words are hidden only where the room has shown less, now or before"

    def unread(self, who: int) -> int:
        """How many messages of others somebody may see, not deleted, above their read mark."""
        seen = self.may_see(who).keys() - self.deleted
        return sum(number > self.read[who] and self.by.get(number) != who for number in seen)

    def may_see(self, who: int) -> dict[int, str]:
        """The words of messages by number, none for those that are deleted."""
        found = {number: body for number, body in self.said.items() if number > self.sees[who]}
        return {number: "" if number in self.deleted else body for number, body in found.items()}

    def moves(self, number: int, target: int, *, after: bool) -> None:
        """What is said is kept in the order of the room."""
        order = [one for one in self.said if one != number]
        order.insert(order.index(target) + after, number)
        self.said = {one: self.said[one] for one in order}
