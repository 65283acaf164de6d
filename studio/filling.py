"""Fills a form as somebody in a hurry would: what is required, with the first that fits."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from catalog.forms import Context, Form
from catalog.forms.view import FieldView, FormView

DOCUMENT = "document:sample.pdf"
"""Stands for an uploaded document, as in the answers that designers write for simulations."""
MOST_ROUNDS = 40
SENTENCE = "Written for a simulation. "
SAMPLES = {
    "email": "somebody@example.com",
    "tel": "+34600111222",
    "country": "ES",
    "url": "https://example.com",
    "signature": "Some Body",
    "date": None,
}
MOMENTS = ("09:30:00", "09:30:00+00:00", "2027-03-31T09:30:00", "2027-03-31T09:30:00+00:00")
"""A time or a moment in each of their formats."""
TEXTS = ("28013", "ES9121000418450200051332", "123456", "1234", "ABC123", "Madrid", "M")
"""Texts to try where a field wants a certain pattern."""


def filled(form: Form, given: dict[str, Any], context: Context) -> dict[str, Any]:
    """`given` with an answer to every further question that has to be answered."""
    answers = dict(given)
    for _ in range(MOST_ROUNDS):
        view = form.view(answers, context=context)
        missing = next(unanswered(view), None)
        if missing is None:
            break
        put(answers, missing.pointer, answer(form, answers, missing, context))
    return answers


def unanswered(view: FormView) -> Iterator[FieldView]:
    """The required questions without an answer, in order."""
    for page in view.pages:
        yield from (field for field in leaves(page.fields) if is_missing(field))


def asked(form: Form, answers: dict[str, Any], context: Context) -> set[str]:
    """The names of the questions that a form asks whoever has answered so far."""
    view = form.view(answers, context=context)
    return {field.pointer.removeprefix("/") for page in view.pages for field in page.fields}


def leaves(fields: Iterable[FieldView]) -> Iterator[FieldView]:
    """The questions of a form, those of groups and lists included."""
    for field in fields:
        if field.widget == "group":
            yield from leaves(field.fields)
            continue
        yield field
        for item in field.items:
            yield from leaves(item)


def is_missing(field: FieldView) -> bool:
    """Whether the form will not do without an answer to this question."""
    empty = field.value in (None, "", []) or (field.widget == "consent" and not field.value)
    return field.required and empty and not field.read_only


def answer(form: Form, answers: dict[str, Any], field: FieldView, context: Context) -> Any:
    """The first likely answer that the form has nothing against, else the likeliest."""
    likely = list(candidates(field, context))
    for value in likely:
        tried = copied(answers)
        put(tried, field.pointer, value)
        wrong = form.evaluate(tried, context=context).errors
        if not any(error.pointer.startswith(field.pointer) for error in wrong):
            return value
    return likely[0]


def candidates(field: FieldView, context: Context) -> Iterator[Any]:
    """What somebody might answer, the likeliest first."""
    if field.widget == "file" or field.accept:
        yield [DOCUMENT] if field.multiple else DOCUMENT
    elif field.options:
        values = [option.value for option in field.options]
        yield from ([value] for value in values) if field.multiple else values
    elif field.widget in ("checkbox", "consent"):
        yield True
    elif field.widget in ("number", "money", "range"):
        yield from numbers(field)
    elif field.widget == "date":
        yield from (str(day) for day in days(field, context))
    elif field.widget == "list":
        yield [{}]
    elif field.parts:
        yield from MOMENTS
    elif field.widget in SAMPLES:
        yield SAMPLES[field.widget]
    else:
        yield text(field)
        yield from TEXTS


def numbers(field: FieldView) -> Iterator[Any]:
    """Numbers within the bounds of a field."""
    yield field.minimum if field.minimum is not None else 1
    if field.maximum is not None:
        yield field.maximum
    yield 100


def days(field: FieldView, context: Context) -> Iterator[Any]:
    """Days within the bounds of a field, then some near today."""
    if field.minimum:
        yield field.minimum
    if field.maximum:
        yield field.maximum
    for distance in (1, -1, 14, -30, -365 * 30):
        yield context.today + timedelta(days=distance)


def text(field: FieldView) -> str:
    """A text of the right length."""
    least, most = field.min_length or 1, field.max_length or len(SENTENCE)
    written = SENTENCE * (least // len(SENTENCE) + 1)
    return written[: max(least, min(most, len(SENTENCE)))].strip().ljust(least, ".")


def put(answers: dict[str, Any], pointer: str, value: Any) -> None:
    """Put a value at a JSON pointer, with the groups above it."""
    *above, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    at: Any = answers
    for part in above:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value


def copied(value: Any) -> Any:
    """A deep copy of JSON."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value
