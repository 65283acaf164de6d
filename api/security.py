"""Protection that every request passes: headers, sizes, readable JSON, and no cross-site writes.

A browser sends cookies by itself, so a change that leans on the cookie must come from our own
pages: by `Sec-Fetch-Site`, or by `Origin` where the browser does not say. Forms of pages carry a
signed token besides. A bearer token is never sent by itself and needs neither.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.headers import add_headers
from api.problems import BrokenRequest, answer, problem_of
from ground.errors import Forbidden, Refusal, TooLarge

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 1024 * 1024
MULTIPART_OVERHEAD = 64 * 1024
FILE_KINDS = frozenset({"multipart/form-data", "application/offset+octet-stream"})
"""Bodies that carry files."""
DEEPEST_JSON = 40
NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Guard:
    """ASGI middleware that refuses what no endpoint should have to think of."""

    def __init__(self, app: ASGIApp, largest_upload: int) -> None:
        self.app = app
        self.largest_multipart = largest_upload + MULTIPART_OVERHEAD

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message))
            await send(message)

        request = Request(scope, receive)
        try:
            check_address(scope)
            check_origin(request)
            receive = await self.limited(request, receive)
        except Refusal as refusal:
            response = await answer(request, problem_of(request, refusal))
            await response(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    async def limited(self, request: Request, receive: Receive) -> Receive:
        """`receive`, but never more than the limit; JSON is read and judged here at once."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        limit = self.largest_multipart if kind in FILE_KINDS else LARGEST_BODY
        if int_or_zero(request.headers.get("content-length", "")) > limit:
            raise too_large(limit)
        counted = counting(receive, limit)
        if kind == "application/json" or kind.endswith("+json"):
            return replay(check_json(await read_all(counted)), receive)
        return counted


def check_address(scope: Scope) -> None:
    """No database takes a NUL, so none gets past here."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise BrokenRequest("api.broken_request")


def check_origin(request: Request) -> None:
    """Refuse a change that another site's page asks a browser to make in its user's name."""
    if request.method in SAFE_METHODS or bearer_token(request.headers):
        return
    if from_elsewhere(request.headers, has_session=session_cookie(request) is not None):
        raise Forbidden("api.cross_site")


def from_elsewhere(headers: Headers, *, has_session: bool) -> bool:
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    # Every browser sends one of the two with a write; without a session there is nothing to misuse.
    return has_session


def bearer_token(headers: Headers) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie_name(secret: str) -> str:
    """The session cookie's name: cookies ignore ports, so each installation has its own."""
    return f"ventanilla_{hmac.digest(secret.encode(), b'cookie name', 'sha256').hex()[:8]}"


def session_cookie(request: Request) -> str | None:
    """The session token that the browser keeps for us."""
    return request.cookies.get(request.app.state.cookie_name)


def form_token(secret: str, session_token: str, account_id: str = "") -> str:
    """A token for the forms of one session's pages; different every time it is made.

    It also knows, in a way that nobody else can read, for which account the page was.
    """
    nonce = secrets.token_hex(8)
    signature = form_signature(secret, session_token, nonce)
    return f"{nonce}.{signature}.{owner_mark(secret, account_id, nonce)}"


def check_form_token(secret: str, session_token: str, token: str) -> None:
    """Raises `Forbidden` for a token that this session's pages did not carry."""
    nonce, _, rest = token.partition(".")
    expected = form_signature(secret, session_token, nonce)
    if not hmac.compare_digest(rest.partition(".")[0].encode(), expected.encode()):
        raise Forbidden("api.stale_form")


def is_form_of(secret: str, token: str, account_id: str) -> bool:
    """Whether a token, of whichever session, is of a page that was made for this account."""
    nonce, _, rest = token.partition(".")
    mark = rest.partition(".")[2]
    return hmac.compare_digest(mark.encode(), owner_mark(secret, account_id, nonce).encode())


def owner_mark(secret: str, account_id: str, nonce: str) -> str:
    message = f"form owner\0{account_id}\0{nonce}".encode()
    return hmac.digest(secret.encode(), message, "sha256").hex()


def form_signature(secret: str, session_token: str, nonce: str) -> str:
    message = f"form token\0{session_token}\0{nonce}".encode()
    return hmac.digest(secret.encode(), message, "sha256").hex()


def too_large(limit: int) -> TooLarge:
    return TooLarge("api.body_too_large", limit_kb=limit // 1024)


def int_or_zero(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def counting(receive: Receive, limit: int) -> Receive:
    total = 0

    async def receive_counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise too_large(limit)
        return message

    return receive_counted


async def read_all(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, then whatever comes after it."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def check_json(body: bytes) -> bytes:
    """The body, if it is JSON that every part of this system can keep: strict, shallow, no NUL.

    The standard parser also takes NaN and half surrogate pairs, which no database does.
    """
    if not body:
        return body
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BrokenRequest("api.broken_json_at", line=error.lineno, column=error.colno) from error
    if b"\\u0000" in body and NUL_ESCAPE.search(body):
        raise BrokenRequest("api.broken_json_nul")
    if depth_exceeds(value, DEEPEST_JSON):
        raise BrokenRequest("api.json_too_deep", limit=DEEPEST_JSON)
    return body


def depth_exceeds(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        level = [child for container in level for child in children(container)]
        if not level:
            return False
    return True


def children(value: Any) -> Iterable[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in inner if isinstance(child, dict | list)]
