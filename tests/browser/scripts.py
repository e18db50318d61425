"""The page's scripts on a bare page without a server: for tests of what they do to the document."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from chat.web.assets import JS_ORDER, join_js

ROOT = Path(__file__).parents[2]
ORIGIN = "http://parley.test"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Harbour</title>
<meta name="htmx-config" content='{"history":false,"noSwap":[204,304,"4xx","5xx"]}'></head>
<body data-room="harbour" data-me="u-7" data-kind="room">
<p data-status data-state="catching"><span class="status-text" id="status-text">Catching up</span></p>
<div id="scroll" role="log" tabindex="0"><div class="pile">
<ol id="log" data-epoch="abc"></ol><ol id="outbox"></ol></div></div>
<form id="composer" method="post" action="/rooms/harbour/messages" hx-post="/rooms/harbour/messages"
 hx-target="#log" hx-swap="beforeend" hx-sync="this:queue all">
<input type="hidden" id="cursor" name="since" value="abc.0">
<input type="hidden" id="nonce" name="nonce" value="n0">
<input type="hidden" id="reply-to" name="reply_to" value=""><p id="reply-note" hidden><b></b><span></span></p>
<div class="auto"><textarea id="text" name="body"></textarea></div><button>Send</button></form>
<div id="emoji" popover></div><p id="composer-error" hidden></p><div id="people-in"></div>
<template id="pending"><li class="msg sending"><span class="msg-state" data-state="sending">
<span data-text></span></span><div class="msg-body"><p></p></div>
<p class="msg-state" data-state="failed" hidden>Not sent. <button type="button" data-again>Try again</button>
<button type="button" data-discard>Discard</button></p></li></template>
<script src="/htmx.js"></script><script src="/parley.js"></script></body></html>"""


@asynccontextmanager
async def bare_page(browser: Browser, script: str) -> AsyncIterator[Page]:
    """The page with these scripts instead of ours, in a context of its own."""
    context = await browser.new_context()
    page = await context.new_page()
    htmx = ROOT / "static" / "vendor" / "htmx-4.0.1.min.js"
    await page.route("**/*", lambda route: route.abort())
    for path, kind, body in (
        ("/rooms/harbour", "text/html", PAGE),
        ("/htmx.js", "text/javascript", htmx.read_text()),
        ("/parley.js", "text/javascript", script),
    ):
        await page.route(ORIGIN + path, _answer(kind, body))
    await page.route_web_socket("**/*", lambda socket: None)
    await page.goto(ORIGIN + "/rooms/harbour")
    yield page
    await context.close()


def _answer(kind: str, body: str):
    async def answer(route):
        await route.fulfill(content_type=kind, body=body)

    return answer


def joined() -> str:
    """The modules as the server joins them."""
    return join_js(source(name) for name in JS_ORDER).decode()


def source(module: str) -> str:
    """One module as it is written."""
    return (ROOT / "static" / "js" / f"{module}.js").read_text("utf-8")


def top_level_names() -> list[str]:
    """Every name that a module declares at its top, in order, doubles included."""
    found = r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)"
    return [name for module in JS_ORDER for name in re.findall(found, source(module), re.MULTILINE)]
