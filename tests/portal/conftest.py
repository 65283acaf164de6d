"""The portal over the real catalog and the demo data, called without a network."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from services import demo
from settings import Settings
from store.database import Database
from tests.people import NO_PASSWORD, People, demo_people
from tests.portal.serving import served
from tests.portal.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.portal.browsing import Open


@pytest.fixture(scope="session")
def furnished(delivered_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the catalog and the demo data."""
    path = tmp_path_factory.mktemp("furnished") / "ventanilla.db"
    return with_people(Path(shutil.copy(delivered_template, path)))


def with_people(path: Path) -> Path:
    """Bring the demo data into a SQLite file that has a catalog."""
    database = Database(f"sqlite:///{path}")
    database.write_now(demo.load, NO_PASSWORD)
    database.close()
    return path


@pytest.fixture
def database(furnished: Path, tmp_path: Path) -> Iterator[Database]:
    """A furnished database of one's own."""
    database = Database(f"sqlite:///{shutil.copy(furnished, tmp_path / 'ventanilla.db')}")
    yield database
    database.close()


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The application, without Temporal."""
    settings.data_dir.mkdir(parents=True)
    return create_app(settings, database)


@pytest.fixture
def people(database: Database) -> People:
    """The demo accounts, signed in."""
    return demo_people(database)


@pytest.fixture
def visitor(app: FastAPI, people: People) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers: `visitor("customer")` is signed in, `visitor()` is a stranger."""
    opened: list[TestClient] = []

    def visit(name: str | None = None, language: str = "en") -> Visitor:
        client = TestClient(
            app,
            raise_server_exceptions=False,
            headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": language},
        )
        opened.append(client)
        if name:
            client.cookies.set(app.state.cookie_name, people.tokens[name])
        return Visitor(client)

    yield visit
    for client in opened:
        client.close()


# In a real browser


@pytest.fixture
def portal(app: FastAPI) -> Iterator[str]:
    """Where the portal answers browsers."""
    with served(app) as address:
        yield address


@pytest.fixture
def locale() -> str:
    """How people's browsers are set up."""
    return "en-GB"


@pytest.fixture
def page(
    browser: "Browser", portal: str, app: FastAPI, people: People, locale: str
) -> "Iterator[Open]":
    """Opens a page in a browser of its own, signed in as somebody."""
    contexts: list[BrowserContext] = []

    def open_page(address: str, who: str = "customer", **options: Any) -> "Page":
        given = {"locale": locale, "service_workers": "block", **options}
        context = browser.new_context(base_url=portal, **given)
        contexts.append(context)
        context.set_default_timeout(15_000)
        cookie = {"name": app.state.cookie_name, "value": people.tokens[who], "url": portal}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
