"""What templates may ask for: the filters and functions they know."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chat.core import avatars
from chat.core.codes import shown_code
from chat.core.file import fitted, in_words
from chat.core.ids import PersonId
from chat.core.person import public_id
from chat.core.pieces import pieces
from chat.core.reaction import PALETTE
from chat.core.reply import one_line
from chat.core.settings import PRESETS, as_form, limits
from chat.web import markdown, words
from chat.web.addresses import file_path
from chat.web.assets import Assets
from chat.web.devices import is_pocket
from chat.web.own import lists_key, me_css, places
from chat.web.pictures import Pictures

TEMPLATES = Path(__file__).parents[2] / "templates"

_FILTERS = {
    "rfc3339": words.rfc3339,
    "clock": words.clock,
    "deadline": words.deadline,
    "first_name": words.first_name,
    "one_line": one_line,
    "plain": markdown.plain,
    "some_names": words.some_names,
    "shown_code": shown_code,
    "public_id": public_id,
}
_GLOBALS: dict[str, Any] = {
    "me_version": sha256(me_css(PersonId(0))).hexdigest()[:8],  # browsers keep the sheet for ever
    "flag_of": avatars.flag,
    "bunting": avatars.bunting,
    "moment": words.moment,
    "pieces": pieces,
    "is_pocket": is_pocket,
    "people_groups": words.people_groups,
    "palette": PALETTE,
    "presets": PRESETS,
    "as_form": as_form,
    "limits": limits,
    "fitted": fitted,
    "in_words": in_words,
    "file_path": file_path,
    "lists_key": lists_key,
    "places": places,
    "choices": words.choices,
    "touched": words.touched,
    "beginning": words.beginning,
    "problem_words": words.problem_words,
}


def environment(assets: Assets, site_name: str) -> Environment:
    """Templates as they are rendered, every one of them loaded: a broken one stops the start, not a page.

    Raises `TemplateError`, and `OSError` if one cannot be read.
    """
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters |= _FILTERS
    env.globals |= _GLOBALS | _of_site(assets, site_name)
    for name in env.list_templates(extensions=["html"]):
        env.get_template(name)
    return env


def _of_site(assets: Assets, site_name: str) -> dict[str, Any]:
    pictures = Pictures(assets.url("sprite.svg"))
    return {
        "site_name": site_name,
        "url": assets.url,
        "sprite": assets.url("sprite.svg"),
        "icon": pictures.icon,
        "tool": pictures.tool,
        "face": pictures.face,
        "flag": pictures.flag,
    }
