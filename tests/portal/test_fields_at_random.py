"""Forms made at random of every widget and keyword: what was answered comes back from the page.

A form is drawn, read as a browser reads it, and sent untouched, in any language. The answers are
the same as before, and everything on the page has a name and a label.
"""

import string
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.forms import Form, lint
from catalog.forms.regions import region_choices
from ground.messages import languages
from tests.catalog.forms.samples import World, when
from tests.portal.drawing import drawn, sent
from tests.portal.kitchen import Schema
from tests.portal.test_fields import assert_labelled

WORLD = World(sources={"my-subscriptions": [("s1", "Fibre"), ("s2", "Mobile")]})
DEEPEST = 2
LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
LINE = st.text(LETTERS | st.just(" "), min_size=1, max_size=30).filter(lambda t: t == t.strip())
WORD = st.text(string.ascii_lowercase, min_size=1, max_size=8)
ZONES = st.sampled_from(["Europe/Madrid", "Asia/Kolkata", "America/Sao_Paulo", "UTC"])
CLOCKS = st.times().map(lambda t: t.replace(microsecond=0))
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))

Asked = tuple[Schema, Any]
"""The schema of a field without its texts, and an answer to it."""


def just(schema: Schema, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    return value.map(lambda answer: (schema, answer))


def string_of(value: st.SearchStrategy[str], **more: Any) -> st.SearchStrategy[Asked]:
    return just({"type": "string", **more}, value)


@st.composite
def moments(draw: st.DrawFn) -> Asked:
    zone = draw(ZONES)
    local = datetime.combine(draw(DAYS), draw(CLOCKS))
    moment = (local - timedelta(minutes=draw(st.integers(0, 600)))).replace(tzinfo=ZoneInfo(zone))
    exact = datetime.fromtimestamp(moment.timestamp(), ZoneInfo(zone))
    schema = {"type": "string", "format": "date-time"}
    named = {"x-zone": zone} if draw(st.booleans()) else {}
    whole = (exact.utcoffset() or timedelta()) % timedelta(minutes=1) == timedelta()
    return {**schema, **named}, (exact if whole else exact.astimezone(ZoneInfo("UTC"))).isoformat()


@st.composite
def numbers(draw: st.DrawFn) -> Asked:
    least, size = draw(st.integers(-1000, 1000)), draw(st.integers(1, 10**6))
    limits = {"minimum": least, "maximum": least + size}
    widget = draw(st.sampled_from(["number", "range", "text"]))
    if draw(st.booleans()):
        value: Any = draw(st.integers(least, least + size))
        return {"type": "integer", "x-widget": widget, **limits}, value
    cents = draw(st.integers(least * 100, (least + size) * 100))
    value = cents // 100 if cents % 100 == 0 else cents / 100
    return {"type": "number", "x-widget": widget, **limits}, value


@st.composite
def ratings(draw: st.DrawFn) -> Asked:
    least, steps = draw(st.integers(0, 2)), draw(st.integers(1, 9))
    value = draw(st.integers(least, least + steps))
    limits = {"minimum": least, "maximum": least + steps}
    return {"type": "integer", "x-widget": "rating", **limits}, value


@st.composite
def amounts(draw: st.DrawFn) -> Asked:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD", "BRL"]))
    value = draw(st.integers(-(10**9), 10**9))
    return {"type": "integer", "x-widget": "money", "x-currency": currency}, value


@st.composite
def choices(draw: st.DrawFn) -> Asked:
    values = draw(st.lists(WORD, min_size=1, max_size=8, unique=True))
    options = {"oneOf": [{"const": value, **texts(value)} for value in values]}
    if draw(st.booleans()):
        some = draw(st.lists(st.sampled_from(values), min_size=1, unique=True))
        chosen = [value for value in values if value in some]
        return {"type": "array", "uniqueItems": True, "items": options}, chosen
    widget = draw(st.sampled_from([{}, {"x-widget": "radio"}, {"x-widget": "select"}]))
    return {**options, **widget}, draw(st.sampled_from(values))


@st.composite
def regions(draw: st.DrawFn) -> Asked:
    country = draw(st.sampled_from(["ES", "BR", "US", "PT"]))
    listed = [code for code, _ in region_choices(country)]
    fixed = {"type": "string", "format": "region", "x-country": country}
    return fixed, draw(st.sampled_from(listed) if listed else LINE)


BOXES = just({"type": "boolean"}, st.booleans())
SINGLE: tuple[st.SearchStrategy[Asked], ...] = (
    string_of(LINE),
    string_of(LINE, maxLength=1000),
    string_of(st.lists(LINE, min_size=1, max_size=3).map("\n".join), **{"x-widget": "textarea"}),
    string_of(LINE, **{"x-widget": "signature"}),
    string_of(LINE, **{"x-widget": "hidden"}),
    string_of(WORD.map(lambda w: f"{w}@example.com"), format="email"),
    string_of(WORD.map(lambda w: f"https://example.com/{w}?a=b&c"), format="uri"),
    string_of(st.sampled_from(["+34600123456", "+351912345678"]), format="tel"),
    string_of(st.just("+34600123456"), format="tel", **{"x-country": "ES"}),
    string_of(st.just("ES9121000418450200051332"), format="iban"),
    string_of(st.sampled_from(["ES", "PT", "JP"]), format="country"),
    string_of(st.sampled_from(["s1", "s2"]), **{"x-options": "my-subscriptions"}),
    string_of(DAYS.map(date.isoformat), format="date"),
    string_of(CLOCKS.map(time.isoformat), format="time-local"),
    string_of(
        st.builds("{}{}".format, CLOCKS, st.sampled_from(["+00:00", "-03:30", "+05:45"])),
        format="time",
    ),
    string_of(
        st.builds("{}T{}".format, DAYS, CLOCKS.map(time.isoformat)), format="date-time-local"
    ),
    moments(),
    numbers(),
    ratings(),
    amounts(),
    choices(),
    regions(),
    BOXES,
    just({"type": "boolean", "const": True}, st.just(True)),
    just({"type": "array", "items": {"type": "string"}}, st.lists(LINE, min_size=1, max_size=3)),
    just({"type": "string", "x-document": {"types": ["application/pdf"], "max_bytes": 9}}, WORD),
)


def texts(title: str) -> Schema:
    """A title in every language."""
    i18n = {code: {"title": f"{title}-{code}"} for code in languages() if code != "en"}
    return {"title": title or "?", "x-i18n": i18n}


@st.composite
def objects(draw: st.DrawFn, depth: int) -> Asked:
    """An object of some fields, each maybe required, maybe behind a choice that holds or not."""
    properties: Schema = {}
    rules: list[Schema] = []
    answers: dict[str, Any] = {}
    required: list[str] = []
    for number in range(draw(st.integers(1, 5 if depth else 8))):
        name = f"f{number}"
        schema, value = draw(fields_of(depth))
        schema = {**schema, **texts(name)}
        said = value != {}  # nobody can send a group without an answer in it
        must = said and draw(st.booleans())
        if draw(st.integers(0, 3)) == 0:
            gate = {"oneOf": [{"const": c, **texts(c)} for c in "xy"], **texts(f"g{number}")}
            properties[f"g{number}"] = gate
            answers[f"g{number}"] = draw(st.sampled_from("xy"))
            then = {"properties": {name: schema}, "required": [name] if must else []}
            rules.append({"if": when(f"g{number}", "x"), "then": then})
        else:
            properties[name] = schema
            required += [name] if must else []
        if must or (said and draw(st.booleans())):
            answers[name] = value
    whole: Schema = {"type": "object", "properties": properties, "required": required}
    return (whole | {"allOf": rules} if rules else whole), answers


def fields_of(depth: int) -> st.SearchStrategy[Asked]:
    if depth >= DEEPEST:
        return st.one_of(SINGLE)
    return st.one_of(*SINGLE, objects(depth + 1), lists(depth + 1))


@st.composite
def lists(draw: st.DrawFn, depth: int) -> Asked:
    """A list of objects that are alike: the answers of one, some of them more than once."""
    schema, value = draw(objects(depth))
    must = [name for name in schema["required"] if schema["properties"][name] != BOXES]
    if not value or not must:
        name = "always"
        schema["properties"][name] = {"type": "string", **texts(name)}
        schema["required"] = [*schema["required"], name]
        value = {**value, name: "x"}
    items = [value] * draw(st.integers(1, 3))
    return {"type": "array", "items": schema, "maxItems": 3}, items


@st.composite
def forms(draw: st.DrawFn) -> tuple[Schema, dict[str, Any]]:
    schema, answers = draw(objects(0))
    return {**schema, **texts("Form")}, answers


Check = Callable[[tuple[Schema, dict[str, Any]], str], None]


def at_random(check: Check) -> Check:
    """Try a check on many forms; always the same ones, so that a failure stays one."""
    quick = settings(
        max_examples=100,
        derandomize=True,
        deadline=timedelta(seconds=10),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    made: Check = quick(given(forms(), st.sampled_from(languages()))(check))
    return made


@at_random
def test_what_was_answered_comes_back_from_the_page(
    made: tuple[Schema, dict[str, Any]], language: str
) -> None:
    schema, answers = made
    assert lint(schema, Registry()) == []
    form = Form.compile(schema, "random")
    clean = form.evaluate(answers, language, context=WORLD)
    assert clean.errors == []
    again = form.evaluate(sent(form, clean.answers, language, WORLD), language, context=WORLD)
    assert again.answers == clean.answers
    assert again.errors == []


@at_random
def test_everything_on_the_page_has_a_name_and_a_label(
    made: tuple[Schema, dict[str, Any]], language: str
) -> None:
    schema, answers = made
    form = Form.compile(schema, "random")
    for given_answers in ({}, answers):
        errors = form.evaluate(given_answers, language, context=WORLD).errors
        assert_labelled(drawn(form, given_answers, language, WORLD, errors))


@at_random
def test_every_mistake_is_explained_where_it_is(
    made: tuple[Schema, dict[str, Any]], language: str
) -> None:
    schema, _ = made
    form = Form.compile(schema, "random")
    errors = form.evaluate({}, language, context=WORLD).errors
    page = drawn(form, {}, language, WORLD, errors)
    for error in errors:
        name = error.pointer[1:].replace("/", ".")
        hidden = [one for one in page.all("input", type="hidden") if one.get("name") == name]
        assert page.all(id=f"{name}-error") or hidden, error


class Registry:
    """The names that these forms use."""

    option_sources = frozenset(WORLD.sources)
    computed: frozenset[str] = frozenset()
