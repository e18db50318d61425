"""What people write, as HTML that can do nothing: Markdown, then an allow-list as a second fence.

Raw HTML is text, pictures are text, links go to http, https and mailto only. The words of a message
never vanish: what would render to nothing in a document (link references, entities, indented code)
is left as it was typed.
"""

import re
from collections.abc import Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

HIGHLIGHT_MAX = 1_500  # characters a message: lexers are slow on nonsense, and every token costs a span
NESTING_MAX = 12  # quotes in lists in quotes; deeper is text
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
_LEXERS = {lexer: get_lexer_by_name(lexer) for lexer in set(LANGUAGES.values())}


def to_html(body: str) -> str:
    """The body of a message as safe HTML."""
    html: str = _MARKDOWN.render(body)
    return _CLEANER.clean(html).strip()


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
        env["highlighted"] = highlighted = env.get("highlighted", 0) + len(code)
        if lexer is None or highlighted > HIGHLIGHT_MAX:
            inside, label = f"<code>{escape(code)}</code>", f"Code, {lexer}" if lexer else "Code"
        else:
            words = highlight(code, _LEXERS[lexer], _FORMATTER).removesuffix("\n")
            inside, label = f'<code class="language-{lexer}">{words}</code>', f"Code, {lexer}"
        caption = f"<figcaption>{lexer}</figcaption>" if lexer else ""
        return f'<figure dir="ltr">{caption}<pre tabindex="0" aria-label="{label}">{inside}</pre></figure>\n'


def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": True, "maxNesting": NESTING_MAX}
    parser = MarkdownIt("commonmark", options, renderer_cls=_Renderer)
    parser.enable(["linkify", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline", "entity", "reference", "lheading", "code"])
    if parser.linkify is None:
        raise RuntimeError("linkify-it-py is missing")
    # not fuzzy: "tide.py" is a file and no site in Paraguay
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": True}).add("ftp:", None).add("//", None)
    parser.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    return parser


_MARKDOWN = _parser()
