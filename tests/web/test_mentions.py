"""The chips around names in what was said."""

import pytest

from chat.core.ids import PersonId
from chat.core.person import Person
from chat.web.markdown import to_html
from chat.web.mentions import dressed

ANN, BO, AMP = (Person(PersonId(n), name) for n, name in enumerate(("Ann", "Bo Lindqvist", "R&D <x>"), 1))


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("hello @ann, hello", '<p>hello <span class="mention">@ann</span>, hello</p>'),
        ("@Bo Lindqvist and @Bo", '<p><span class="mention">@Bo Lindqvist</span> and @Bo</p>'),
        ("@Anna is somebody else", "<p>@Anna is somebody else</p>"),
        ("post@ann is no name", "<p>post@ann is no name</p>"),
        ("say `@ann` in code", "<p>say <code>@ann</code> in code</p>"),
        ("**@ann**", '<p><strong><span class="mention">@ann</span></strong></p>'),
        ("for @R&D <x>", '<p>for <span class="mention">@R&amp;D &lt;x&gt;</span></p>'),
    ],
)
def test_a_name_is_a_chip_where_somebody_is_called(body: str, html: str) -> None:
    assert dressed(to_html(body), (ANN, BO, AMP)) == html


def test_a_name_in_a_link_stays_a_part_of_it() -> None:
    html = to_html("see https://example.org/@ann and @ann")
    assert dressed(html, (ANN,)).count("mention") == 1


def test_where_nobody_is_named_nothing_is_looked_at() -> None:
    assert dressed("<p>@ann</p>", ()) == "<p>@ann</p>"
