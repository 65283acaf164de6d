"""Fills in the form of any item as a person would, from the answers of an example."""

from decimal import Decimal
from typing import Any

from sqlmodel import Session

from api.languages import LANGUAGE_COOKIE
from catalog.examples import answers_for
from catalog.forms.decode import coded
from services import catalog, forms
from services.access import Viewer
from tests.portal.visitor import Element, Visitor
from tests.services.test_document_types import PDF

MOST_STEPS = 30
"""More pages, and pages shown again for questions that answers bring up, than any form has."""


def example_answers(session: Session, viewer: Viewer, item: str, number: int = 0) -> dict[str, Any]:
    """The answers of an example as this person gives them today."""
    version = catalog.published(session, item, viewer)
    live = forms.context(session, viewer.account_id, "en")
    return answers_for(version.item.examples[number], live)


def flat(answers: Any, within: str = "") -> dict[str, Any]:
    """Answers by the names of their fields; a list of plain values stays one."""
    inner: dict[str, Any] = {}
    if isinstance(answers, dict):
        inner = answers
    elif isinstance(answers, list) and answers and isinstance(answers[0], dict):
        inner = {str(number): one for number, one in enumerate(answers)}
    else:
        return {within: answers}
    found: dict[str, Any] = {}
    for name, value in inner.items():
        found |= flat(value, f"{within}.{name}" if within else name)
    return found


def speak(visitor: Visitor, language: str) -> Visitor:
    """Read on in another language."""
    visitor.client.cookies.set(LANGUAGE_COOKIE, language)
    return visitor


def fill_in(visitor: Visitor, item: str, answers: dict[str, Any]) -> Visitor:
    """Go through the form of an item up to its review."""
    visitor.go(f"/catalog/{item}/form")
    wanted = flat(answers)
    for _ in range(MOST_STEPS):
        assert visitor.status == 200, f"{visitor.address}: {visitor.errors}"
        if visitor.address.partition("?")[0].endswith("/review"):
            return visitor
        assert not visitor.errors, f"{visitor.address}: {visitor.errors}"
        step(visitor, wanted)
    raise AssertionError(f"the form of {item} has no end")


def step(visitor: Visitor, wanted: dict[str, Any]) -> None:
    """Answer what the page asks, and go on."""
    form = visitor.form(id="form")
    for name, count in lists_in(form).items():
        if f"{name}.{count}." in "\n".join(wanted):
            visitor.send(entered(form, wanted), press=f"add:{name}", form=form)
            return
    files = {one.get("name"): ("proof.pdf", PDF, "application/pdf") for one in missing_files(form)}
    visitor.send(entered(form, wanted), press="continue", form=form, files=files or None)


def lists_in(form: Element) -> dict[str, int]:
    """How many items each list on the page shows."""
    added = [one.get("value") for one in form.all("button", name="_action")]
    names = [value.partition(":")[2] for value in added if value.startswith("add:")]
    return {name: items_of(form, name) for name in names}


def items_of(form: Element, name: str) -> int:
    """How many items a list shows."""
    numbers = {
        one.get("name")[len(name) + 1 :].partition(".")[0]
        for one in form.all()
        if one.get("name").startswith(f"{name}.")
    }
    return len(numbers)


def missing_files(form: Element) -> list[Element]:
    """The fields that want a file and have none."""
    return [
        one
        for one in form.all("input", type="file")
        if not [o for o in form.all("input", name=one.get("name"), type="hidden") if o.get("value")]
    ]


def entered(form: Element, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a person enters into the fields of a page; the rest stays as it is."""
    values: dict[str, Any] = {}
    for control in form.all():
        name = control.get("name")
        if name in wanted and control.tag in ("input", "select", "textarea"):
            values[name] = typed(control, wanted[name])
    return values


def typed(control: Element, value: Any) -> Any:
    """How a value is entered into a field."""
    if isinstance(value, list):
        return [coded(one) for one in value]
    if control.within("span") and "money" in control.within("span").classes:  # type: ignore[union-attr]
        return amount(value, control)
    return coded(value)


def amount(minor: int, control: Element) -> str:
    """Minor units as the page's language writes them."""
    page = control.within("html")
    point = "." if page and page.get("lang") == "en" else ","
    return f"{Decimal(minor) / 100:.2f}".replace(".", point)
