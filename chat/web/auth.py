"""The session cookie."""

from chat.web.asgi import Scope, header


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to https, where there is https."""
    return "__Host-parley" if secure else "parley"


def is_secure(scope: Scope, site_url: str) -> bool:
    """Whether the visitor came by https, to us or to the proxy in front of us."""
    return scope["scheme"] in ("https", "wss") or site_url.startswith("https:")


def token_of(scope: Scope, site_url: str) -> str:
    """The token in a request's cookie, or an empty text."""
    raw = header(scope["headers"], b"cookie")
    if raw is None:
        return ""
    wanted, found = cookie_name(secure=is_secure(scope, site_url)), ""
    for pair in raw.decode("latin-1").split(";"):  # http.cookies takes ten times as long
        name, _, value = pair.partition("=")
        if name.strip() == wanted:
            found = value.strip().strip('"')
    return found
