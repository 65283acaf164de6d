"""A further language, added by files, in which each text is the English one in ⟦brackets⟧.

What does not stand in them is untranslated: a text that is not in the files, or never looked up.

What people and programs wrote themselves is no text of ours: it stands in `<time>`, or in an
element with `translate="no"`.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from ground import clock, messages
from ground.brand import Brand
from services import notifications
from settings import ROOT
from store.database import Database
from store.requests import Request, StageState
from store.tasks import Audience
from studio import translating
from tests.conftest import with_catalog
from tests.people import People
from tests.portal.conftest import with_people
from tests.portal.filling_in import speak
from tests.portal.scenes import asked, moved, submitted, told
from tests.portal.visitor import Element, Visitor

Visit = Callable[..., Visitor]

LANGUAGE = "fr"
SPOKEN = {"placeholder", "aria-label", "title", "alt", "content"}
KNOWN = re.compile(r"⟦[^⟦⟧]*⟧")
QUANTITY = re.compile(r"[€\d.,\s%×]+(MB|kB|EUR)?")
REFERENCE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")
LETTERS = re.compile(r"[^\W\d_]")


@pytest.fixture(scope="module")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A portal that speaks the further language, for which files were added and nothing else."""
    place = tmp_path_factory.mktemp(LANGUAGE)
    for folder in ("locales", "catalog_defs", "forms"):
        shutil.copytree(ROOT / folder, place / folder)
    folders = place / "catalog_defs", place / "forms"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "LOCALES", place / "locales")
        patch.setattr(translating, "LOCALES", place / "locales")
        for one in translating.prepare(LANGUAGE, *folders):
            in_brackets(one.file)
        forget_languages()
        copied = Path(shutil.copy(sqlite_template, place / "ventanilla.db"))
        yield with_people(with_catalog(copied, *folders))
    forget_languages()


@pytest.fixture
def visitor(visitor: Visit) -> Visit:
    """Visitors who speak the further language."""
    return lambda name=None: speak(visitor(name), LANGUAGE)


def forget_languages() -> None:
    """Let the folders be looked into again, as after a start."""
    messages.languages.cache_clear()
    messages.catalogue.cache_clear()


def in_brackets(file: Path) -> None:
    """Translate every text of a file: what its comment says, or what it is known by."""
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=LANGUAGE)
    for one in catalog:
        if one.id:
            text = " ".join(one.auto_comments) if file.parent.name == LANGUAGE else str(one.id)
            one.string = f"⟦{' '.join(text.split())}⟧"
    with file.open("wb") as opened:
        write_po(opened, catalog)


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
    for _ in range(12):
        assert_translated(stranger.send({"email": "nobody@example.com", "password": "x"}))
    assert stranger.status == 429
