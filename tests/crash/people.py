"""Customers and staff at a counter that keeps falling over: they try until they are answered."""

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.real.installation import Installation
from tests.real.processes import wait_until

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.1
AWAY = (502, 503, 504)


@dataclass
class Person:
    """Somebody signed in, who repeats a call until it is answered."""

    installation: Installation
    email: str
    token: str = ""

    def sign_in(self) -> None:
        """Open a session, which outlives the server."""
        who = {"email": self.email, "password": self.installation.password}
        self.token = self.call("POST", "/api/sessions", who)["token"]

    def call(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        """The answer to a call. Raises `HTTPError` for a refusal, `TimeoutError` for silence."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return self.attempt(method, path, body, key)
            except HTTPError as error:
                if error.code not in AWAY:
                    error.add_note(error.read().decode())
                    raise
            except (URLError, HTTPException, ConnectionError, TimeoutError):
                pass
            time.sleep(PAUSE_SECONDS)
        raise TimeoutError(f"{method} {path} was not answered for {PATIENCE_SECONDS:g} s")

    def attempt(self, method: str, path: str, body: object, key: str) -> Any:
        """Call once."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.installation.url + path, data, headers, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def pages(self, path: str) -> list[Any]:
        """Every item of a list."""
        items, after = [], ""
        while True:
            page = self.call("GET", f"{path}?limit=100{after}")
            items += page["items"]
            if not page["next"]:
                return items
            after = f"&after={page['next']}"


@dataclass
class Customer(Person):
    """Submits requests one after another; `made` are their ids by idempotency key."""

    made: dict[str, str] = field(default_factory=dict)

    def submit(self, key: str, body: object) -> None:
        """Submit until it is accepted, always under the same key."""
        self.made[key] = self.call("POST", "/api/requests", body, key)["id"]


@dataclass
class Agent(Person):
    """Answers whatever task is open."""

    answers: dict[str, Any] = field(default_factory=dict)
    """What to answer, by kind of task."""

    def work(self) -> None:
        """Answer what is open now; a task that has been taken meanwhile is somebody else's."""
        for task in self.pages("/api/tasks"):
            answers = {"answers": self.answers[task["kind"]]}
            try:
                self.call("POST", f"/api/tasks/{task['id']}/complete", answers)
            except HTTPError as error:
                if error.code not in (404, 409):
                    raise


class Crowd:
    """Threads of people; what goes wrong with one of them is raised to whoever waits."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self.faults: list[Exception] = []
        self.threads: list[threading.Thread] = []

    def send(self, work: Callable[[], None]) -> None:
        """Send somebody to do something once."""

        def run() -> None:
            try:
                work()
            except Exception as error:
                self.faults.append(error)

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def keep(self, work: Callable[[], None], every: float) -> None:
        """Have somebody do something again and again until closing time."""

        def repeat() -> None:
            while not self.closing.wait(random.uniform(0, 2 * every)):
                work()

        self.send(repeat)

    def wait_until(self, happens: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait as long as all is well with everybody. Raises the first fault, or `TimeoutError`."""
        wait_until(lambda: bool(self.faults) or happens(), seconds, what)
        if self.faults:
            raise self.faults[0]

    def go_home(self) -> None:
        """Close, and wait for all of them. Raises the first fault."""
        self.closing.set()
        self.wait_until(
            lambda: not any(thread.is_alive() for thread in self.threads),
            PATIENCE_SECONDS,
            "the end of everybody's work",
        )
