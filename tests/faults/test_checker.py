"""A checker that never fails proves nothing: each anomaly, made by hand, gets its name."""

import pytest

from tests.faults.checker import Row, Store, anomalies
from tests.faults.history import Acked, Edited, Event, History, Invoked, Marked, Observed

A, B = Invoked(0, "a", "one"), Invoked(2, "b", "two")
ACK_A, ACK_B = Acked(1, "a", 1, 1), Acked(3, "b", 2, 2)
GOOD = Store(2, {1: Row(1, 1, "one"), 2: Row(2, 2, "two")})


def seen(number: int, body: str, *, change: int | None = None, line: int = 1, page: str = "p") -> Observed:
    return Observed(4, page, "websocket", line, number, change or number, body, fresh=True)


def marked(since: int, upto: int) -> Marked:
    return Marked(5, "p", "websocket", since, upto)


def history(*events: Event) -> History:
    return History(list(events), owed={"p": 0})


FINE = (A, ACK_A, B, ACK_B, seen(1, "one"), marked(0, 1), seen(2, "two"), marked(1, 2))


def test_a_history_without_faults_has_no_anomalies() -> None:
    assert anomalies(history(*FINE), GOOD) == {}


def test_a_message_edited_while_a_page_was_away_is_no_anomaly() -> None:
    store = Store(3, {1: Row(1, 3, "uno"), 2: Row(2, 2, "two")})
    events = (A, ACK_A, B, ACK_B, Edited(3, 1, "uno"), seen(2, "two"), seen(1, "uno", change=3), marked(0, 3))
    assert anomalies(history(*events), store) == {}


@pytest.mark.parametrize(
    ("name", "events", "store"),
    [
        ("lost-write", FINE, Store(2, {1: Row(1, 1, "one"), 2: Row(2, 2, None)})),
        ("false-ack", (A, Acked(1, "a", 2, 2), *FINE[2:]), GOOD),
        ("double-post", FINE, Store(3, GOOD.rows | {3: Row(3, 3, "two")})),
        ("double-post", (*FINE, Acked(6, "b", 3, 3)), GOOD),
        ("realtime-inversion", (B, ACK_B, A, ACK_A, *FINE[4:]), GOOD),
        ("gap", FINE, Store(3, {1: Row(1, 1, "one"), 2: Row(2, 2, "two")})),
        ("gap", FINE, Store(2, {1: Row(1, 2, "one"), 2: Row(2, 2, "two")})),
        ("phantom", (*FINE, seen(3, "two")), GOOD),
        ("phantom", (*FINE[:6], seen(2, "never said"), marked(1, 2)), GOOD),
        ("duplicate", (*FINE, seen(2, "two")), GOOD),
        ("duplicate", (*FINE, seen(2, "two", line=2)), GOOD),
        ("inconsistent-order", (*FINE[:4], seen(2, "two"), seen(1, "one"), marked(0, 2)), GOOD),
        ("skip", (*FINE[:4], seen(2, "two"), marked(0, 2), seen(1, "one", line=2)), GOOD),
        ("skip", (*FINE, marked(2, 3)), Store(3, {1: Row(1, 3, "one"), 2: Row(2, 2, "two")})),
        ("unseen", FINE[:-2], GOOD),
        ("unseen", (*FINE, Edited(6, 1, "uno")), Store(3, {1: Row(1, 3, "uno"), 2: Row(2, 2, "two")})),
    ],
)
def test_each_anomaly_gets_its_name(name: str, events: tuple[Event, ...], store: Store) -> None:
    assert name in anomalies(history(*events), store)
