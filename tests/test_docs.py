"""What the documents promise is there."""

import re
import tomllib

from tests.servers import ROOT


def test_every_setting_is_explained_in_the_readme() -> None:
    tables = tomllib.loads((ROOT / "config.toml").read_text())
    ours = {f"{table}.{key}" for table, keys in tables.items() if isinstance(keys, dict) for key in keys}
    explained = set(re.findall(r"^\| `(\w+\.\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert ours == explained


def test_links_between_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
