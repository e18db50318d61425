import gzip
import re
import shutil
from pathlib import Path

import pytest

from chat.core.settings import PRESETS
from chat.web.assets import JS_ORDER, Assets, join_css, join_js

STATIC = Path(__file__).parents[2] / "static"
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets.load(STATIC)


def test_a_file_is_served_under_the_name_pages_link_to(assets: Assets) -> None:
    url = assets.url("parley.css")
    assert re.fullmatch(r"/static/parley\.[0-9a-f]{8}\.css", url)
    asset = assets.get(url.removeprefix("/static/"))
    assert asset is not None
    assert gzip.decompress(asset.gzipped) == asset.content
    assert asset.content_type == "text/css; charset=utf-8"


def test_only_hashed_names_are_served(assets: Assets) -> None:
    for name in ("parley.css", "../config.toml", "css/tokens.css", "", "parley.00000000.css"):
        assert assets.get(name) is None


def test_the_name_changes_with_the_bytes_and_only_with_them() -> None:
    one, same, other = (Assets({"a.css": text}) for text in (b"x", b"x", b"y"))
    assert one.url("a.css") == same.url("a.css") != other.url("a.css")
    name = one.url("a.css").removeprefix("/static/")
    assert one.get(name) == same.get(name)


def test_the_style_sheet_keeps_its_budget_and_order(assets: Assets) -> None:
    asset = assets.get(assets.url("parley.css").removeprefix("/static/"))
    assert asset is not None
    assert len(asset.gzipped) < 11_500
    assert asset.content.startswith(b"@layer reset, tokens, base, layout, components, utilities;")
    assert b"/*" not in asset.content


def test_a_htmx_that_was_not_checked_stops_the_start(tmp_path: Path) -> None:
    static = shutil.copytree(STATIC, tmp_path / "static")
    htmx = static / "vendor" / "htmx-4.0.1.min.js"
    htmx.write_bytes(htmx.read_bytes() + b"\n")
    with pytest.raises(ValueError, match="htmx"):
        Assets.load(static)


def test_a_style_sheet_without_a_place_stops_the_start(tmp_path: Path) -> None:
    static = shutil.copytree(STATIC, tmp_path / "static")
    (static / "css" / "components" / "forgotten.css").write_text("")
    with pytest.raises(ValueError, match="components/forgotten"):
        Assets.load(static)


def test_style_sheets_are_joined_without_comments_and_indentation() -> None:
    assert join_css(["a {\n  b: c; /* d\n e */\n}", "f {}"]) == b"a {\nb: c;\n}\nf {}\n"


def test_modules_become_one_strict_script_without_imports_exports_and_comments() -> None:
    one = '// @ts-check\n/**\n * What.\n */\nexport const A = "https://x";\n'
    two = (
        'import { A } from "./one.js";\n\n'
        "export function b() {\n  // gone\n  return A;\n}\nexport async function c() {}\n"
    )
    assert join_js([one, two]).decode() == (
        '(() => {\n"use strict";\nconst A = "https://x";\n'
        "function b() {\nreturn A;\n}\nasync function c() {}\n})();\n"
    )


def test_what_cannot_be_joined_is_refused() -> None:
    for source in ("export default 1;", "export { a };", "import './x.js'"):
        with pytest.raises(ValueError, match="cannot be joined"):
            join_js([source])


def test_the_sprite_has_the_icons_that_templates_use_and_no_others() -> None:
    sprite = (STATIC / "sprite.svg").read_text("utf-8")
    there = set(re.findall(r'id="i-([a-z-]+)"', sprite))
    used = {preset.icon for preset in PRESETS}
    for template in TEMPLATES.rglob("*.html"):
        used |= set(re.findall(r'(?:icon|tool)\("([a-z-]+)"', template.read_text("utf-8")))
    assert there - used <= {"stay"}  # the script's: what the Following button turns into
    assert used <= there


def test_no_two_scripts_use_one_name_at_their_top() -> None:
    """They share a scope once they are joined: a second declaration would stop all of them."""
    found: list[str] = []
    for script in (STATIC / "js").glob("*.js"):
        if script.stem not in JS_ORDER:
            continue
        for line in re.findall(
            r"^(?:export )?(?:async )?(?:function|const|let|class) (.+)", script.read_text(), re.M
        ):
            names = re.match(r"\{[^}]*\}|\[[^\]]*\]|\w+", line)
            assert names, line
            found += re.findall(r"\w+", names[0])
    assert len(found) > 100
    assert [name for name in found if found.count(name) > 1] == []
