"""The fields of a form as a page draws them, and what a browser sends of them."""

from typing import Any
from zoneinfo import ZoneInfo

from catalog.forms import Context, Form, FormView
from ground.errors import FieldError
from portal.rendering import Words, environment
from tests.portal.visitor import Element, Reader, fields

PAGE = environment().from_string(
    '{% import "fields.html" as fields with context %}'
    "<form>{% for page in view.pages if page.active %}"
    "{{ fields.all(page.fields, {}, more) }}{% endfor %}</form>"
)


def html_of(view: FormView, language: str = "en", more: str = "") -> str:
    """The HTML of every field that is asked."""
    return PAGE.render(Words(language, ZoneInfo("UTC")).names() | {"view": view, "more": more})


def drawn(
    form: Form,
    answers: dict[str, Any],
    language: str = "en",
    context: Context | None = None,
    errors: list[FieldError] | None = None,
    more: str = "",
) -> Element:
    """The form as a page shows it, read back as elements."""
    view = form.view(answers, language, errors or [], context=context)
    return Reader(html_of(view, language, more)).root.one("form")


def sent(
    form: Form, answers: dict[str, Any], language: str = "en", context: Context | None = None
) -> dict[str, Any]:
    """The answers that come back when somebody sends the form without touching it."""
    pairs = fields(drawn(form, answers, language, context))
    return form.from_fields(pairs, language)
