"""The one door to other systems: only listed hosts, only public addresses, only so much, so long.

A name is resolved once and the connection goes to that address, so that a name cannot lead to one
address while it is checked and to another when it is used.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property

import httpx2

from ground import clock
from ground.hosts import PORTS, Host, is_address, is_public, may_be_private
from services.faults import CallFailed, misconfigured, unanswered
from services.secret_values import Secrets

DEADLINE = timedelta(seconds=30)
"""For a call with all its redirects."""
CONNECT_SECONDS = 10.0
LARGEST_ANSWER = 1024 * 1024
LARGEST_BODY = 1024 * 1024
LARGEST_HEAD = 16 * 1024
LONGEST_URL = 8 * 1024
MOST_REDIRECTS = 5
MOST_ADDRESSES = 3
LONGEST_RETRY_AFTER = timedelta(minutes=5)

REDIRECTS = (301, 302, 303, 307, 308)
TRY_AGAIN = (408, 425, 429)
NOT_AGAIN = (501, 505)
KEPT_ELSEWHERE = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""The headers that a redirect carries to another host: no credential is among them."""


@dataclass(frozen=True)
class Sent:
    """A request on its way out; `content` is what its body holds."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    redirect: bool = False
    largest: int = LARGEST_ANSWER


@dataclass(frozen=True)
class Received:
    """What came back from `url`, after redirects; header names are in lower case."""

    url: str
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Outbound:
    """Calls other systems for processes.

    `allowed` are the hosts that may be called. With `mapped` (host to `address:port`) each of those
    hosts is that address by plain http, and no other may be called at all.
    """

    def __init__(
        self,
        allowed: Iterable[Host] = (),
        mapped: Mapping[str, str] | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.allowed = {(host.scheme, host.name, host.port): host for host in allowed}
        self.mapped = mapped
        self.secrets = secrets or Secrets({})

    async def send(self, wants: Sent) -> Received:
        """Make a call; whatever the status of its answer, it is an answer.

        Raises `CallFailed` when the call is not allowed, or the answer does not come, not in time,
        is too large or nothing that can be read.
        """
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                return await self.follow(wants)
        except TimeoutError:
            raise unanswered(504, "no answer in time", plain(wants.url)) from None

    async def follow(self, wants: Sent) -> Received:
        """Make the call and, if that is wanted, those it is redirected to."""
        for _ in range(MOST_REDIRECTS + 1):
            received = await self.once(wants)
            target = received.headers.get("location")
            if not (wants.redirect and received.status in REDIRECTS and target):
                return received
            wants = redirected(wants, received.status, target)
        raise unanswered(502, "too many redirects", plain(wants.url), passing=False)

    async def once(self, wants: Sent) -> Received:
        """One call to one host, at the first of its addresses that can be reached."""
        url = checked_url(wants)
        fault = unanswered(502, "host not reached", url.host)
        for goal, name in await self.goals(url):
            try:
                return await self.exchange(wants, url, goal, name)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                fault = unanswered(502, "host not reached", f"{url.host}: {error}")
                continue
            except (httpx2.TransportError, httpx2.InvalidURL) as error:
                fault = unanswered(502, "connection broken", f"{url.host}: {type(error).__name__}")
                break
        raise fault

    async def exchange(self, wants: Sent, url: httpx2.URL, goal: httpx2.URL, name: str) -> Received:
        """Speak with one address, which has to prove that it is `name`."""
        headers = {
            "user-agent": "Ventanilla",
            **wants.headers,
            # What is packed small may be huge: a limit on what we read must be one on what we get.
            "accept-encoding": "identity",
            "host": url.netloc.decode("ascii"),
        }
        async with (
            httpx2.AsyncClient(
                verify=self.authorities,
                trust_env=False,
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
            ) as client,
            client.stream(
                wants.method,
                goal,
                headers=headers,
                content=wants.content or None,
                extensions={"sni_hostname": name},
            ) as response,
        ):
            return Received(
                plain(str(url)),
                response.status_code,
                {key.lower(): value for key, value in response.headers.items()},
                await content_of(response, wants.largest),
            )

    @cached_property
    def authorities(self) -> ssl.SSLContext:
        """The certificates of authorities that this machine trusts."""
        return httpx2.create_ssl_context()

    # Who may be called

    async def goals(self, url: httpx2.URL) -> list[tuple[httpx2.URL, str]]:
        """Where to connect for a URL, and as whom. Raises `CallFailed` for a host not allowed."""
        name = url.raw_host.decode("ascii").lower()
        if self.mapped is not None:
            if name not in self.mapped:
                raise misconfigured("no outside call", f"{name} is not mapped to an address")
            place = httpx2.URL(f"http://{self.mapped[name]}")
            return [(url.copy_with(scheme="http", host=place.host, port=place.port), name)]
        host = self.allowed.get((url.scheme, name, url.port or PORTS.get(url.scheme, 0)))
        if host is None:
            raise misconfigured(
                "host not allowed", f"{url.scheme}://{url.netloc.decode()} is not in the list"
            )
        return [(url.copy_with(host=address), name) for address in await addresses(host)]


async def addresses(host: Host) -> list[str]:
    """The addresses of a listed host. Raises `CallFailed` when one of them is not allowed."""
    if host.address:
        return [host.address]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise unanswered(502, "host not found", host.name) from None
    known = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = may_be_private if host.private else is_public
    if not all(is_address(address) and allowed(address) for address in known):
        raise misconfigured(
            "address not allowed", f"{host.name} leads into a network that may not be called"
        )
    return known[:MOST_ADDRESSES]


def checked_url(wants: Sent) -> httpx2.URL:
    """The URL of a call. Raises `CallFailed` when it, or what is sent there, is not acceptable."""
    try:
        url = httpx2.URL(wants.url)
    except httpx2.InvalidURL:
        raise misconfigured("no URL", "the endpoint is not a valid URL") from None
    if url.scheme not in PORTS or not url.host:
        raise misconfigured("no URL", "the endpoint must begin with https:// and name a host")
    if url.userinfo:
        raise misconfigured("secret in URL", "give user and password as authentication")
    head = sum(len(name) + len(value) for name, value in wants.headers.items())
    if len(str(url)) > LONGEST_URL or head > LARGEST_HEAD or len(wants.content) > LARGEST_BODY:
        raise misconfigured("request too large", f"the request to {url.host} is too large")
    return url.copy_with(fragment=None)


def redirected(wants: Sent, status: int, target: str) -> Sent:
    """The call that a redirect asks for, without what is meant for the first host alone."""
    here = httpx2.URL(wants.url)
    try:
        there = here.join(target)
    except httpx2.InvalidURL:
        raise unanswered(502, "redirect to nowhere", plain(wants.url), passing=False) from None
    headers, content, method = wants.headers, wants.content, wants.method
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, content = "GET", b""
    if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
        headers = {name: value for name, value in headers.items() if name.lower() in KEPT_ELSEWHERE}
    return Sent(method, str(there), headers, content, wants.redirect, wants.largest)


async def content_of(response: httpx2.Response, largest: int) -> bytes:
    """The body, no larger than allowed. Raises `CallFailed`."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise unanswered(502, "answer not readable", "it is compressed, unasked", passing=False)
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > largest:
            limit = f"it has more than {largest // 1024} kB"
            raise unanswered(502, "answer too large", limit, passing=False)
    return bytes(content)


def refused(received: Received, method: str, why: str = "") -> CallFailed:
    """The fault that an answer with an error status is."""
    status = received.status
    passing = status in TRY_AGAIN or (status >= 500 and status not in NOT_AGAIN)
    title = httpx2.codes.get_reason_phrase(status) or f"status {status}"
    detail = f"{method} {received.url} answered {status}"
    return CallFailed(
        "communication",
        status,
        title,
        f"{detail}: {why}" if why else detail,
        passing,
        retry_after(received.headers.get("retry-after"), clock.now()) if passing else None,
    )


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long a `Retry-After` header asks to wait, at most a few minutes."""
    if value is None:
        return None
    try:
        wait = (
            timedelta(seconds=int(value))
            if value.isascii() and value.isdigit()
            else parsedate_to_datetime(value).replace(tzinfo=UTC) - now
        )
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def plain(url: str) -> str:
    """A URL without its query, which may hold what belongs in no text for people."""
    return url.partition("?")[0].partition("#")[0]
