"""What holds for every form whose conditions run in no circle, and for any answers.

Forms are made at random: each field may depend on an earlier one, in one of the ways JSON Schema or
our pages offer, and may sit inside a group. An oracle that knows only "a field counts while the one
it depends on counts and has the wanted value" says what must remain.
"""

from dataclasses import dataclass
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.forms import Form, lint
from tests.catalog.forms.samples import Schema, start_form, when

WAYS = ("then", "else", "dependent", "page", "branch")
VALUES = st.sampled_from(["x", "y", "z", 1, True, None, ["x"], {"x": 1}])


@dataclass(frozen=True)
class Wish:
    """A field: it counts while `other` has `value` (or has it not, or is there at all)."""

    name: str
    way: str
    other: str
    value: str
    required: bool
    default: bool


@st.composite
def wishes(draw: st.DrawFn) -> list[Wish]:
    count = draw(st.integers(1, 9))
    result = []
    for number in range(count):
        way = draw(st.sampled_from(("always", *WAYS))) if number else "always"
        other = f"f{draw(st.integers(0, number - 1))}" if number else ""
        value = draw(st.sampled_from("xy"))
        required, default = draw(st.booleans()), draw(st.booleans()) and draw(st.booleans())
        result.append(Wish(f"f{number}", way, other, value, required, default))
    return result


def field(wish: Wish) -> Schema:
    texts = {"title": wish.name, "x-i18n": {code: {"title": wish.name} for code in ("es", "pt")}}
    default = {"default": "x"} if wish.default else {}
    return {"type": "string", "maxLength": 1, **texts, **default}


def built(wanted: list[Wish]) -> Schema:
    """The schema of a form with these fields."""
    whole: Schema = {"type": "object", "title": "F", "properties": {}, "required": [], "allOf": []}
    whole["x-i18n"] = {code: {"title": "F"} for code in ("es", "pt")}
    pages: list[Schema] = []
    for wish in wanted:
        must = [wish.name] if wish.required else []
        part: Schema = {"properties": {wish.name: field(wish)}, "required": must}
        page: Schema = {"id": wish.name, "title": wish.name, "fields": [wish.name]}
        page["x-i18n"] = {code: {"title": wish.name} for code in ("es", "pt")}
        if wish.way in ("always", "page"):
            whole["properties"] |= part["properties"]
            whole["required"] += must
            if wish.way == "page":
                page["when"] = when(wish.other, wish.value)
        else:
            whole["allOf"].append(guarded(wish, part))
        pages.append(page)
    if not whole["allOf"]:
        del whole["allOf"]
    return {**whole, "x-pages": pages}


def guarded(wish: Wish, part: Schema) -> Schema:
    match wish.way:
        case "then":
            return {"if": when(wish.other, wish.value), "then": part}
        case "else":
            return {"if": when(wish.other, wish.value), "else": part}
        case "dependent":
            return {"dependentSchemas": {wish.other: part}}
    # One branch of a discriminator, for fields that are there at all: the others have nothing more.
    told = {"title": "T", "x-i18n": {code: {"title": "T"} for code in ("es", "pt")}}
    branches = [
        {
            "required": [wish.other, *part["required"]],
            "properties": {wish.other: {"const": wish.value, **told}, **part["properties"]},
        },
        {
            "required": [wish.other],
            "properties": {wish.other: {"enum": [v for v in "xyz" if v != wish.value]}},
        },
    ]
    return {"if": {"required": [wish.other]}, "then": {"oneOf": branches}}


def expected(wanted: list[Wish], answers: dict[str, Any]) -> dict[str, Any]:
    """What must remain of the answers, worked out field by field."""
    kept: dict[str, Any] = {}
    for wish in wanted:
        same = wish.other in kept and kept[wish.other] == wish.value
        counts = {
            "always": True,
            "then": same,
            "page": same,
            "branch": same,
            "else": not same,
            "dependent": wish.other in kept,
        }[wish.way]
        if counts and wish.name in answers:
            kept[wish.name] = answers[wish.name]
        elif counts and wish.default:
            kept[wish.name] = "x"
    return kept


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Wish], dict[str, Any]]:
    wanted = draw(wishes())
    names = st.sampled_from([wish.name for wish in wanted])
    return wanted, draw(st.dictionaries(names, VALUES | st.sampled_from("xy"), max_size=9))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_what_remains_is_what_counts(case: tuple[list[Wish], dict[str, Any]]) -> None:
    wanted, answers = case
    verdict = Form.compile(built(wanted), "f").evaluate(answers)
    assert verdict.answers == expected(wanted, answers)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_pruning_twice_changes_nothing(case: tuple[list[Wish], dict[str, Any]]) -> None:
    wanted, answers = case
    form = Form.compile(built(wanted), "f")
    once = form.evaluate(answers)
    again = form.evaluate(once.answers)
    assert again == once


@settings(max_examples=80, deadline=None)
@given(cases())
def test_another_validator_reaches_the_same_verdict(
    case: tuple[list[Wish], dict[str, Any]],
) -> None:
    wanted, answers = case
    form = Form.compile(built(wanted), "f")
    verdict = form.evaluate(answers)
    other = jsonschema.Draft202012Validator(form.plain)
    assert verdict.valid == other.is_valid(verdict.answers)


@settings(max_examples=50, deadline=None)
@given(cases())
def test_without_page_conditions_clean_answers_fit_the_authors_schema(
    case: tuple[list[Wish], dict[str, Any]],
) -> None:
    wanted, answers = case
    schema = built([wish for wish in wanted if wish.way != "page"])
    verdict = Form.compile(schema, "f").evaluate(answers, strict=False)
    if verdict.valid:
        jsonschema.validate(verdict.answers, schema, jsonschema.Draft202012Validator)


@settings(max_examples=50, deadline=None)
@given(wishes())
def test_these_forms_are_what_the_linter_accepts(wanted: list[Wish]) -> None:
    assert lint(built(wanted)) == []


@settings(max_examples=50, deadline=None)
@given(cases())
def test_no_error_is_about_a_hidden_field(case: tuple[list[Wish], dict[str, Any]]) -> None:
    wanted, answers = case
    verdict = Form.compile(built(wanted), "f").evaluate(answers)
    shown = {name for page in verdict.pages for name in page.fields}
    assert {error.pointer[1:] for error in verdict.errors} <= shown


@settings(max_examples=50, deadline=None)
@given(cases(), st.sampled_from(["en", "es", "pt"]))
def test_a_view_can_be_drawn_of_any_answers(
    case: tuple[list[Wish], dict[str, Any]], language: str
) -> None:
    wanted, answers = case
    form = Form.compile(built(wanted), "f")
    verdict = form.evaluate(answers, language)
    view = form.view(answers, language, errors=verdict.errors)
    assert [page.id for page in view.pages if page.active] == [page.id for page in verdict.pages]


FREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
LOAN = start_form("loan-request")
LOAN_NAMES = st.sampled_from(["amount", "employment", "existing_loans", "has_loans", "payslips"])


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(LOAN_NAMES | st.text(), FREE, max_size=6))
def test_nothing_that_json_can_say_breaks_the_engine(answers: dict[str, Any]) -> None:
    verdict = LOAN.evaluate(answers)
    assert LOAN.evaluate(verdict.answers).answers == verdict.answers
    LOAN.view(answers, errors=verdict.errors)
    LOAN.documents(answers)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(LOAN_NAMES | st.text(), st.text()), max_size=8))
def test_nothing_that_html_can_post_breaks_the_engine(pairs: list[tuple[str, str]]) -> None:
    LOAN.evaluate(LOAN.from_fields(pairs, "es"), strict=False)
