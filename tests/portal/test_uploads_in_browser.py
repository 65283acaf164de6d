"""Files in a real browser: sent in parts as they are chosen, through interruptions and reloads; and
what comes out of a printer."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Request, Route, expect
from pypdf import PdfReader

from catalog.examples import answers_for
from services import catalog, drafts, forms
from settings import Settings
from store.database import Database
from tests.clamd import EICAR, clamd
from tests.people import People
from tests.portal.browsing import Open
from tests.portal.scenes import submitted
from tests.portal.test_submission import AT_PROBLEM
from tests.services.test_document_types import PDF

SIZES = ({"width": 1280, "height": 800}, {"width": 320, "height": 640})
LARGE = PDF.ljust(1_400_000, b"\n")
PART = 512 * 1024


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of three parts."""
    path = tmp_path / "Nómina marzo.pdf"
    path.write_bytes(LARGE)
    return path


def choose(page: Page, *files: Any) -> None:
    page.locator("input[type=file]").set_input_files(list(files))


def downloaded(page: Page) -> bytes:
    """The first file of the form as the portal gives it."""
    address = page.locator(".files a").first.get_attribute("href")
    return page.request.get(str(address)).body()


def offsets(page: Page) -> list[int]:
    """Where the parts begin that the page sends from now on."""
    found: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            found.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return found


def test_a_file_is_sent_in_parts_when_it_is_chosen(page: Open, large: Path) -> None:
    customer = page(AT_PROBLEM)
    expect(customer.locator(".file .hint")).to_contain_text("Up to 5 files.")
    customer.locator("textarea").fill("The router is dead.")
    expect(customer.get_by_label("Choose files")).to_have_attribute("type", "file")
    with customer.expect_file_chooser():
        customer.locator("input[type=file]").press("Space")
    sent = offsets(customer)
    choose(customer, large)
    expect(customer.locator(".files a")).to_have_text("Nómina marzo.pdf")
    expect(customer.locator(".files")).to_contain_text("Not checked for viruses")
    assert sent == [0, PART, 2 * PART]
    assert downloaded(customer) == LARGE
    expect(customer.locator("textarea")).to_have_value("The router is dead.")
    expect(customer.locator(".sending")).to_be_empty()
    customer.reload()
    expect(customer.locator(".files a")).to_have_count(1)


def test_several_files_are_sent_one_after_the_other(page: Open) -> None:
    customer = page(AT_PROBLEM)
    files = [{"name": f"{n}.pdf", "mimeType": "x/y", "buffer": PDF} for n in "abc"]
    choose(customer, *files)
    expect(customer.locator(".files a")).to_have_text(["a.pdf", "b.pdf", "c.pdf"])


def test_an_interruption_is_waited_out(page: Open, large: Path) -> None:
    customer = page(AT_PROBLEM)
    broken: list[str] = []

    def break_off(route: Route) -> None:
        if route.request.method == "PATCH" and len(broken) < 2:
            broken.append(route.request.headers["upload-offset"])
            route.abort()
        else:
            route.continue_()

    customer.route("**/api/uploads/*", break_off)
    choose(customer, large)
    expect(customer.locator(".files a")).to_have_text("Nómina marzo.pdf", timeout=20_000)
    assert broken == ["0", "0"]
    assert downloaded(customer) == LARGE


def test_a_file_goes_on_where_it_was_after_the_page_is_loaded_again(
    page: Open, large: Path
) -> None:
    customer = page(AT_PROBLEM)

    def only_the_first(route: Route) -> None:
        later = route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0"
        route.abort() if later else route.continue_()

    customer.route("**/api/uploads/*", only_the_first)
    choose(customer, large)
    expect(customer.locator(".sending")).to_contain_text("It goes on by itself")
    customer.unroute_all(behavior="ignoreErrors")
    customer.reload()
    sent = offsets(customer)
    choose(customer, large)
    expect(customer.locator(".files a")).to_have_text("Nómina marzo.pdf")
    assert sent == [PART, 2 * PART]
    assert downloaded(customer) == LARGE


def test_what_is_too_large_or_too_much_is_said_before_anything_is_sent(
    page: Open, tmp_path: Path
) -> None:
    customer = page(AT_PROBLEM)
    calls: list[str] = []
    customer.on("request", lambda request: calls.append(request.url))
    huge = tmp_path / "huge.pdf"
    huge.write_bytes(PDF.ljust(10 * 1024 * 1024 + 1, b"\n"))
    choose(customer, huge)
    expect(customer.locator(".sending")).to_have_text(
        "This file is too large. Choose a smaller one."
    )
    choose(customer, *({"name": f"{n}.pdf", "mimeType": "x/y", "buffer": PDF} for n in range(6)))
    expect(customer.locator(".sending")).to_have_text("These are too many files. Choose fewer.")
    assert not [url for url in calls if "/api/uploads" in url]


def test_a_refused_file_is_explained_at_its_field(page: Open) -> None:
    customer = page(AT_PROBLEM)
    program = {"name": "photo.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00" * 9}
    choose(customer, program)
    expect(customer.locator(".sending")).to_contain_text("This kind of file is not accepted")
    expect(customer.locator(".files a")).to_have_count(0)


def test_a_file_is_sent_without_a_script_too(page: Open, large: Path) -> None:
    customer = page(AT_PROBLEM, java_script_enabled=False)
    choose(customer, large)
    customer.get_by_role("button", name="Add the file").click()
    assert downloaded(customer) == LARGE


@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_nothing_stands_in_the_way_of_files(page: Open, large: Path, size: Any) -> None:
    customer = page(AT_PROBLEM, viewport=size)
    customer.route("**/api/uploads/*", lambda route: route.abort())
    choose(customer, large)
    expect(customer.locator(".sending")).to_contain_text("It goes on by itself")
    found = Axe().run(customer)
    assert found.violations_count == 0, found.generate_report()
    customer.unroute_all(behavior="ignoreErrors")
    expect(customer.locator(".files a")).to_have_count(1)
    found = Axe().run(customer)
    assert found.violations_count == 0, found.generate_report()
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert customer.evaluate(wide) <= 0


class TestWithAScanner:
    @pytest.fixture
    def settings(self, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
        with clamd(tmp_path / "clamd.ctl") as daemon:
            yield settings.model_copy(update={"scanner": daemon.address})

    def test_a_virus_is_found_and_said(self, page: Open) -> None:
        customer = page(AT_PROBLEM)
        clean = {"name": "clean.pdf", "mimeType": "x/y", "buffer": PDF}
        ill = {"name": "ill.pdf", "mimeType": "x/y", "buffer": PDF + b"\n" + EICAR}
        choose(customer, clean, ill)
        expect(customer.locator(".files li")).to_have_count(2)
        for _ in range(20):
            customer.reload()
            if customer.locator(".scan.bad").count():
                break
            customer.wait_for_timeout(250)
        rows = customer.locator(".files li")
        expect(rows.nth(0)).to_contain_text("No virus found")
        expect(rows.nth(1)).to_contain_text("Contained a virus and was deleted")
        expect(rows.nth(1).locator("a")).to_have_count(0)
        found = Axe().run(customer)
        assert found.violations_count == 0, found.generate_report()
        customer.locator("button.button[value=continue]").click()
        expect(customer.locator("#summary")).to_contain_text("A virus was found in ill.pdf")
        customer.goto("/notifications")
        expect(customer.locator("main")).to_contain_text("A virus was found in your file ill.pdf.")


def printed(page: Page) -> str:
    """What a printer would get, as text with single spaces."""
    pages = PdfReader(BytesIO(page.pdf())).pages
    return " ".join(" ".join(one.extract_text() for one in pages).split())


def test_a_request_is_printed_with_all_its_answers(
    page: Open, database: Database, people: People
) -> None:
    loan = database.write_now(submitted, people["customer"])
    customer = page(f"/requests/{loan.reference}")
    closed = customer.locator("details:not([open]) .answers dt")
    assert closed.count() > 5
    paper = printed(customer)
    for title in closed.all_text_contents():
        assert title.split("\n")[0].strip()[:20] in paper, title
    assert loan.reference in paper
    assert "Sign out" not in paper


def test_a_review_is_printed_without_its_buttons(
    page: Open, database: Database, people: People
) -> None:
    version = database.read_now(catalog.published, "address-change", people["customer"])
    live = database.read_now(lambda s: forms.context(s, people["customer"].account_id, "en"))
    answers = answers_for(version.item.examples[0], live)
    database.write_now(
        drafts.save,
        people["customer"],
        drafts.of_item("address-change"),
        version.hash,
        answers,
    )
    customer = page("/catalog/address-change/review")
    expect(customer.get_by_role("button", name="Print this page")).to_be_visible()
    paper = printed(customer)
    for part in ("Check your answers", "Calle de Alcalá 50", "Madrid", "••••1222"):
        assert part in paper, part
    for part in ("Change Country", "Send the request", "Print this page", "Sign out"):
        assert part not in paper, part
