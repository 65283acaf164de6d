"""What tests in a real browser share: the fixture `page` opens pages, signed in as somebody."""

from collections.abc import Callable

from playwright.sync_api import Page

PHONE = {"width": 320, "height": 640}
DESKTOP = {"width": 1280, "height": 800}

Open = Callable[..., Page]
