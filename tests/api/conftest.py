"""The whole application, called without a network."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from settings import Settings
from store.database import Database
from tests.people import People, demo_people


def without_definitions(settings: Settings) -> Settings:
    """Settings with folders of their own: nobody's edits of the real ones reach a test."""
    folders = {name: settings.data_dir / name for name in ("catalog_dir", "forms_dir")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    return settings.model_copy(update=folders)


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The application over an empty database, without Temporal."""
    return create_app(without_definitions(settings), database)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Keeps cookies like a browser; a mistake of ours is an answer, as it is for people."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def people(database: Database) -> People:
    """The demo accounts, signed in."""
    return demo_people(database)
