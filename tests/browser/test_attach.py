"""Files that go with a message: picked, dropped, pasted, shown, sent, and never lost to an error."""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.browser.guests import BOTH, Guest, guests
from tests.browser.people import person, until, until_live
from tests.browser.proxy import Faults, Proxy
from tests.servers import Parley

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = "[...document.querySelectorAll('#thumbs .cut')].map(one => one.textContent)"
SENT = "[...document.querySelectorAll('#log .file .cut')].map(one => one.textContent)"
OPENED = "[document.images[0].naturalWidth, document.images[0].naturalHeight]"
BRING = """([type, names]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(['words'], name, { type: 'text/plain' }));
  const more = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
  const event = type === 'paste' ? new ClipboardEvent(type, more) : new DragEvent(type, more);
  return !document.getElementById('log').dispatchEvent(event);
}"""  # whether the page took it


def picture(name: str = "slipway.png", width: int = 900, height: int = 600, mode: str = "RGB") -> FilePayload:
    held = io.BytesIO()
    Image.new(mode, (width, height)).save(held, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": held.getvalue()}


def words(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"words"}


def heavy(folder: Path, size: int) -> Path:
    """A file of so many bytes."""
    path = folder / "boats.zip"
    path.touch()
    os.truncate(path, size)
    return path


async def send(one: Guest) -> None:
    """Press what sends, and stay in the room."""
    button = one.page.get_by_role("button", name="Send")
    await (button.click() if one.scripts else one.press(button))


@BOTH
async def test_a_picture_is_small_in_the_others_browser_and_opens_whole(
    server: Parley, browser: Browser, scripts: bool
) -> None:
    async with guests(browser, server.url, "Ann", "Bo", scripts=scripts) as (ann, bo):
        room = await ann.make_room(f"Pictures {ann.name}", "Open room")
        await bo.go(f"/rooms/{room}")
        await ann.page.set_input_files("#files", [picture(), words("rota.txt")])
        await ann.page.fill("#text", "After the storm")
        await send(ann)
        await bo.reads("After the storm")
        small = bo.stream.get_by_role("img", name="slipway.png")
        await expect(small).to_have_attribute("width", "300")
        await expect(small).to_have_attribute("height", "200")
        assert await small.evaluate("async one => (await one.decode(), one.naturalWidth)") == 300
        await expect(bo.stream.locator(".file")).to_contain_text("rota.txt")
        async with bo.context.expect_page() as opening:
            await small.click()
        whole = await opening.value
        await whole.wait_for_load_state()
        if scripts:
            assert await whole.evaluate(OPENED) == [900, 600]
        assert "/files/" in whole.url
        await ann.page.set_input_files("#files", picture("alone.png", 30, 20))
        await send(ann)
        await expect(bo.stream.get_by_role("img", name="alone.png")).to_have_attribute("width", "30")
        if scripts:
            assert await bo.page.evaluate("violations") == await ann.page.evaluate("violations") == []


async def open_room(server: Parley, browser: Browser, origin: str = "") -> Page:
    async with person(server.url) as ann:
        page = await ann.open(browser, origin or server.url, await ann.make_room())
    await until_live(page)
    return page


async def test_files_come_by_the_button_by_dropping_and_by_pasting_and_go_again(
    server: Parley, browser: Browser
) -> None:
    page = await open_room(server, browser)
    await page.get_by_label("Attach files").set_input_files([words("one.txt"), picture()])
    await page.locator(".thumb.picture img").wait_for()
    assert await page.evaluate(BRING, ["dragover", ["two.txt"]])
    await page.locator("#composer.dropping").wait_for()
    assert await page.evaluate(BRING, ["drop", ["two.txt", "three.txt"]])
    assert await page.locator("#composer.dropping").count() == 0
    assert await page.evaluate(BRING, ["paste", ["four.txt"]])
    assert not await page.evaluate(BRING, ["paste", []])
    assert await page.evaluate(NAMES) == ["one.txt", "slipway.png", "two.txt", "three.txt", "four.txt"]
    await page.get_by_role("button", name="Remove slipway.png").click()
    assert await page.evaluate("document.activeElement.id") == "text"
    await page.get_by_role("button", name="Remove one.txt").press("Enter")
    assert await page.evaluate(NAMES) == ["two.txt", "three.txt", "four.txt"]
    await page.press("#text", "Enter")
    await until(page, f"{SENT}.join() === 'two.txt,three.txt,four.txt'")
    assert await page.evaluate(NAMES) == []
    assert await page.evaluate("violations") == []
    await page.context.close()


async def test_what_is_too_large_or_too_much_is_said_at_once(
    server: Parley, browser: Browser, tmp_path: Path
) -> None:
    page = await open_room(server, browser)
    await page.set_input_files("#files", heavy(tmp_path, 12_000_000))
    assert await page.inner_text("#composer-error") == "boats.zip is 11.5 MB; the limit is 10."
    assert await page.evaluate(NAMES) == []
    await page.set_input_files("#files", [words(f"{n}.txt") for n in range(12)])
    assert await page.inner_text("#composer-error") == "Not more than 10 files go with a message."
    assert len(await page.evaluate(NAMES)) == 10
    await page.context.close()


async def test_a_refusal_gives_back_words_and_files_which_then_go(server: Parley, browser: Browser) -> None:
    page = await open_room(server, browser)
    bomb = picture("bomb.png", 9_000, 9_000, "1")
    await page.set_input_files("#files", [words("small.txt"), bomb])
    await page.fill("#text", "with a picture")
    await page.press("#text", "Enter")
    await page.locator("#composer-error:not([hidden])").wait_for()
    assert "bomb.png" in await page.inner_text("#composer-error")
    assert await page.input_value("#text") == "with a picture"
    assert await page.evaluate(NAMES) == ["small.txt", "bomb.png"]
    await page.get_by_role("button", name="Remove bomb.png").click()
    await page.press("#text", "Enter")
    await until(page, f"{SENT}.join() === 'small.txt'")
    assert await page.locator("#log .msg-body").all_inner_texts() == ["with a picture"]
    await page.context.close()


async def test_an_upload_that_is_cut_shows_how_far_it_is_and_arrives_once(
    server: Parley, browser: Browser, tmp_path: Path
) -> None:
    async with Proxy(server.port) as proxy:
        page = await open_room(server, browser, proxy.origin)
        proxy.faults = Faults(post="hang")
        await page.set_input_files("#files", heavy(tmp_path, 9_000_000))
        await page.press("#text", "Enter")
        bars = "[...document.querySelectorAll('#outbox progress')].map(bar => bar.value)"
        await until(page, f"{bars}[0] > 0 && {bars}[0] < 1")
        await page.get_by_label("Uploading boats.zip").wait_for()
        proxy.faults = Faults(post="lost")
        proxy.cut()
        await until(page, f"{SENT}.join() === 'boats.zip'", 20)
        proxy.faults = Faults()
        proxy.cut()
        await until(page, "!document.querySelector('#outbox > li')", 20)
        assert await page.evaluate(SENT) == ["boats.zip"]
        await page.context.close()


async def test_an_upload_that_failed_is_tried_again_by_hand(server: Parley, browser: Browser) -> None:
    async with Proxy(server.port) as proxy:
        page = await open_room(server, browser, proxy.origin)
        proxy.faults = Faults(post="reset")
        await page.set_input_files("#files", words("rota.txt"))
        await page.press("#text", "Enter")
        await page.locator("#outbox .failed .thumb").wait_for(timeout=15_000)
        proxy.faults = Faults()
        await page.get_by_role("button", name="Try again").click()
        await until(page, f"{SENT}.join() === 'rota.txt'")
        await until(page, "!document.querySelector('#outbox > li')")
        await page.context.close()
