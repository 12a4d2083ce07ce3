"""Access control: host names, origins, token, body sizes, page content.

Every request has to name this server as its host, so that another site's name that is made to point here (DNS
rebinding) gets nothing. What comes from a page has to come from one of ours. Reading needs the cookie that the first
visit sets, or the token; changing anything needs the token in a header, which no other site can send.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from server.settings import ServerSettings
from server.storage.uploads import MAX_BYTES

TOKEN_HEADER = "x-session-token"
READING = ("GET", "HEAD")
MAX_JSON_BYTES = 1 << 20
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox allow-scripts"
"""For pages that a job wrote: they stand alone, and know nothing of this site."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}

Scope = dict
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]


class _TooLarge(Exception):
    """A body beyond its limit."""


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    sentence: str


class Guard:
    """The outermost layer of the application (ASGI)."""

    def __init__(self, app: Callable, settings: ServerSettings, token: str) -> None:
        self._app, self._token = app, token
        self._names = settings.names()
        self._cookie = cookie_name(settings.port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self.refusal(scope, headers)
        if refusal is not None:
            await _refuse(send, refusal)
            return
        limit = MAX_BYTES + 1 if scope["path"] == "/api/uploads" else MAX_JSON_BYTES
        await self._forward_limited(scope, receive, send, limit, headers)

    def refusal(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        """Return the reason for refusing a request, or None."""
        if headers.get("host", "").lower() not in self._names:
            return Refusal(421, "This server does not answer to that name.")
        if "origin" in headers and not self._is_ours(headers["origin"]):
            return Refusal(403, "Requests from other sites are not answered.")
        has_token = _is_same(headers.get(TOKEN_HEADER, ""), self._token)
        if scope["method"] not in READING:
            return None if has_token else Refusal(403, "The session token is missing or wrong.")
        if has_token or scope["path"].startswith("/static/") or self._has_cookie(headers):
            return None
        if _is_same(token_in_query(scope), self._token):
            return None
        return Refusal(403, "Open the address that the program shows when it starts: it has the session token in it.")

    def _is_ours(self, origin: str) -> bool:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() in self._names

    def _has_cookie(self, headers: Mapping[str, str]) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return morsel is not None and _is_same(morsel.value, self._token)

    async def _forward_limited(
        self, scope: Scope, receive: Receive, send: Send, limit: int, headers: Mapping[str, str]
    ) -> None:
        """Forward a request with a limited body, and add response headers."""
        stated = headers.get("content-length", "0")
        if not stated.isdecimal() or int(stated) > limit:
            await _refuse(send, Refusal(413, f"A request may have {limit >> 20} MiB at most."))
            return
        left = limit

        async def receive_counted() -> dict:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        async def with_headers(message: dict) -> None:
            if left < 0:
                # What the application makes of a body that breaks off is beside the point.
                return
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_ours(message.get("headers", []))}
            await send(message)

        with suppress(_TooLarge):
            await self._app(scope, receive_counted, with_headers)
        if left < 0:
            await _refuse(send, Refusal(413, f"A request may have {limit >> 20} MiB at most."))


def cookie_name(port: int) -> str:
    """Return the cookie's name for a port.

    Cookies belong to a host for any port, so servers on other ports need others.
    """
    return f"beatmaps-{port}"


def token_in_query(scope: Scope) -> str:
    """Return the token in the address of a first visit."""
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]


def _is_same(text: str, token: str) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), token.encode())


def _with_ours(headers: list) -> list:
    known = {name.lower() for name, _ in headers}
    ours = {**HEADERS, "content-security-policy": CONTENT_POLICY}
    return [*headers, *((n.encode(), v.encode()) for n, v in ours.items() if n.encode() not in known)]


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = json.dumps({"detail": refusal.sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": _with_ours(headers)})
    await send({"type": "http.response.body", "body": body})
