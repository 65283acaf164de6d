"""Where the first answers of a form come from besides the profile: a link, or an old request.

Both are a customer's own input, to be looked through before they are sent. What only the moment can
give is never taken over: consent, signatures, and answers that the form masks.
"""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from sqlmodel import Session

from catalog.forms import FieldView, Form
from catalog.forms.changes import holds
from catalog.forms.walk import steps
from ground.errors import NotFound
from services import catalog, documents, forms, requests
from services.access import Viewer
from store.requests import Request

PERSONAL = frozenset({"consent", "signature", "password"})
"""Widgets whose answers belong to the moment in which they are given."""

Answers = dict[str, Any]
Pairs = Iterable[tuple[str, str]]


class Origin(BaseModel):
    """What a form was begun with: `answers` as they were then, of a link or of an old request.

    `left` are the JSON pointers of what the request of this `reference` had answered and what was
    not taken over.
    """

    kind: Literal["link", "request"]
    answers: Answers
    reference: str = ""
    left: list[str] = []


def from_link(form: Form, pairs: Pairs) -> Origin | None:
    """What an address says about a form, if anything: `?amount=500`."""
    answers = form.prefill_from(list(pairs))
    return Origin(kind="link", answers=answers) if answers else None


def from_request(
    session: Session, viewer: Viewer, reference: str, item_id: str, form: Form, language: str
) -> Origin:
    """The answers of an old request of the viewer's own that still fit the form of its item.

    Raises `NotFound` for anybody else's request or one of another item.
    """
    request = requests.readable(session, viewer, reference)
    if request.customer_id != viewer.account_id or request.item_id != item_id:
        raise NotFound("requests.not_found", reference=reference)
    live = forms.context(session, viewer.account_id, language)
    kept = form.evaluate(request.answers, language, context=live, strict=False).sound
    view = form.view(kept, language, context=live)
    fields = [field for page in view.pages for field in page.fields]
    out = [field.pointer for field in every(fields) if personal(field)]
    given = form.documents(kept)
    usable = documents.usable_among(session, viewer, given)
    out += [one.pointer for one in given if one.document_id not in usable]
    for pointer in sorted(out, key=by_place, reverse=True):
        kept = cut(kept, steps(pointer))
    return Origin(
        kind="request",
        answers=kept,
        reference=request.reference,
        left=left_of(session, request, kept, language),
    )


def repeatable(session: Session, viewer: Viewer, request: Request) -> bool:
    """Whether the viewer may ask for the same again: their own, of an item still offered."""
    if request.customer_id != viewer.account_id:
        return False
    return bool(catalog.titles(session, viewer, [request.item_id], viewer.language))


def left_of(session: Session, request: Request, kept: Answers, language: str) -> list[str]:
    """The pointers of what the request has answered and `kept` has not."""
    form = catalog.version(session, request.version).form()
    live = forms.context(session, request.customer_id, language)
    return [
        row.pointer
        for row in form.view(request.answers, language, context=live).review
        if steps(row.pointer)[0] not in form.computed and not holds(kept, steps(row.pointer))
    ]


def personal(field: FieldView) -> bool:
    """Whether an answer must be given anew each time."""
    return field.masked or field.widget in PERSONAL


def every(fields: Iterable[FieldView]) -> Iterable[FieldView]:
    """The fields, those inside groups and lists too."""
    for field in fields:
        yield field
        yield from every(field.fields)
        for item in field.items:
            yield from every(item)


def by_place(pointer: str) -> list[tuple[bool, int, str]]:
    """Sorts pointers so that items of a list come in the order of their numbers."""
    return [(s.isdecimal(), int(s) if s.isdecimal() else 0, s) for s in steps(pointer)]


def cut(value: Any, path: list[str]) -> Any:
    """A copy without the answer at a path; a group or a list that becomes empty goes with it."""
    if isinstance(value, list):
        index = int(path[0])
        inner = [cut(value[index], path[1:])] if len(path) > 1 else []
        return [*value[:index], *(one for one in inner if one not in ({}, [])), *value[index + 1 :]]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {name: inner for name, inner in value.items() if name != path[0]}
    inner = cut(value[path[0]], path[1:]) if len(path) > 1 else {}
    return rest if inner in ({}, []) else {**rest, path[0]: inner}
