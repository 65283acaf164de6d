"""What a person with a slow phone waits for, page by page, in real Chromium.

`python -m bench.pages_in_browser [times]` opens each page in a browser that has nothing, and once
more, on a CPU four times slower than this one behind a line of 1.6 Mbit/s and 150 ms. Goals: the
first content under 1 s, the largest under 2.5 s, and nothing moves. The second time the service
worker may fetch the page, whose line Chromium does not slow down.
"""

import statistics
import sys
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ViewportSize

from api.app import create_app
from bench.figures import machine, say, verdict
from bench.portal import customer, portal
from bench.sample_requests import sample
from ground import clock
from services import identity
from settings import Settings
from store.database import Database
from tests.portal.serving import served
from tests.real.browser import HOW_TO_GET, launched

TIMES = 5
STILL_MS = 700
PHONE: ViewportSize = {"width": 390, "height": 844}
SLOWER = 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""1.6 Mbit/s down and 750 kbit/s up, in bytes."""
FIRST_GOAL_MS, LARGEST_GOAL_MS, SHIFT_GOAL = 1000.0, 2500.0, 0.01
WATCH = """
  window.seen = { largest: 0, shift: 0 };
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.seen.largest = one.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.shift += one.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
READ = """() => {
  const [first] = performance.getEntriesByName("first-contentful-paint");
  const [page] = performance.getEntriesByType("navigation");
  const files = performance.getEntriesByType("resource");
  return {
    first: first ? first.startTime : 0,
    largest: window.seen.largest,
    shift: window.seen.shift,
    files: files.filter((file) => file.transferSize > 0).length,
    bytes: [page, ...files].reduce((sum, one) => sum + one.transferSize, 0),
  };
}"""


@dataclass(frozen=True)
class Visit:
    """What one opening of a page took: moments in milliseconds, its shift, its files, its bytes."""

    first: float
    largest: float
    shift: float
    files: int
    bytes: int


def addresses(reference: str) -> dict[str, str]:
    """The pages that are measured."""
    return {
        "home": "/",
        "catalog": "/catalog",
        "item": "/catalog/loan-request",
        "form": "/catalog/loan-request/form/loans",
        "request": f"/requests/{reference}",
        "list": "/requests",
    }


def main(times: int = TIMES) -> None:
    """Run everything and print what came out."""
    with portal() as (settings, database), launched() as browser:
        if browser is None:
            raise SystemExit(HOW_TO_GET)
        measure(settings, database, browser, times)


def measure(settings: Settings, database: Database, browser: Browser, times: int) -> None:
    """Serve the portal, and open each page."""
    viewer = database.read_now(customer)
    reference = database.write_now(sample).open
    opened = database.write_now(identity.open_session, viewer.account_id, "bench", clock.now())
    app = create_app(settings, database)
    with served(app) as address:
        cookie = {"name": app.state.cookie_name, "value": opened.token, "url": address}
        for name, page in addresses(reference).items():
            both = [twice(browser, cookie, address + page) for _ in range(times)]
            say_of(name, "first visit", [fresh for fresh, _ in both])
            say_of(name, "next visit", [again for _, again in both])


def twice(browser: Browser, cookie: dict[str, str], address: str) -> tuple[Visit, Visit]:
    """Open a page in a browser that has nothing, and once more."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, device_scale_factor=2)
    context.add_cookies([cookie])  # type: ignore[list-item]
    context.add_init_script(WATCH)
    try:
        return visit(context, address), visit(context, address)
    finally:
        context.close()


def visit(context: BrowserContext, address: str) -> Visit:
    """Open a page on a slow phone, and wait until it is still."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(STILL_MS)
    seen: dict[str, Any] = page.evaluate(READ)
    page.close()
    return Visit(**seen)


def say_of(name: str, which: str, visits: list[Visit]) -> None:
    """One line of figures: medians, and whether the goals were reached."""
    first = statistics.median(one.first for one in visits)
    largest = statistics.median(one.largest for one in visits)
    shift = max(one.shift for one in visits)
    reached = first < FIRST_GOAL_MS and largest < LARGEST_GOAL_MS and shift <= SHIFT_GOAL
    say(
        f"{name:8} {which:11} first {first:5.0f} ms  largest {largest:5.0f} ms  shift {shift:.3f}  "
        f"{visits[-1].files:2} files  {visits[-1].bytes / 1000:6.1f} kB  {verdict(reached)}"
    )


if __name__ == "__main__":
    say(machine())
    main(*map(int, sys.argv[1:2]))
