"""What every request must satisfy and every response carries, whoever answers it."""

from urllib.parse import urlsplit

from chat.web.asgi import Headers, Scope, header
from chat.web.auth import is_secure

URL_MAX = 8 * 1024  # bytes
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE_METHODS | {"POST"}

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
SECURITY_HEADERS: Headers = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]
_ON_HTTPS: Headers = [*SECURITY_HEADERS, (b"strict-transport-security", b"max-age=31536000")]


def response_headers(scope: Scope, site_url: str) -> Headers:
    """The security headers of every response; HSTS where the visitor came by https."""
    return _ON_HTTPS if is_secure(scope, site_url) else SECURITY_HEADERS


def refusal(scope: Scope, site_url: str) -> int | None:
    """The status a request is refused with before anything else looks at it; `None` lets it pass.

    Refused are methods we have no use for, two ways at once of saying how long a body is (request
    smuggling, RFC 9112 6.1), addresses that are too long, and, where something could be changed or
    a websocket opened, requests that another site made the browser send.
    """
    websocket = scope["type"] == "websocket"
    if not websocket and scope["method"] not in METHODS:
        return 405
    headers: Headers = scope["headers"]
    if len(scope["raw_path"]) + len(scope["query_string"]) > URL_MAX:
        return 414
    if "\0" in scope["path"]:
        return 404  # nothing has such an address, and PostgreSQL fails when it is asked for one
    if header(headers, b"transfer-encoding") and header(headers, b"content-length"):
        return 400
    if (websocket or scope["method"] not in SAFE_METHODS) and not same_origin(scope, site_url):
        return 403
    return None


def same_origin(scope: Scope, site_url: str) -> bool:
    """Whether a request comes from one of our own pages, or from no browser at all.

    `Sec-Fetch-Site` is the browser's own word and cannot be forged by a page; where it is missing,
    the `Origin` has to be ours. A client that sends neither is no browser and carries no stranger's
    cookies. A websocket's handshake is judged by its `Origin` alone where it has one.
    """
    headers: Headers = scope["headers"]
    origin = header(headers, b"origin")
    site = header(headers, b"sec-fetch-site")
    if site is not None and site not in (b"same-origin", b"none"):
        return False
    if origin is None:
        return True
    if site is not None and scope["type"] != "websocket":
        return True
    host = (header(headers, b"host") or b"").decode("latin-1").lower()
    return _authority(origin.decode("latin-1")) in {host, _authority(site_url)} - {""}


def _authority(url: str) -> str:
    """Host and port of an address, the port left out where it is the scheme's own."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f"{host}:{port}"
