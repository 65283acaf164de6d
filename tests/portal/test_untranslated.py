"""A made-up language in which every known text stands in ⟦brackets⟧: what does not is untranslated.

What people and programs wrote themselves is no text of ours: it stands in `<time>`, or in an
element with `translate="no"`.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog import yaml12
from ground import clock, messages
from ground.brand import Brand
from services import notifications, publishing
from settings import ROOT
from store.database import Database
from store.requests import Request, StageState
from store.tasks import Audience
from tests.people import People
from tests.portal.scenes import asked, moved, submitted, told
from tests.portal.visitor import Element, Visitor
from workflows.registry import definition_registry

Visit = Callable[..., Visitor]

WORDS = {"title", "description", "x-help"}
SPOKEN = {"placeholder", "aria-label", "title", "alt", "content"}
KNOWN = re.compile(r"⟦[^⟦⟧]*⟧")
QUANTITY = re.compile(r"[€\d.,\s%×]+(MB|kB|EUR)?")
REFERENCE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")
LETTERS = re.compile(r"[^\W\d_]")


@pytest.fixture
def visitor(
    visitor: Visit, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Visit:
    """Visitors to whom everybody speaks the made-up language."""
    real = messages.catalogue
    monkeypatch.setattr(
        messages,
        "catalogue",
        lambda language: {key: f"⟦{text}⟧" for key, text in real(language).items()},
    )
    folders = bracketed(ROOT / "catalog_defs", ROOT / "forms", tmp_path)
    refreshed = database.write_now(publishing.refresh, *folders, definition_registry())
    assert not refreshed.problems, refreshed.problems
    return visitor


def bracketed(items: Path, forms: Path, folder: Path) -> tuple[Path, Path]:
    """Copies of all definitions whose texts stand in brackets."""
    for source in [*items.glob("*.yaml"), *forms.rglob("*.json")]:
        target = folder / source.relative_to(items.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".yaml":
            # JSON is YAML too, and quotes what would be read as something else.
            text = json.dumps(in_brackets(yaml12.read(source.read_bytes()).value))
        else:
            text = json.dumps(form_in_brackets(json.loads(source.read_text())))
        target.write_text(text)
    return folder / items.name, folder / forms.name


def in_brackets(value: Any) -> Any:
    """A definition with every text in three languages marked."""
    if isinstance(value, dict):
        if set(value) == {"en", "es", "pt"} and all(isinstance(v, str) for v in value.values()):
            return {language: f"⟦{' '.join(text.split())}⟧" for language, text in value.items()}
        return {name: in_brackets(member) for name, member in value.items()}
    return [in_brackets(member) for member in value] if isinstance(value, list) else value


def form_in_brackets(value: Any, words: bool = False) -> Any:
    """A form with its titles, help and error messages marked."""
    if isinstance(value, dict):
        return {
            name: f"⟦{member}⟧"
            if isinstance(member, str) and (words or name in WORDS)
            else form_in_brackets(member, name == "x-error")
            for name, member in value.items()
        }
    return [form_in_brackets(member) for member in value] if isinstance(value, list) else value


def foreign(element: Element) -> Iterator[str]:
    """Every text on a page that nobody has translated."""
    if element.get("translate") == "no" or element.tag in ("time", "script", "textarea"):
        return
    for name in element.attributes:
        spoken = name in SPOKEN and element.tag != "meta"
        if (spoken or name.startswith("data-")) and " " in element.get(name) + " " * spoken:
            yield from unknown(element.get(name))
    for child in element.children:
        if isinstance(child, str):
            # Whose portal it is stands in every title; a name is not translated.
            yield from unknown(child.removesuffix(f"· {Brand.name}"))
        elif not is_place(child):
            yield from foreign(child)


def is_place(element: Element) -> bool:
    """Names of countries and regions come with libraries, which know them in every language."""
    around = element.within("select")
    name = around.get("name") if around else ""
    return element.tag == "option" and name.endswith((".country", ".region"))


def unknown(text: str) -> Iterator[str]:
    before = ""
    while before != text:
        before, text = text, KNOWN.sub("", text)
    text = REFERENCE.sub("", text).strip()
    if LETTERS.search(text) and not QUANTITY.fullmatch(text):
        yield text


def assert_translated(page: Visitor) -> None:
    assert list(foreign(page.page)) == [], page.address


@pytest.fixture
def loan(visitor: Visit, database: Database, people: People) -> Request:
    """A loan request on which much has happened, in brackets."""
    loan = database.write_now(submitted, people["customer"])
    database.write_now(moved, loan.id, "received", StageState.DONE)
    database.write_now(moved, loan.id, "documents", StageState.WAITING_CUSTOMER)
    database.write_now(told, loan.id, "requests.looking_into_it")
    database.write_now(told, loan.id, "requests.trouble_cause", "staff", {"cause": "⟦…⟧"})
    database.write_now(asked, loan.id, "loan-documents", Audience.CUSTOMER)
    database.write_now(asked, loan.id, "loan-offer", Audience.CUSTOMER)
    database.write_now(
        notifications.notify,
        people["customer"].account_id,
        "requests.submitted",
        {"reference": loan.reference},
        loan.id,
        clock.now(),
    )
    return loan


def test_the_test_finds_what_is_not_translated(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog")
    customer.page.one("h1").children.append("Plain words")
    assert list(foreign(customer.page)) == ["Plain words"]


@pytest.mark.parametrize(
    "address",
    [
        "/catalog",
        "/catalog?q=zebra",
        "/catalog?category=lending",
        "/catalog/address-change",
        "/catalog/case-routing",
        "/catalog/loan-request",
        "/catalog/plan-upgrade",
        "/catalog/address-change/form/address",
        "/catalog/address-change/form/contact",
        "/catalog/case-routing/form/problem",
        "/catalog/case-routing/form/weight",
        "/catalog/case-routing/form/contact",
        "/catalog/loan-request/form/loan",
        "/catalog/loan-request/form/household",
        "/catalog/loan-request/form/budget",
        "/catalog/loan-request/form/loans",
        "/catalog/loan-request/form/declaration",
        "/catalog/plan-upgrade/form/plan",
        "/catalog/plan-upgrade/form/payment",
        "/requests",
        "/requests?show=closed",
        "/notifications",
        "/profile",
        "/help",
        "/welcome",
        "/offline",
        "/offline/review",
        "/profile?done=1",
        "/nowhere",
    ],
)
def test_customers_read_only_translated_texts(visitor: Visit, loan: Request, address: str) -> None:
    customer = visitor("customer").go(address)
    assert_translated(customer)
    forms = [one for one in customer.page.all("form") if one.get("id") == "form"]
    if forms:
        assert_translated(customer.send(form=forms[0], press="continue"))


@pytest.mark.parametrize("done", ["sent", "message", "answered", "withdrawn", "amended"])
def test_a_request_speaks_the_readers_language(visitor: Visit, loan: Request, done: str) -> None:
    assert_translated(visitor("customer").go(f"/requests/{loan.reference}?done={done}"))


def test_what_one_does_with_a_request_does_too(visitor: Visit, loan: Request) -> None:
    customer = visitor("customer")
    for part in ("/withdraw", "/amend", "/amend/form/loan"):
        assert_translated(customer.go(f"/requests/{loan.reference}{part}"))
    customer.go(f"/requests/{loan.reference}")
    for one in customer.page.one("main").all("form"):
        assert_translated(customer.send(form=one))


def test_so_does_the_desk_of_staff(visitor: Visit, loan: Request, database: Database) -> None:
    task = database.write_now(asked, loan.id, "approval", Audience.STAFF, "loan-officers")
    agent = visitor("agent")
    for address in ("/tasks", "/tasks?whose=mine", "/requests", f"/requests/{loan.reference}"):
        assert_translated(agent.go(address))
    assert_translated(agent.go(f"/tasks/{task.id}"))
    assert_translated(agent.send(form=agent.form(id="form")))
    assert_translated(agent.send(press="⟦Take it⟧"))
    assert_translated(agent.send({"decision": "approve"}, form=agent.form(id="form")))


def test_so_does_the_review(visitor: Visit) -> None:
    customer = visitor("customer").go("/catalog/case-routing/form/problem")
    for _ in range(8):
        if customer.address.endswith("/review"):
            break
        choices = {
            one.get("name"): one.get("value")
            for one in reversed(customer.form(id="form").all("input", type="radio"))
        }
        customer.send({"description": "The router is dead."} | choices, press="continue")
        assert_translated(customer)
    assert customer.address.endswith("/review")


def test_so_does_signing_in(visitor: Visit) -> None:
    stranger = visitor().go("/sign-in")
    assert_translated(stranger)
    for _ in range(9):
        assert_translated(stranger.send({"email": "nobody@example.com", "password": "x"}))
    assert stranger.status == 429
