"""The door to other systems: whom it lets us call, how long, how much."""

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ground.hosts import Host, parse_hosts
from services import outbound
from services.faults import CallFailed
from services.outbound import Outbound, Received, Sent
from tests.real.web import Web, as_json, serving

NAME = "core.example.org"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


def door(web: Web, more: str = "") -> Outbound:
    """A door through which one may call the server by name, by plain http."""
    return Outbound(parse_hosts(f"http://{NAME}:{web.port}=127.0.0.1,{more}"))


def url(web: Web, path: str = "/") -> str:
    return f"http://{NAME}:{web.port}{path}"


async def fault(door: Outbound, wants: Sent) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await door.send(wants)
    return caught.value


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> Iterator[list[str]]:
    """Every name leads to these addresses; the names that were asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", answer)
        yield asked


class TestWhom:
    """Who may be called."""

    async def test_a_listed_host_by_its_name(self, web: Web) -> None:
        web.answers["/here"] = as_json({"fine": True})
        received = await door(web).send(Sent("GET", url(web, "/here")))
        assert (received.status, received.content) == (200, b'{"fine": true}')
        assert web.asked[0].headers["host"] == f"{NAME}:{web.port}"

    @pytest.mark.parametrize(
        "wanted",
        [
            "http://example.com/",
            "https://core.example.org/",
            "http://core.example.org./",
            "http://127.0.0.1:{port}/",
            "http://2130706433:{port}/",
        ],
    )
    async def test_nobody_else(self, web: Web, wanted: str) -> None:
        why = await fault(door(web), Sent("GET", wanted.format(port=web.port)))
        assert (why.kind, why.title, why.passing) == ("configuration", "host not allowed", False)
        assert web.asked == []

    @pytest.mark.parametrize(
        "wanted",
        [
            "file:///etc/passwd",
            "ftp://example.com",
            "//core.example.org",
            "gopher:x",
            "http://a\0b/",
            "",
        ],
    )
    async def test_nothing_but_http(self, web: Web, wanted: str) -> None:
        assert (await fault(door(web), Sent("GET", wanted))).title == "no URL"

    async def test_user_and_password_do_not_stand_in_a_url(self, web: Web) -> None:
        why = await fault(door(web), Sent("GET", f"http://ana:sesame@{NAME}:{web.port}/"))
        assert why.title == "secret in URL"
        assert "sesame" not in str(why)

    async def test_a_name_that_leads_inside_is_refused(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = Outbound([Host("rebound.example.org", "http", web.port)])
        wants = Sent("GET", f"http://rebound.example.org:{web.port}/")
        for addresses in (["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["169.254.169.254"]):
            with resolving(monkeypatch, *addresses):
                assert (await fault(listed, wants)).title == "address not allowed"
        assert web.asked == []

    async def test_a_private_one_may_lead_inside_but_not_to_credentials(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.answers["/"] = as_json(1)
        inside = Outbound([Host("inside.example.org", "http", web.port, private=True)])
        wants = Sent("GET", f"http://inside.example.org:{web.port}/")
        with resolving(monkeypatch, "127.0.0.1"):
            assert (await inside.send(wants)).status == 200
        with resolving(monkeypatch, "169.254.169.254"):
            assert (await fault(inside, wants)).title == "address not allowed"

    async def test_a_name_is_resolved_once_and_that_address_is_called(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.answers["/"] = as_json(1)
        inside = Outbound([Host("inside.example.org", "http", web.port, private=True)])
        with resolving(monkeypatch, "127.0.0.1") as asked:
            await inside.send(Sent("GET", f"http://inside.example.org:{web.port}/"))
        assert asked.count("inside.example.org") == 1

    async def test_the_next_address_is_tried_where_one_is_dead(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.answers["/"] = as_json(1)
        inside = Outbound([Host("inside.example.org", "http", web.port, private=True)])
        with resolving(monkeypatch, "127.0.0.9", "127.0.0.1"):
            received = await inside.send(Sent("GET", f"http://inside.example.org:{web.port}/"))
        assert received.status == 200

    async def test_an_unknown_name_may_be_known_later(self) -> None:
        why = await fault(Outbound([Host("no.invalid")]), Sent("GET", "https://no.invalid/"))
        assert (why.title, why.kind, why.passing) == ("host not found", "communication", True)

    async def test_the_machines_proxy_is_not_asked(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.answers["/"] = as_json(1)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        assert (await door(web).send(Sent("GET", url(web)))).status == 200


class TestMapped:
    """What simulations call instead."""

    async def test_a_mapped_host_is_its_address_by_plain_http(self, web: Web) -> None:
        web.answers["/v2/pet"] = as_json(1)
        mapped = Outbound(mapped={"petstore.swagger.io": web.address})
        received = await mapped.send(Sent("GET", "https://petstore.swagger.io/v2/pet"))
        assert received.status == 200
        assert web.asked[0].headers["host"] == "petstore.swagger.io"

    async def test_no_other_host_is_called_though_it_is_allowed(self, web: Web) -> None:
        mapped = Outbound([Host("example.com")], mapped={"petstore.swagger.io": web.address})
        assert (await fault(mapped, Sent("GET", "https://example.com/"))).title == "no outside call"


class TestRedirects:
    """Where an answer sends us."""

    async def test_they_are_not_followed_unasked(self, web: Web) -> None:
        web.answers["/old"] = (302, {"Location": "/new"}, b"")
        assert (await door(web).send(Sent("GET", url(web, "/old")))).status == 302
        assert len(web.asked) == 1

    async def test_they_are_followed_within_the_list(self, web: Web) -> None:
        web.answers["/old"] = (302, {"Location": "/new"}, b"")
        web.answers["/new"] = as_json("here")
        wants = Sent("GET", url(web, "/old"), {"authorization": "Bearer x"}, redirect=True)
        received = await door(web).send(wants)
        assert (received.status, received.url) == (200, url(web, "/new"))
        assert web.asked[1].headers["authorization"] == "Bearer x"

    async def test_but_not_beyond_it(self, web: Web) -> None:
        for target in ("http://169.254.169.254/latest/", "https://example.com/", "file:///etc"):
            web.answers["/old"] = (302, {"Location": target}, b"")
            why = await fault(door(web), Sent("GET", url(web, "/old"), redirect=True))
            assert why.kind == "configuration"

    async def test_nor_to_what_is_no_address(self, web: Web) -> None:
        web.answers["/old"] = (302, {"Location": "/a\x01b"}, b"")
        why = await fault(door(web), Sent("GET", url(web, "/old"), redirect=True))
        assert why.title == "redirect to nowhere"

    async def test_credentials_are_not_carried_to_another_host(self, web: Web) -> None:
        other = f"http://other.example.org:{web.port}"
        web.answers["/old"] = (307, {"Location": f"{other}/new"}, b"")
        web.answers["/new"] = as_json(1)
        headers = {"authorization": "Bearer x", "x-api-key": "y", "content-type": "text/plain"}
        wants = Sent("PUT", url(web, "/old"), headers, b"body", redirect=True)
        await door(web, f"{other}=127.0.0.1").send(wants)
        there = web.asked[1]
        assert (there.method, there.body) == ("PUT", b"body")
        assert there.headers["content-type"] == "text/plain"
        assert not {"authorization", "x-api-key"} & set(there.headers)

    @pytest.mark.parametrize(("status", "method"), [(301, "GET"), (303, "GET"), (308, "POST")])
    async def test_the_status_says_what_becomes_of_a_post(
        self, web: Web, status: int, method: str
    ) -> None:
        web.answers["/old"] = (status, {"Location": "/new"}, b"")
        web.answers["/new"] = as_json(1)
        await door(web).send(Sent("POST", url(web, "/old"), {}, b"body", redirect=True))
        assert web.asked[1].method == method
        assert web.asked[1].body == (b"body" if method == "POST" else b"")

    async def test_a_circle_ends(self, web: Web) -> None:
        web.answers["/"] = (302, {"Location": "/"}, b"")
        why = await fault(door(web), Sent("GET", url(web), redirect=True))
        assert (why.title, why.passing) == ("too many redirects", False)
        assert len(web.asked) == outbound.MOST_REDIRECTS + 1


class TestHowMuch:
    """Limits on what is sent, what comes back, and how long it takes."""

    async def test_an_answer_that_is_too_large_is_not_read(self, web: Web) -> None:
        web.answers["/"] = (200, {}, b"x" * (outbound.LARGEST_ANSWER + 1))
        why = await fault(door(web), Sent("GET", url(web)))
        assert (why.title, why.passing) == ("answer too large", False)

    async def test_one_that_is_packed_is_not_unpacked(self, web: Web) -> None:
        web.answers["/"] = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b")
        assert (await fault(door(web), Sent("GET", url(web)))).title == "answer not readable"
        assert web.asked[0].headers["accept-encoding"] == "identity"

    @pytest.mark.parametrize(
        "wants",
        [
            {"content": b"x" * (outbound.LARGEST_BODY + 1)},
            {"headers": {"x-long": "x" * outbound.LARGEST_HEAD}},
            {"path": "/" + "x" * outbound.LONGEST_URL},
        ],
    )
    async def test_nor_is_too_much_sent(self, web: Web, wants: dict[str, Any]) -> None:
        path = wants.pop("path", "/")
        why = await fault(door(web), Sent("POST", url(web, path), **wants))
        assert why.title == "request too large"
        assert web.asked == []

    async def test_who_does_not_answer_in_time_may_do_so_later(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbound, "DEADLINE", timedelta(seconds=0.2))
        ended = threading.Event()

        def slow(_asked: Any) -> Any:
            ended.wait(5)
            return as_json(1)

        web.answers["/"] = slow
        why = await fault(door(web), Sent("GET", url(web, "/?secret=1")))
        ended.set()
        assert (why.title, why.status, why.passing) == ("no answer in time", 504, True)
        assert "secret" not in why.detail

    async def test_who_is_not_there_may_come_back(self, web: Web) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        gone = Outbound(parse_hosts(f"http://127.0.0.1:{port}"))
        why = await fault(gone, Sent("GET", f"http://127.0.0.1:{port}/"))
        assert (why.title, why.passing) == ("host not reached", True)

    async def test_who_hangs_up_may_not_the_next_time(self) -> None:
        async def hang_up(_reader: Any, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            why = await fault(
                Outbound(parse_hosts(f"http://127.0.0.1:{port}")),
                Sent("GET", f"http://127.0.0.1:{port}/"),
            )
        assert (why.title, why.passing) == ("connection broken", True)


class TestTls:
    """By https the other side has to prove its name."""

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate for the name, with its key, that nobody has signed."""
        path = tmp_path / "secure.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
             "-keyout", str(tmp_path / "key.pem"), "-out", str(path)],
            check=True, capture_output=True,
        )  # fmt: skip
        return path

    @pytest.fixture
    async def port(self, certificate: Path) -> Any:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        async with server:
            yield server.sockets[0].getsockname()[1]

    def trusting(self, certificate: Path, port: int, name: str = NAME) -> Outbound:
        made = Outbound([Host(name, port=port, address="127.0.0.1")])
        made.__dict__["authorities"] = ssl.create_default_context(cafile=certificate)
        return made

    async def test_who_proves_it_is_called(self, certificate: Path, port: int) -> None:
        received = await self.trusting(certificate, port).send(
            Sent("GET", f"https://{NAME}:{port}/")
        )
        assert received.content == b"ok"

    async def test_who_has_another_name_is_not(self, certificate: Path, port: int) -> None:
        other = self.trusting(certificate, port, "other.example.org")
        why = await fault(other, Sent("GET", f"https://other.example.org:{port}/"))
        assert why.title == "host not reached"
        assert "certificate" in why.detail

    async def test_nor_whom_no_authority_knows(self, port: int) -> None:
        unknown = Outbound([Host(NAME, port=port, address="127.0.0.1")])
        why = await fault(unknown, Sent("GET", f"https://{NAME}:{port}/"))
        assert "certificate" in why.detail


class TestRefused:
    """What an error status means for the next try."""

    def received(self, status: int, **headers: str) -> Received:
        return Received("https://example.com/x", status, headers, b"")

    @pytest.mark.parametrize(
        ("status", "passing"),
        [
            (400, False),
            (404, False),
            (408, True),
            (409, False),
            (429, True),
            (500, True),
            (501, False),
            (503, True),
        ],
    )
    def test_some_pass(self, status: int, passing: bool) -> None:
        why = outbound.refused(self.received(status), "GET")
        assert why.passing is passing
        assert why.problem() == {
            "type": "https://open-workflow-specification.org/spec/1.0.0/errors/communication",
            "status": status,
            "title": why.title,
            "detail": f"GET https://example.com/x answered {status}",
        }

    def test_an_unusual_status_has_a_title_too(self) -> None:
        assert outbound.refused(self.received(599), "GET").title == "status 599"

    @pytest.mark.parametrize(
        ("said", "wait"),
        [
            ("7", timedelta(seconds=7)),
            ("99999", outbound.LONGEST_RETRY_AFTER),
            ("Mon, 04 May 2026 09:30:20 GMT", timedelta(seconds=20)),
            ("Mon, 04 May 2026 09:00:00 GMT", timedelta()),
            ("soon", None),
            (None, None),
        ],
    )
    def test_how_long_to_wait(self, said: str | None, wait: timedelta | None) -> None:
        now = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
        assert outbound.retry_after(said, now) == wait
