import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.web import markdown
from chat.web.markdown import HIGHLIGHT_MAX, to_html

ALLOWED_MS = 25  # of one core's time; a free one takes less than half of it
ALLOWED = {
    "a": {"href", "target", "rel"}, "b": set(), "blockquote": set(), "br": set(), "code": {"class"},
    "em": set(), "figcaption": set(),
    "figure": {"dir"}, "hr": set(), "li": set(), "ol": {"start"}, "p": set(),
    "pre": {"tabindex", "aria-label"}, "s": set(), "span": {"class"}, "strong": set(), "ul": set(),
}  # fmt: skip

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "[x](/rooms/lobby/leave)",
    "[x](#log)",
    '[x](https://a.example "t\\" onclick=alert(1)")',
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.gif)",
    "<li class=msg data-number=1 data-change=9999999>fake</li>",
    '<i data-mark="a.999999" hidden></i>',
    "<output data-reset hidden></output>",
    '<hx-partial hx-target="#people-in">gone</hx-partial>',
    "<div hx-get=/leave hx-trigger=load>",
    "<style>*{display:none}</style>",
    "<title>mine</title>",
    "</div></li></ol><script>alert(1)</script>",
    "</template><script>alert(1)</script>",
    "<!-- --><![CDATA[ x ]]><?php ?>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onload=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "```html\n<div class='msg' hx-get=/x onclick=x>\n```",
    "`<b onmouseover=alert(1)>`",
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/"onmouseover="alert(1)',
    "[a]: javascript:alert(1)\n\n[a]",
    "\u202eevil\u202c \ufeff \x07 \ud83d",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
]


class _Checker(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "href":
                assert re.match("(?i)(https?://|mailto:)", value or ""), value
            if name == "rel":
                assert value == "noopener noreferrer nofollow"
            if name == "class":
                assert re.fullmatch("hl-[a-z0-9]+|language-[a-z]+", value or ""), value


def check(html: str) -> None:
    checker = _Checker()
    checker.feed(html)
    checker.close()


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_text_has_only_allowed_elements_and_attributes(body: str) -> None:
    check(to_html(body.encode("utf-8", "replace").decode()))


@given(st.text(alphabet="<>\"'&`*_[]()!#\\-=~:/ \n\tabhx0.@|{}", max_size=200))
@settings(max_examples=150)
def test_any_text_has_only_allowed_elements_and_attributes(body: str) -> None:
    check(to_html(body))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("**b** *i* `c` ~~s~~", "<p><strong>b</strong> <em>i</em> <code>c</code> <s>s</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("# Head", "<p><b>Head</b></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
    ],
)
def test_what_chat_users_write_is_marked_up(body: str, html: str) -> None:
    assert to_html(body) == html


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("&amp; &lt;", "&amp;amp; &amp;lt;"),
        ("    indented", "indented"),
        ("text\n---", "<hr>"),
        ("[a]: x", "[a]: x"),
        ("see tide.py", "see tide.py"),
        ("ftp://x.example", "ftp://x.example"),
    ],
)
def test_words_do_not_vanish_and_are_not_taken_for_something_else(body: str, words: str) -> None:
    html = to_html(body)
    assert words in html
    assert "<a " not in html
    assert "<h" not in html.replace("<hr>", "")


@pytest.mark.parametrize(
    "body", ["https://a.example/x?y=1&z=2", "[x](https://a.example)", "<https://a.example>", "ada@b.org"]
)
def test_links_open_elsewhere_and_say_nothing_of_us(body: str) -> None:
    assert 'target="_blank" rel="noopener noreferrer nofollow"' in to_html(body)


def test_known_code_is_highlighted_and_named() -> None:
    html = to_html("```py\ndef f(): pass\n```")
    assert '<figure dir="ltr"><figcaption>python</figcaption>' in html
    assert '<code class="language-python"><span class="hl-k">def</span>' in html


def test_unknown_code_is_plain_text() -> None:
    assert to_html("```klingon\n<b>\n```") == (
        '<figure dir="ltr"><pre tabindex="0" aria-label="Code"><code>&lt;b&gt;</code></pre></figure>'
    )


def test_long_code_keeps_every_character_and_loses_only_its_colours() -> None:
    code = "x = 1\n" * (HIGHLIGHT_MAX // 6 + 1)
    html = to_html(f"```python\n{code}```")
    assert "hl-" not in html
    assert html.count("x = 1") == code.count("x = 1")


@pytest.mark.parametrize(
    "piece",
    [">", "[", "[a](", "*a_ ", "*", "- ", "1. ", "`", "https://a.b ", "a@", "~~a", "\\", "a\n", "<", "&",
     "# x\n", "```py\n(\n```\n", "```rb\n=\n```\n", "> - ", "http://a/(", "ftp://a ", "![", "* a\n", "1) a\n",
     "<a@b.c>", "*a* ", "1\n", "mailto:a@b.c ", "a:", "`\n", "> a\n", "]", "\"", "#\n", " a\n\n", "[a]: b\n"],
)  # fmt: skip
@pytest.mark.parametrize("length", [200, 300, 500, 700, 1000, 2000, 4000])
def test_no_message_costs_more_than_a_few_milliseconds(piece: str, length: int) -> None:
    body = (piece * length)[:length]
    assert min(cpu_ms(body) for _ in range(3)) < ALLOWED_MS
    check(to_html(body))


@pytest.mark.parametrize(
    ("language", "piece"),
    [("py", "x=1\n"), ("rb", "=\n"), ("cpp", "a<b>::c();"), ("ts", "<a>"), ("sh", "$((")],
)
def test_no_code_costs_more_than_a_few_milliseconds(language: str, piece: str) -> None:
    for length in (400, 800, 1490):
        body = f"```{language}\n{(piece * length)[:length]}\n```"
        assert min(cpu_ms(body) for _ in range(3)) < ALLOWED_MS


def cpu_ms(body: str) -> float:
    before = time.process_time()
    to_html(body)
    return (time.process_time() - before) * 1000


def test_what_is_too_dear_is_shown_as_it_was_typed() -> None:
    assert to_html("[" * 500 + "\n<b>") == "<p>" + "[" * 500 + "<br>\n&lt;b&gt;</p>"
    assert to_html("a\n" * 300).count("a<br>") == 299  # the last one ends the message


def test_signs_in_code_weigh_nothing() -> None:
    code = "a[1] = *b_c\n" * 110
    assert to_html(f"```\n{code}```").startswith('<figure dir="ltr">')


def test_a_message_that_markdown_fails_on_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(body: str) -> str:
        raise IndexError(body)

    monkeypatch.setattr(markdown._MARKDOWN, "render", fail)
    assert to_html("*a*\n<b>") == "<p>*a*<br>\n&lt;b&gt;</p>"


@given(st.text(alphabet="abcÄé東9@ ,.;:?!'\"()%=$…—“🎉👍🏽☀\ufe0f-\n", max_size=30))
@example("@Ann, look: ann@example.org")
@example("mailto:a@b.cc")
@example("a.b@c")
@example('"a"@b.com')
@example("@@12:3@@")
@settings(max_examples=150)
def test_the_short_way_for_plain_words_says_the_same_as_markdown(body: str) -> None:
    assert to_html(body) == markdown._CLEANER.clean(markdown._MARKDOWN.render(body)).strip()
