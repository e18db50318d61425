"""Words that somebody is changing stay in the page, wherever their message goes meanwhile."""

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

MESSAGE = """<li class="msg" id="m-{0}" data-number="{0}" data-change="{1}" data-pos="{2}" data-author="u-7">
<div class="msg-body">{1}</div>{3}</li>"""
EARLIER = '<li id="earlier"><a href="/rooms/harbour?before=300.3">Earlier messages</a></li>'
EDIT = '<form id="edit"><textarea>better words</textarea></form>'
BATCH = """([log, batch]) => {
  const target = document.getElementById('log');
  if (log) {
    target.innerHTML = log;
    document.getElementById('cursor').value = 'abc.400';
  }
  htmx.swap({ text: batch, sourceElement: target, target, swap: 'beforeend' });
  return [document.querySelector('#edit')?.closest('li').id, document.querySelector('#edit textarea')?.value,
    [...document.querySelectorAll('#log > .msg')].map(li => li.id)];
}"""


def message(number: int, change: int = 0, pos: int = 0, more: str = "") -> str:
    return MESSAGE.format(number, change or number, pos or number * 100, more)


async def test_a_message_moved_out_of_the_page_stays_while_it_is_changed(bare: Page) -> None:
    log = EARLIER + message(3) + message(4, more=EDIT) + message(5)
    moved = message(4, 401, 50) + message(5, 402, 60) + '<i data-mark="abc.402" hidden></i>'
    assert await bare.evaluate(BATCH, [log, moved]) == ["m-4", "better words", ["m-4", "m-3"]]


async def test_what_is_changed_is_not_dropped_when_the_page_grows_long(bare: Page) -> None:
    log = message(4, more=EDIT) + message(5)
    many = "".join(message(number) for number in range(401, 701)) + '<i data-mark="abc.700" hidden></i>'
    assert (await bare.evaluate(BATCH, [log, many]))[:2] == ["m-4", "better words"]
