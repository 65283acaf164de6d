"""What pages cost on a phone: few files, few bytes, and nothing that moves while it loads."""

from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, ViewportSize

from bench.pages_in_browser import READ, SHIFT_GOAL, WATCH, addresses
from store.database import Database
from store.requests import StageState
from tests.people import People
from tests.portal.scenes import moved, submitted
from tests.portal.serving import served

MOST_FILES = 5
"""Page, look, what every page is better with, the device's part, and one for what it is about."""
MOST_BYTES = 60_000
SIZES: list[ViewportSize] = [{"width": 320, "height": 640}, {"width": 1280, "height": 800}]


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
def test_pages_are_light_and_nothing_on_them_moves(
    browser: Browser, app: FastAPI, database: Database, people: People, size: ViewportSize
) -> None:
    loan = database.write_now(submitted, people["customer"])
    database.write_now(moved, loan.id, "received", StageState.DONE)
    found: dict[str, Any] = {}
    with served(app) as address:
        cookie = {
            "name": app.state.cookie_name,
            "value": people.tokens["customer"],
            "url": address,
        }
        for name, path in addresses(loan.reference).items():
            context = browser.new_context(viewport=size)
            context.add_cookies([cookie])  # type: ignore[list-item]
            context.add_init_script(WATCH)
            page = context.new_page()
            page.goto(address + path, wait_until="load")
            page.wait_for_timeout(500)
            found[name] = page.evaluate(READ)
            context.close()
    assert {name: one["shift"] for name, one in found.items() if one["shift"] > SHIFT_GOAL} == {}
    assert {name: one["files"] for name, one in found.items() if one["files"] > MOST_FILES} == {}
    assert {name: one["bytes"] for name, one in found.items() if one["bytes"] > MOST_BYTES} == {}
    assert all(one["largest"] > 0 for one in found.values())
