"""Pictures that tests take of pages, kept to be looked at."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from settings import ROOT, TEST_PREFIX

if TYPE_CHECKING:
    from playwright.sync_api import Page

VARIABLE = f"{TEST_PREFIX}ARTEFACTS"
"""The environment variable that names another folder for them."""


def folder() -> Path:
    """Where pictures are kept."""
    return Path(os.environ.get(VARIABLE) or ROOT / "screenshots")


@dataclass
class Camera:
    """Takes pictures of whole pages, numbered in the order of one journey."""

    journey: str
    taken: int = 0

    def take(self, page: "Page", what: str) -> None:
        """Keep a picture of the page as it is."""
        self.taken += 1
        path = folder() / f"{self.journey}-{self.taken}-{what}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
