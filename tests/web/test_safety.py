"""Which requests are taken for our own pages'."""

import pytest

from chat.web.safety import same_origin


def scope(**headers: str) -> dict[str, object]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": pairs}


@pytest.mark.parametrize("host", ["", "chat.example"])
@pytest.mark.parametrize(
    "origin", ["null", "", "https://", "https://evil.example", "chat.example", "http://a:b"]
)
def test_an_origin_that_names_no_host_of_ours_is_nobodys(host: str, origin: str) -> None:
    assert not same_origin(scope(host=host, origin=origin), "")
    assert not same_origin(scope(host=host, origin=origin), "https://ours.example")


def test_the_host_of_the_request_and_the_address_of_the_site_are_ours() -> None:
    assert same_origin(scope(host="chat.example:8000", origin="http://chat.example:8000"), "")
    assert same_origin(scope(host="inside:8000", origin="https://ours.example"), "https://ours.example")
