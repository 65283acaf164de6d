"""A real browser, driven by Playwright: whichever Chromium or Chrome this machine has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_GET = (
    "no browser: install Chromium or Chrome (Debian: `apt-get install chromium`), "
    "or run `.venv/bin/playwright install chromium`"
)


@contextmanager
def launched() -> Iterator[Browser | None]:
    """The browser; none where none is installed."""
    with sync_playwright() as playwright:
        program = find(playwright)
        if program is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def find(playwright: Playwright) -> str | None:
    """Path of an installed browser, the system's before Playwright's own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    candidates = [found, *APPS, playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).exists()), None)
