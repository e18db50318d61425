"""What people write, as HTML that can do nothing: Markdown, then an allow-list as a second fence.

Raw HTML is text, pictures are text, links go to http, https and mailto only. The words of a message
never vanish: what would render to nothing in a document (link references, entities, indented code)
is left as it was typed.
"""

import functools
import logging
import re
from collections.abc import Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

log = logging.getLogger("parley.markdown")

HIGHLIGHT_MAX = 1_500  # characters a message: lexers are slow on nonsense
HIGHLIGHT_PIECES = 400  # words and signs a message: every one costs a span, about 15 microseconds
NESTING_MAX = 12  # quotes in lists in quotes; deeper is text
LINES_MAX = 200  # a message: each costs up to 40 microseconds, whatever it begins with
WEIGHT_MAX = 400  # a message, of about 15 microseconds each: what a message costs every worker that shows it
PREFIX = "hl-"  # of the highlighter's classes: none of the page's own begins so

LANGUAGES = {
    "bash": "bash", "c": "c", "cpp": "cpp", "css": "css", "diff": "diff", "go": "go",
    "html": "html", "ini": "ini", "javascript": "javascript", "json": "json",
    "kotlin": "kotlin", "lua": "lua", "php": "php", "python": "python", "ruby": "ruby",
    "rust": "rust", "sql": "sql", "swift": "swift", "toml": "toml", "typescript": "typescript", "xml": "xml",
    "yaml": "yaml",
    "c++": "cpp", "console": "bash", "js": "javascript", "patch": "diff", "py": "python",
    "rb": "ruby", "rs": "rust", "sh": "bash", "shell": "bash", "ts": "typescript", "yml": "yaml",
}  # fmt: skip
"""Names people write after the fence → lexers. A fixed list: a name in a message never picks code to
import, and lexers that are quadratic on nonsense (C#, Java, make) are not in it."""

_WEIGHTS = {
    "\n": 1, "[": 1, "*": 1, "_": 1, "~": 1, "`": 0.5, "&": 0.3, "<": 0.3, "!": 0.2, "\\": 0.2, "]": 0.2,
    ":": 0.3, "://": 10, "@": 6,
}  # fmt: skip
"""What may become an element, by what looking at it costs."""

_SAFE = r"\w@,.;:?!'\"()%=$\u2010-\u2027\u2600-\u27bf\ufe0f\U0001f300-\U0001faff-"
_LINE = rf"(?:[^\W\d]|@)(?:[{_SAFE} ]*[{_SAFE}])?"
_PLAIN = re.compile(rf"{_LINE}(?:\n{_LINE})*")
"""Words, stops and pictures that mean nothing to Markdown, as most messages have: no parser is asked.

Lines begin with a letter or a mention, so that none of them begins a list; without "/" there are no links
but the addresses of e-mail.
"""
_MAIL = re.compile(r"[^\s@]@[^\s@]")

_PIECE = re.compile(r"\w+|[^\w\s]")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "figcaption", "figure", "hr", "li", "ol", "p", "pre", "s",
    "span", "strong", "ul",
}  # fmt: skip
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=set(),
    attributes={
        "*": set(),
        "a": {"href"},
        "ol": {"start"},
        "pre": {"tabindex", "aria-label"},
        "figure": {"dir"},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    allowed_classes={
        "span": {PREFIX + css for css in STANDARD_TYPES.values() if css},
        "code": {f"language-{lexer}" for lexer in LANGUAGES.values()},
    },
)
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix=PREFIX)
_lexer = functools.cache(get_lexer_by_name)  # made when first used: all of them take 250 ms


class _TooDear(ValueError):
    """A message made to cost more than it says."""


def to_html(body: str) -> str:
    """The body of a message as safe HTML: as it was typed where Markdown would cost too much or fails."""
    if "_" not in body and _PLAIN.fullmatch(body) and not _MAIL.search(body):
        return f"<p>{body}</p>".replace("\n", "<br>\n")
    try:
        if body.count("\n") > LINES_MAX:
            raise _TooDear
        html: str = _MARKDOWN.render(body)
    except _TooDear:
        html = _as_typed(body)
    except (LookupError, TypeError, ValueError, RecursionError):  # no message may stop a room
        log.warning("Markdown failed on a message of %d characters", len(body), exc_info=True)
        html = _as_typed(body)
    return _CLEANER.clean(html).strip()


def plain(body: str) -> str:
    """The same without its dress, on one line: for where a message is named, not shown."""
    return Markup(to_html(body)).striptags()


def _as_typed(body: str) -> str:
    return f"<p>{escape(body.strip())}</p>".replace("\n", "<br>\n")


def _weigh(state: StateCore) -> None:
    """Refuses what inline rules would take long over; code is not looked into by them and weighs nothing."""
    weight = len(state.tokens) / 2
    for token in state.tokens:
        if token.type == "inline":
            weight += sum(token.content.count(sign) * each for sign, each in _WEIGHTS.items())
    if weight > WEIGHT_MAX:
        raise _TooDear


class _Renderer(RendererHTML):
    """Chat has no outline: a heading is a bold paragraph. Code is a block with its language above it."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<p><b>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</b></p>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        code = token.content.removesuffix("\n")
        word = (token.info.split() or [""])[0].lower()
        lexer = LANGUAGES.get(word)
        if lexer is None or not _may_highlight(code, env):
            inside, label = f"<code>{escape(code)}</code>", f"Code, {lexer}" if lexer else "Code"
        else:
            words = highlight(code, _lexer(lexer), _FORMATTER).removesuffix("\n")
            inside, label = f'<code class="language-{lexer}">{words}</code>', f"Code, {lexer}"
        caption = f"<figcaption>{lexer}</figcaption>" if lexer else ""
        return f'<figure dir="ltr">{caption}<pre tabindex="0" aria-label="{label}">{inside}</pre></figure>\n'


def _may_highlight(code: str, env: EnvType) -> bool:
    """Whether a message has not had its share of colours; asking takes from it."""
    env["characters"] = env.get("characters", 0) + len(code)
    if env["characters"] > HIGHLIGHT_MAX:
        return False
    env["pieces"] = env.get("pieces", 0) + len(_PIECE.findall(code))
    return bool(env["pieces"] <= HIGHLIGHT_PIECES)


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": True, "maxNesting": NESTING_MAX}
    parser = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    parser.enable(["linkify", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline", "entity", "reference", "lheading", "code"])
    parser.core.ruler.after("block", "weigh", _weigh)
    if parser.linkify is None:
        raise RuntimeError("linkify-it-py is missing")
    # not fuzzy: "tide.py" is a file and no site in Paraguay
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": True}).add("ftp:", None).add("//", None)
    parser.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    return parser


_MARKDOWN = _parser()
