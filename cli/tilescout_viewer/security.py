"""Who may talk to the viewer: this machine's browser, by the address that holds the token."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
SAFE_METHODS = ("GET", "HEAD")


def new_token() -> str:
    """Returns a secret of 256 bits for one start of the viewer."""
    return secrets.token_urlsafe(32)


class Guard:
    """Answers 403 with nothing in it, unless the request is the person's own.

    The first request carries the token in its address; the answer moves it into a cookie that no
    script reads and that is sent to this site only. Host and Origin must be this server's, which
    keeps out pages of other sites and names that lead to the loopback address.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"tilescout-{port}"
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http" or not self._is_from_here(scope):
            await _answer(send, 403)
        elif scope["path"] == "/" and "token" in (query := _query(scope)):
            await self._welcome(query, send)
        elif self._has_cookie(scope):
            await self._app(scope, receive, _with_headers(send))
        else:
            await _answer(send, 403, _EXPLAINED if scope["path"] == "/" else b"")

    def _is_from_here(self, scope: Scope) -> bool:
        hosts, origins = _header(scope, b"host"), _header(scope, b"origin")
        sites = _header(scope, b"sec-fetch-site")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return False
        if any(origin not in self._origins for origin in origins):
            return False
        if any(site not in ("same-origin", "none") for site in sites):
            # A link on another page may lead here, but only to the page itself.
            return scope["path"] == "/" and scope["method"] in SAFE_METHODS
        return scope["method"] in SAFE_METHODS or bool(origins)

    async def _welcome(self, query: dict[str, list[str]], send: Send) -> None:
        if not secrets.compare_digest(query.pop("token")[0].encode(), self._token.encode()):
            await _answer(send, 403)
            return
        rest = f"?{urlencode(query, doseq=True)}" if query else ""
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", f"/{rest}".encode()), (b"set-cookie", cookie.encode())]
        await _answer(send, 303, b"", headers)

    def _has_cookie(self, scope: Scope) -> bool:
        for text in _header(scope, b"cookie"):
            try:
                cookies = SimpleCookie(text)
            except CookieError:
                continue
            found = cookies.get(self._cookie)
            if found and secrets.compare_digest(found.value.encode(), self._token.encode()):
                return True
        return False


_EXPLAINED = b"Open the viewer with the whole address that `tilescout view` printed.\n"


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"))


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *HEADERS]
        await send(message)

    return sent


async def _answer(
    send: Send, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [kind, length, (b"cache-control", b"no-store"), *HEADERS, *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})
