"""What somebody who means harm may try on the pages, each tried on the real application.

Scripts where words are expected, addresses that lead elsewhere, headers in names, files that are
not what they say, forms sent by other sites, and sizes that nobody needs.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from api.languages import JSON_PATHS, LANGUAGE_COOKIE
from api.security import form_token
from ground.ids import new_id
from portal.visits import HOME
from services import identity
from services.passwords import hash_password
from store.database import Database
from store.documents import Document
from store.identity import Account
from tests.portal.showroom import PASSWORD, SCENES, Showroom, nothing, showroom
from tests.portal.visitor import Element, Visitor
from tests.services.test_document_types import DOCX, PDF, PNG

pytestmark = pytest.mark.xdist_group("attacks")

Visit = Callable[..., Visitor]

SCRIPT = "\"'></textarea></title><xss-probe xss-probe=1 onclick=alert(1)><script>alert(1)</script>"
"""Breaks out of a text, an attribute in either kind of quotes, a text area and a title."""
ADDRESS = "javascript:alert(1)//xss-probe"
HERE = "http://testserver"
WEB_ADDRESSES = ("href", "src", "action", "formaction", "data", "poster")


@pytest.fixture(scope="module")
def room(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showroom]:
    """A showroom in which nothing is changed."""
    with opened(furnished, tmp_path_factory.mktemp("attacked")) as room:
        yield room


@contextmanager
def opened(furnished: Path, folder: Path) -> Iterator[Showroom]:
    """A showroom over a database of its own."""
    database = Database(f"sqlite:///{shutil.copy(furnished, folder / 'ventanilla.db')}")
    with showroom(database, folder) as room:
        yield room
    database.close()


def enter(room: Showroom, who: str, **headers: str) -> Visitor:
    """A browser of this person in the showroom."""
    client = TestClient(
        room.app,
        raise_server_exceptions=False,
        headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"} | headers,
    )
    if who:
        client.cookies.set(room.app.state.cookie_name, room.people.tokens[who])
    return Visitor(client)


def token_of(room: Showroom, who: str) -> str:
    """What the forms of this person's session carry."""
    session, account = room.people.tokens[who], room.people[who].account_id
    return form_token(room.app.state.secret, session, account)


PLACES = list({(scene.who, scene.address): scene for scene in SCENES}.values())
"""Every page that has an address, once for each person who sees it."""


# Scripts in what people write


def assert_harmless(page: Element, where: str) -> None:
    """Nothing that was written has become a part of the page."""
    for one in page.all():
        assert one.tag != "xss-probe", where
        for name in one.attributes:
            assert name not in ("xss-probe", "style", "srcdoc"), where
            assert not name.startswith("on"), where
        for name in WEB_ADDRESSES:
            assert urlsplit(one.get(name).strip()).scheme in ("", "http", "https", "mailto"), where
        if one.tag == "script":
            assert one.get("src").startswith("/static/"), where


def attack_forms(visitor: Visitor, address: str, word: str) -> Iterator[str]:
    """Fill every form on a page with the word, press each of its buttons; says what was pressed."""
    visitor.go(address)
    for form in visitor.page.all("form", method="post"):
        if form.get("action") in ("/sign-out", "/language"):
            continue
        fields = {one.get("name"): word for one in writable(form)}
        for button in [b for b in form.all("button") if b.get("type") == "submit"]:
            visitor.address = address
            visitor.send(fields, press=button.get("value") or button.text, form=form)
            where = f"{form.get('action') or address} by {button.get('value') or button.text}"
            assert visitor.status < 500, where
            assert_harmless(visitor.page, where)
            yield where


def writable(form: Element) -> list[Element]:
    """Where a person may write; choices are none, and tokens are ours."""
    kinds = ("text", "search", "email", "tel", "url", "")
    texts = [one for one in form.all("input") if one.get("type") in kinds]
    return [one for one in [*texts, *form.all("textarea")] if one.get("name")]


def test_no_script_that_somebody_stores_is_ever_run(furnished: Path, tmp_path: Path) -> None:
    """Every text field of every page takes it, every page shows it, as words."""
    with opened(furnished, tmp_path) as room:
        assert_stored_words_stay_words(room)


def assert_stored_words_stay_words(room: Showroom) -> None:
    places = [one for one in PLACES if one.who and one.status == 200 and not one.of_item]
    sent = [
        where
        for scene in places
        for where in attack_forms(enter(room, scene.who), room.address(scene), SCRIPT)
    ]
    room.database.write_now(disguise, SCRIPT)
    assert len(sent) > len(places)
    shown = 0
    for scene in PLACES:
        visitor = enter(room, scene.who).go(room.address(scene))
        assert visitor.status < 500 or scene.status >= 500, scene
        assert_harmless(visitor.page, str(scene))
        shown += "xss-probe" in visitor.page.text
    assert shown > 20, "the test would not see a script"


def disguise(session: Session, name: str) -> None:
    """What people have no field for: names of accounts and of files."""
    for account in session.exec(select(Account)):
        account.name = name
        session.add(account)
    for document in session.exec(select(Document)):
        document.name = name
        session.add(document)


def query_names(app: FastAPI) -> dict[str, set[str]]:
    """The names that the address of each page may carry."""
    found: dict[str, set[str]] = {}
    for context in iter_route_contexts(app.routes):
        path = str(context.path)
        if "GET" in (context.methods or ()) and not path.startswith(JSON_PATHS):
            dependant = getattr(context, "dependant", None)
            found[path] = {one.alias for one in queries(dependant)} | {"q", "check", "add", "x"}
    return found


def queries(dependant: Any) -> Iterator[Any]:
    """The query parameters of a route and of all that it depends on."""
    if dependant is not None:
        yield from dependant.query_params
        for inner in dependant.dependencies:
            yield from queries(inner)


@pytest.mark.parametrize("word", [SCRIPT, ADDRESS], ids=["script", "address"])
def test_no_script_in_an_address_is_ever_run(room: Showroom, word: str) -> None:
    names = query_names(room.app)
    assert {"q", "category", "after"} <= names["/catalog"]
    assert "next" in names["/sign-in"]
    visitors = {who: enter(room, who) for who in {scene.who for scene in SCENES}}
    for scene in {scene.route: scene for scene in SCENES if scene.route != "error"}.values():
        visitor = visitors[scene.who]
        path = room.address(scene).partition("?")[0]
        for name in sorted(names[scene.route]):
            visitor.client.cookies.set(LANGUAGE_COOKIE, quote(word))
            visitor.go(f"{path}?{name}={quote(word)}")
            assert visitor.status < 500, (scene, name)
            assert_harmless(visitor.page, f"{scene} {name}")
    for beginning in ("/catalog/", "/requests/", "/tasks/", "/definitions/", "/"):
        visitor = visitors["customer"].go(beginning + quote(word, safe=""))
        assert visitor.status in (403, 404, 422)
        assert_harmless(visitor.page, beginning)


# Addresses that lead elsewhere

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "\u00a0//evil.example",
    "https://evil.example",
    "HTTPS:evil.example",
    "https:/evil.example",
    "http://testserver@evil.example",
    "http://testserver.evil.example",
    "//testserver:x@evil.example/",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "/\r\nSet-Cookie: evil=1",
    "/%0d%0aSet-Cookie:evil=1\r\n",
    "evil.example",
    "?next=//evil.example",
    "//",
    "/requests\u2028",
]


def where_a_browser_goes(location: str) -> str:
    """The host that a browser asks next, which is more forgiving than any standard."""
    forgiving = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    return urlsplit(urljoin(f"{HERE}/sign-in", forgiving)).netloc


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_elsewhere(room: Showroom, address: str) -> None:
    client, stranger = enter(room, "customer").client, enter(room, "").client
    token = token_of(room, "customer")
    person = {"email": "customer@example.com", "password": PASSWORD, "next": address}
    answers = [
        client.get("/sign-in", params={"next": address}, follow_redirects=False),
        stranger.post("/sign-in", data=person, follow_redirects=False),
        client.post(
            "/language",
            data={"language": "pt", "back": address, "_token": token},
            follow_redirects=False,
        ),
    ]
    for answer in answers:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(HOME)
        assert answer.headers["location"].isprintable()
        assert where_a_browser_goes(answer.headers["location"]) == "testserver"
        assert "evil" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("path", ["//evil.example/x", "/%5Cevil.example/x", "/%09/evil.example/x"])
def test_a_page_never_sends_its_forms_elsewhere(room: Showroom, path: str) -> None:
    """The page of an unknown address comes back to itself, wherever that seems to lie."""
    for who, headers in (("customer", {}), ("", {}), ("customer", {"Sec-Fetch-Site": "x"})):
        person = enter(room, who, **headers)
        written = {"description": "Something long that is given back"}
        for method, body in (("GET", None), ("POST", written)):
            answer = person.shown(person.client.request(method, HERE + path, data=body))
            for form in answer.page.all("form"):
                assert where_a_browser_goes(form.get("action")) == "testserver", form.attributes


def test_the_host_that_a_caller_claims_is_in_no_link(room: Showroom) -> None:
    for scene in PLACES:
        visitor = enter(
            room, scene.who, Host="evil.example", **{"X-Forwarded-Host": "evil.example"}
        )
        for address in (room.address(scene), f"{room.address(scene).partition('?')[0]}/"):
            answer = visitor.client.get(HERE + address, follow_redirects=False)
            assert "evil.example" not in answer.text, scene
            assert "evil.example" not in answer.headers.get("location", ""), scene


# Headers in names


@pytest.mark.parametrize(
    "name",
    [
        "a\r\nSet-Cookie: evil=1\r\n.pdf",
        'a"; filename="evil.exe',
        "../../../etc/passwd",
        "..\\..\\evil.pdf",
        "invoice\u202efdp.exe",
        "invoice.pdf.exe",
        "invoice.pdf\0.exe",
        "con.pdf",
        "x" * 5000 + ".pdf",
        SCRIPT,
        "",
        ".",
        "..",
    ],
    ids=repr,
)
def test_the_name_of_a_file_is_only_a_name(room: Showroom, name: str) -> None:
    client = enter(room, "customer").client
    field = name.encode().replace(b'"', b'\\"')
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
        + field
        + b'"\r\nContent-Type: text/html\r\n\r\n'
        + PDF
        + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    sent = client.post("/api/documents", content=body, headers=headers)
    if sent.status_code != 201:
        assert sent.status_code in (400, 422)
        return
    kept = sent.json()["name"]
    assert kept.endswith(".pdf")
    assert len(kept) <= 255
    assert not re.search(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]", kept)
    got = client.get(sent.headers["location"])
    assert "evil=1" not in got.headers.get("set-cookie", "")
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["content-disposition"].count('"') == 2


def test_a_language_that_is_none_reaches_no_header(visitor: Visit) -> None:
    customer = visitor("customer")
    customer.client.cookies.set(LANGUAGE_COOKIE, quote("en\r\nX-Evil: 1"))
    answer = customer.client.get("/catalog", headers={"Accept-Language": "en\tX-Evil, */*;q=x"})
    assert answer.headers["content-language"] in ("en", "es", "pt")
    assert "x-evil" not in answer.headers
    token = customer.go("/profile").page.one("input", name="_token").get("value")
    for chosen in ("en\r\nSet-Cookie: evil=1", "../en", "xx", ""):
        body = {"language": chosen, "back": "/", "_token": token}
        refused = customer.client.post("/language", data=body, follow_redirects=False)
        assert refused.status_code == 422
        assert "set-cookie" not in refused.headers


# Files that are not what they say


def bomb() -> bytes:
    """A text document of a few kilobytes that unpacks to more than anybody has room for."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "x")
        with archive.open("word/document.xml", "w", force_zip64=True) as entry:
            for _ in range(210):
                entry.write(bytes(1024 * 1024))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.png", b"<!doctype html><script>alert(1)</script>"),
        ("photo.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("photo.png", b'<?xml version="1.0"?><svg onload="alert(1)"/>'),
        ("page.pdf", b"\xef\xbb\xbf <html><script>alert(1)</script>"),
        ("page.html", "<html>".encode("utf-16")),
        ("program.pdf", b"MZ\x90\x00\x03"),
        ("script.pdf", b"#!/bin/sh\n\x00rm -rf /"),
        ("archive.docx", bomb()),
        ("macros.docx", DOCX.replace(b"word/document.xml", b"word/vbaProject.b")),
        ("empty.png", PNG[:8]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_of_an_accepted_kind_is_refused(
    room: Showroom, name: str, content: bytes
) -> None:
    sent = enter(room, "customer").client.post("/api/documents", files={"file": (name, content)})
    assert sent.status_code in (415, 422), sent.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("both.html", PDF + b"<html><script>alert(1)</script></html>"),
        ("both.html", PNG + b"<script>alert(1)</script>"),
        ("words.html", b"Dear all, <script>alert(1)</script>"),
        ("=cmd|' /C calc'!A0.csv", b"=cmd|' /C calc'!A0\n"),
    ],
)
def test_a_file_of_two_kinds_is_never_shown_as_a_page(
    room: Showroom, name: str, content: bytes
) -> None:
    client = enter(room, "customer").client
    sent = client.post("/api/documents", files={"file": (name, content, "text/html")})
    assert sent.status_code == 201, sent.text
    got = client.get(sent.headers["location"])
    assert got.headers["content-type"].partition(";")[0] in (
        "application/pdf",
        "image/png",
        "text/plain",
    )
    assert not sent.json()["name"].endswith((".html", ".htm", ".svg", ".exe"))
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "no-store" in got.headers["cache-control"] or "private" in got.headers["cache-control"]


# Forms that other sites send


def changing_pages(app: FastAPI) -> list[str]:
    """Every address of a page to which a form may be sent."""
    return sorted(
        str(context.path)
        for context in iter_route_contexts(app.routes)
        if "POST" in (context.methods or ()) and not str(context.path).startswith(JSON_PATHS)
    )


def test_no_page_does_anything_for_a_form_it_did_not_carry(room: Showroom) -> None:
    others = token_of(room, "customer2")
    mine = token_of(room, "operator")
    operator = enter(room, "operator").client
    forged: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({}, {}),
        ({"_token": ""}, {}),
        ({"_token": "nonsense"}, {}),
        ({"_token": others}, {}),
        ({"_token": [mine, others]}, {}),
        ({"_token": mine}, {"Sec-Fetch-Site": "cross-site"}),
        ({"_token": mine}, {"Sec-Fetch-Site": "same-site"}),
        ({"_token": mine}, {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}),
        ({"_token": mine}, {"Sec-Fetch-Site": "", "Origin": "null"}),
        ({"_token": mine}, {"Sec-Fetch-Site": ""}),
    ]
    pages = [path for path in changing_pages(room.app) if path != "/sign-in"]
    assert len(pages) > 15
    for path in pages:
        address = re.sub(r"\{[^}]*\}", new_id(), path.replace("{item}", "probe"))
        for body, headers in forged:
            answer = operator.post(address, data=body, headers=headers, follow_redirects=False)
            assert answer.status_code == 403, (path, body, headers)


def test_another_site_signs_nobody_in_and_chooses_nobodys_language(visitor: Visit) -> None:
    stranger = visitor().client
    for path in ("/sign-in", "/language"):
        body = {"email": "a@example.com", "password": "x", "language": "pt"}
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        ):
            assert stranger.post(path, data=body, headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
def test_pages_know_two_methods_and_no_way_round_them(room: Showroom, method: str) -> None:
    customer = enter(room, "customer").client
    for path in ("/catalog", "/requests", "/profile", "/sign-out"):
        headers = {"X-HTTP-Method-Override": "POST"}
        assert customer.request(method, path, headers=headers).status_code == 405
    assert customer.get("/sign-out?_method=POST").status_code == 405


# Frames, caches, cookies


def test_every_page_has_its_headers(room: Showroom) -> None:
    for scene in PLACES:
        answer = enter(room, scene.who).client.get(room.address(scene))
        headers, policy = answer.headers, answer.headers["content-security-policy"]
        assert answer.status_code == scene.status or scene.act is not nothing, scene
        for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy, scene
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"].startswith("private, no-"), scene
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "server" not in headers
        assert "x-powered-by" not in headers


def test_cookies_stay_with_the_browser_and_on_our_pages(app: FastAPI, database: Database) -> None:
    database.write_now(identity.load_demo_accounts, hash_password(PASSWORD))
    person = {"email": "customer@example.com", "password": PASSWORD}
    for scheme, secure in (("https", True), ("http", False)):
        client = TestClient(
            app,
            base_url=f"{scheme}://testserver",
            headers={"Sec-Fetch-Site": "same-origin"},
            follow_redirects=False,
        )
        flags = client.post("/sign-in", data=person).headers["set-cookie"].lower().split("; ")
        assert {"httponly", "samesite=lax", "path=/"} <= set(flags)
        assert ("secure" in flags) is secure
        assert not any(flag.startswith("domain=") for flag in flags)
        before = client.cookies[app.state.cookie_name]
        client.post("/sign-in", data=person)
        assert client.cookies[app.state.cookie_name] != before, "a session is fixed"
        client.close()


def test_a_session_that_was_ended_opens_nothing(visitor: Visit, app: FastAPI) -> None:
    customer = visitor("customer").go("/profile")
    token = customer.client.cookies[app.state.cookie_name]
    customer.send(form=customer.page.one("form", action="/sign-out"))
    customer.client.cookies.set(app.state.cookie_name, token)
    assert customer.client.get("/profile", follow_redirects=False).status_code == 303


# Too much, too deep, twice, and out of the folder


def test_what_is_said_twice_breaks_nothing(room: Showroom) -> None:
    names = query_names(room.app)
    for scene in {scene.route: scene for scene in SCENES if scene.route != "error"}.values():
        path = room.address(scene).partition("?")[0]
        for name in names[scene.route]:
            answer = enter(room, scene.who).client.get(f"{path}?{name}=a&{name}=b&{name}[]=c")
            assert answer.status_code < 500, (scene, name)


FORM = "/catalog/case-routing/form/problem"


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x" * 2_000_000},
        {f"field-{number}": "x" for number in range(5000)},
        {".".join(["a"] * 5000): "x"},
        {"description." + ".".join(["0"] * 3000): "x"},
        {"attachments": ["x"] * 900},
        {"description": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") * 1000},
        {"since": "9" * 400, "urgency": "\u202e", "language": "__proto__"},
    ],
    ids=["long", "many", "deep", "deep-field", "repeated", "emoji", "odd"],
)
def test_too_much_of_anything_is_refused_or_kept_never_a_fault(
    visitor: Visit, fields: dict[str, Any]
) -> None:
    customer = visitor("customer").go(FORM)
    token = customer.page.one("input", name="_token").get("value")
    body = fields | {"_token": token, "_action": "continue"}
    answer = customer.client.post(FORM, data=body)
    assert answer.status_code in (200, 303, 400, 413, 422), answer.status_code
    assert customer.client.get(FORM).status_code == 200


@pytest.mark.parametrize("depth", [41, 500, 100_000])
def test_json_has_a_depth(room: Showroom, depth: int) -> None:
    deep = b'{"item":"case-routing","answers":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    headers = {"Content-Type": "application/json"}
    answer = enter(room, "customer").client.post("/api/requests", content=deep, headers=headers)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize("way", ["..", "%2e%2e", "..%2f..", "%252e%252e", "..;", "%5c..%5c.."])
@pytest.mark.parametrize(
    "beginning", ["/static/", "/api/documents/", "/definitions/", "/catalog/", "/requests/"]
)
def test_no_way_leads_out_of_a_folder(room: Showroom, beginning: str, way: str) -> None:
    designer = enter(room, "designer").client
    for ending in ("/settings.py", "/etc/passwd", "%2fsettings.py", "/pyproject.toml/preview"):
        answer = designer.get(f"{beginning}{way}{ending}")
        assert answer.status_code in (404, 405, 422), answer.url
        assert "VENTANILLA_" not in answer.text
        assert "root:" not in answer.text
