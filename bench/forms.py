"""How long the verdict on a form takes, and why `jsonschema-rs` is used where it is.

Run `python -m bench.forms`. Times are of one thread; the form has 50 fields, 12 of them shown by a
condition each, on two pages, one of which has a condition too. The page that is drawn has 50 fields
of every common widget, the list of all countries among them.
"""

import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import jsonschema_rs
from jinja2 import Template

from catalog.forms import Form, bundle, lint
from portal.rendering import Words, environment

FORMS = Path(__file__).parents[1] / "forms"
START_FORMS = ("address-change", "case-routing", "loan-request", "plan-upgrade")
ROUNDS = 2000
GOAL_MS = 2.0
GOAL_DRAWN_MS = 10.0

KINDS: list[dict[str, Any]] = [
    {"type": "string", "maxLength": 80},
    {"type": "integer", "minimum": 0},
    {"type": "string", "format": "date"},
    {"oneOf": [{"const": "a"}, {"const": "b"}, {"const": "c"}]},
    {"type": "boolean"},
]
VALUES: list[Any] = ["some words", 3, "2027-01-01", "a", True]


def measure() -> Iterator[str]:
    """The result of each measurement, a line each."""
    form = Form.compile(schema(), "bench")
    worst = 0.0
    for what, answers in cases().items():
        times = timed(partial(form.evaluate, answers))
        worst = max(worst, statistics.median(times))
        verdict = form.evaluate(answers)
        kept, wrong = len(verdict.answers), len(verdict.errors)
        yield line(f"evaluate, {what} ({kept} kept, {wrong} errors)", times)
    page = partial(form.view, cases()["all shown"], page="one")
    yield line("view of one page", timed(page, 200))
    drawn = timed(partial(page_of, Form.compile(wide_schema(), "bench")), 200)
    yield line("evaluate, view and HTML of 50 fields on one page", drawn)
    yield f"goal: under {GOAL_DRAWN_MS} ms; median {statistics.median(drawn):.3f} ms"
    yield from comparison(form)
    for name in START_FORMS:
        yield from at_load(name)
    yield memory("loan-request")
    yield f"goal: under {GOAL_MS} ms; worst median {worst:.3f} ms"


def schema() -> dict[str, Any]:
    """Fifty fields, 38 always there and 12 behind a condition each."""
    always = {f"f{n}": {"title": f"F {n}", **KINDS[n % 5]} for n in range(38)}
    shown = {f"c{n}": {"type": "string", "title": f"C {n}", "minLength": 1} for n in range(12)}
    rules = [
        {
            "if": when(f"f{3 + 5 * (n % 7)}"),
            "then": {"properties": {name: field}, "required": [name]},
        }
        for n, (name, field) in enumerate(shown.items())
    ]
    pages = [
        {"id": "one", "title": "One", "fields": list(always)},
        {"id": "two", "title": "Two", "fields": list(shown), "when": when("f33")},
    ]
    required = list(always)[:25]
    return {
        "type": "object",
        "title": "Bench",
        "x-pages": pages,
        "properties": always,
        "required": required,
        "allOf": rules,
    }


WIDE: list[dict[str, Any]] = [
    *KINDS,
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "tel", "x-country": "ES"},
    {"type": "integer", "x-widget": "money"},
    {"type": "integer", "x-widget": "rating", "minimum": 1, "maximum": 5},
    {"type": "string", "format": "iban"},
]
WIDE_VALUES: list[Any] = [
    *VALUES,
    "2027-03-31T14:30:00+02:00",
    "+34600123456",
    125050,
    4,
    "ES9121000418450200051332",
]
COUNTRY = {"type": "string", "format": "country", "title": "Country"}
TEMPLATE = """{% import "fields.html" as fields with context %}
{% for page in view.pages %}{{ fields.all(page.fields, {}) }}{% endfor %}"""


def wide_schema() -> dict[str, Any]:
    """Fifty fields on one page, one of them a country."""
    fields = {f"f{n}": {"title": f"F {n}", **WIDE[n % len(WIDE)]} for n in range(49)}
    return {"type": "object", "title": "Bench", "properties": {**fields, "country": COUNTRY}}


def page_of(form: Form) -> str:
    """What the portal does for a page of a form, without the frame around it."""
    answers = {f"f{n}": WIDE_VALUES[n % len(WIDE)] for n in range(49)} | {"country": "PT"}
    form.evaluate(answers)
    words = Words("en", ZoneInfo("Europe/Madrid"))
    return template().render(words.names() | {"view": form.view(answers)})


@cache
def template() -> Template:
    """The fields of every page, compiled once as the portal's own pages are."""
    return environment().from_string(TEMPLATE)


def when(name: str) -> dict[str, Any]:
    """A condition: this answer is `a`."""
    return {"properties": {name: {"const": "a"}}, "required": [name]}


def cases() -> dict[str, dict[str, Any]]:
    """Answers of which all count, some are hidden, and some are wrong."""
    full = {f"f{n}": VALUES[n % 5] for n in range(38)} | {f"c{n}": "x" for n in range(12)}
    hidden = full | {"f3": "b", "f8": "c"}
    wrong = hidden | {"f0": 5, "f1": -3, "f2": "2027-02-30"}
    del wrong["f5"]
    return {"all shown": full, "some hidden": hidden, "some wrong": wrong}


def comparison(form: Form) -> Iterator[str]:
    """The same schema and answers by both validators."""
    answers = cases()["all shown"]
    python = jsonschema.Draft202012Validator(form.plain)
    yield line("validation by jsonschema-rs", timed(partial(form.validator.is_valid, answers)))
    yield line("validation by jsonschema", timed(partial(python.is_valid, answers), 100))
    rust_check = partial(jsonschema_rs.meta.is_valid, form.plain)
    python_check = partial(jsonschema.Draft202012Validator.check_schema, form.plain)
    yield line("metaschema by jsonschema-rs", timed(rust_check, 200))
    yield line("metaschema by jsonschema", timed(python_check, 20))


def at_load(name: str) -> Iterator[str]:
    """What one form costs when definitions are loaded."""
    whole = bundle(read(f"{name}.json"), read)
    yield line(f"compile {name}", timed(partial(Form.compile, whole, name), 50))
    yield line(f"lint {name}", timed(partial(lint, whole), 50))


def memory(name: str) -> str:
    """What a compiled form takes, without what the validator holds outside Python."""
    whole = bundle(read(f"{name}.json"), read)
    tracemalloc.start()
    kept = [Form.compile(whole, name) for _ in range(20)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return f"{f'memory of {name}, in Python':58} {size / len(kept) / 1024:8.0f} KiB"


def read(name: str) -> dict[str, Any]:
    """A file of the folder of forms."""
    found: dict[str, Any] = json.loads((FORMS / name).read_text(encoding="utf-8"))
    return found


def timed(act: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The milliseconds of each of many calls."""
    act()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return times


def high(times: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(times, n=100)[98]


def line(what: str, times: list[float]) -> str:
    """One line of the table."""
    return f"{what:58} {statistics.median(times):8.3f} ms   p99 {high(times):8.3f} ms"


if __name__ == "__main__":
    for result in measure():
        sys.stdout.write(result + "\n")
