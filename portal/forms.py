"""Forms under way: typed fields in, a page of a form out, whichever form it is."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import Request
from sqlmodel import Session
from starlette.datastructures import UploadFile

from catalog.forms import Form
from catalog.forms.changes import FormChanges, Misfit, changes, misfits
from catalog.forms.decode import ITEM
from catalog.forms.evaluation import Evaluation
from catalog.forms.view import FieldView, FormView, PageView
from catalog.versions import Version
from ground.errors import FieldError, NotFound, Refusal
from portal.visits import Pairs, Posted
from services import documents, drafts, forms
from services.access import Viewer
from services.document_files import Files
from services.drafts import Answers
from services.origins import Origin, every
from store.documents import Document
from store.drafts import Draft


@dataclass(frozen=True)
class Filling:
    """A form that somebody fills in, with the answers so far.

    `base` is the address below which its pages lie, `leave` where one goes who saves it for later,
    `customer_id` whose data it may offer. `carried` is what addresses say of its first answers for
    as long as nothing of it is kept.
    """

    subject: str
    base: str
    title: str
    version: Version
    form: Form
    customer_id: str
    start: Answers
    draft: Draft | None = None
    leave: str = ""
    origin: Origin | None = None
    carried: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> Answers:
        """What has been typed so far, else what the form begins with."""
        return self.draft.answers if self.draft else self.start

    @property
    def changed(self) -> bool:
        """Whether the form is another one than the draft was typed into."""
        return self.draft is not None and self.draft.version != self.version.hash


Opener = Callable[[Session, Viewer, str], Filling]
"""Finds a form for a viewer in a language; raises a `Refusal` where they may not fill it in."""


@dataclass(frozen=True)
class News:
    """How a form has changed since it was begun, and which answers no longer fit it."""

    changes: FormChanges
    misfits: list[Misfit]


@dataclass(frozen=True)
class Shown:
    """A form as it is to be drawn: one page of it, or all."""

    filling: Filling
    judged: Evaluation
    view: FormView
    documents: dict[str, Document]
    unseen: tuple[str, ...] = ()
    news: News | None = None

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """Pointer and sentence of everything to correct."""
        return self.view.errors

    @property
    def active(self) -> list[str]:
        """The ids of the pages that have something to ask."""
        return [page.id for page in self.judged.pages]

    def page(self, page_id: str) -> PageView:
        """One page. Raises `NotFound` for one that is not asked."""
        for page in self.view.pages:
            if page.id == page_id and page.active:
                return page
        raise NotFound("common.not_found")


# What was typed


@dataclass(frozen=True)
class Upload:
    """Files that came with a form: those taken in, and what was wrong with the others."""

    documents: list[tuple[str, Document]]
    errors: list[FieldError]


async def take_in(request: Request, viewer: Viewer, posted: Posted) -> Upload:
    """Store the bytes of the files; their rows are written with the draft."""
    files: Files = request.app.state.files
    upload = Upload([], [])
    for name, file in posted.files:
        try:
            document = await asyncio.to_thread(stored, files, file, viewer)
        except Refusal as refusal:
            upload.errors.append(FieldError(pointer_of(name), *reason(refusal)))
        else:
            upload.documents.append((name, document))
    return upload


def stored(files: Files, file: UploadFile, viewer: Viewer) -> Document:
    return documents.take_in(files, file.file, file.filename or "", viewer.account_id)


def reason(refusal: Refusal) -> tuple[str, dict[str, Any]]:
    """The most exact words that a refusal of a file has."""
    inner = getattr(refusal, "fields", None)
    return (inner[0].key, inner[0].params) if inner else (refusal.key, refusal.params)


def pointer_of(name: str) -> str:
    """The JSON pointer of a field by its flat name."""
    return "".join(f"/{step}" for step in name.split("."))


def name_of(pointer: str) -> str:
    """The flat name of a field by its JSON pointer."""
    return pointer.removeprefix("/").replace("/", ".")


MOVES = {"up": -1, "down": 1}
"""The buttons that move an item of a list, and by how many places."""


def kept(posted: Posted) -> Pairs:
    """The fields as a button leaves them, which moves or takes away an item or a document."""
    verb, about = posted.action
    if verb == "remove":
        return [pair for pair in posted.pairs if not belongs(pair[0], [about])]
    if verb in MOVES:
        return moved(posted.pairs, about, MOVES[verb])
    if verb == "drop":
        name, _, document = about.partition(":")
        return [pair for pair in posted.pairs if pair != (name, document)]
    return posted.pairs


def moved(pairs: Pairs, about: str, step: int) -> Pairs:
    """The fields with the item `about` of a list and its neighbour in each other's places."""
    name, _, number = about.rpartition(".")
    inside = (field.removeprefix(f"{name}.") for field, _ in pairs if belongs(field, [name]))
    numbers = sorted({n for rest in inside if ITEM.fullmatch(n := rest.partition(".")[0])}, key=int)
    there = numbers.index(number) + step if number in numbers else -1
    if not 0 <= there < len(numbers):
        return pairs
    return [(swapped(field, about, f"{name}.{numbers[there]}"), value) for field, value in pairs]


def item_after(verb: str, about: str) -> str:
    """The id of an item of a list in the place to which a button has moved it."""
    name, _, number = about.rpartition(".")
    place = int(number) + MOVES[verb] if ITEM.fullmatch(number) else 0
    return f"{name}.{max(place, 0)}-item"


def swapped(field: str, one: str, other: str) -> str:
    """The name of a field that was in one of two items and is now in the other."""
    for old, new in ((one, other), (other, one)):
        if belongs(field, [old]):
            return new + field.removeprefix(old)
    return field


def keep(
    session: Session,
    viewer: Viewer,
    language: str,
    filling: Filling,
    posted: Posted,
    upload: Upload,
) -> tuple[Filling, list[FieldError]]:
    """Write what was typed and uploaded into the draft; the errors are those of the uploads."""
    errors = list(upload.errors)
    pairs = kept(posted)
    for name, document in upload.documents:
        try:
            documents.add(session, document)
        except Refusal as refusal:
            errors.append(FieldError(pointer_of(name), *reason(refusal)))
        else:
            pairs = [*pairs, (name, document.id)]
    typed = filling.form.from_fields(pairs, language)
    names = {name for name, _ in posted.pairs}
    answers = drafts.merged(filling.answers, names, typed)
    origin = filling.origin.model_dump() if filling.origin else None
    version = filling.version.hash
    draft = drafts.save(session, viewer, filling.subject, version, answers, origin)
    return replace(filling, draft=draft), errors


# What is shown


def judge(session: Session, filling: Filling, language: str, page: str | None) -> Evaluation:
    """The verdict on the answers so far."""
    live = forms.context(session, filling.customer_id, language)
    return filling.form.evaluate(filling.answers, language, page=page, context=live, strict=False)


def judge_all(
    session: Session, viewer: Viewer, filling: Filling, language: str, page: str | None
) -> Evaluation:
    """The same, and what is wrong with the documents: their kind, their size, a virus."""
    judged = judge(session, filling, language, page)
    form, known = filling.form, {error.pointer for error in judged.errors}
    wrong = [
        error
        for error in documents.wrong(session, viewer, form.documents(judged.answers))
        if error.pointer not in known and (page is None or form.page_of(error.pointer) == page)
    ]
    return replace(judged, errors=[*judged.errors, *wrong]) if wrong else judged


def draw(
    session: Session,
    viewer: Viewer,
    language: str,
    filling: Filling,
    page: str | None,
    errors: Iterable[FieldError] = (),
    judged: Evaluation | None = None,
    unseen: Iterable[str] = (),
) -> Shown:
    """The form, or one page of it, with its errors where they belong. Raises `NotFound`."""
    live = forms.context(session, filling.customer_id, language)
    judged = judged or judge(session, filling, language, page)
    answers = filling.answers
    plain = filling.form.view(answers, language, page=page, context=live)
    placed = list(errors)
    if placed:
        pointers = pointers_of(fields_of(plain))
        placed = [at_a_field(error, pointers) for error in placed]
        plain = filling.form.view(answers, language, placed, page=page, context=live)
    named = documents_named(session, viewer, filling)
    news = news_of(session, filling, language)
    return Shown(filling, judged, plain, named, tuple(unseen), news)


def news_of(session: Session, filling: Filling, language: str) -> News | None:
    """What is new to the writer of a draft whose form is another one by now."""
    if filling.draft is None or not filling.changed:
        return None
    try:
        old = forms.form(session, filling.draft.version, filling.form.name)
    except (NotFound, KeyError):  # it was of a version that had no such form
        return News(FormChanges(), [])
    live = forms.context(session, filling.customer_id, language)
    typed = filling.draft.answers if filling.draft.before is None else filling.draft.before
    return News(
        changes(old, filling.form, language),
        misfits(old, filling.form, typed, language, live),
    )


def pointers_of(fields: Iterable[FieldView]) -> set[str]:
    """Where the fields are, those of one more item of a list too."""
    found = set()
    for one in every(fields):
        found.add(one.pointer)
        for row in one.blanks:
            found |= pointers_of(row)
    return found


def fields_of(view: FormView) -> list[FieldView]:
    """The fields of all pages that are drawn."""
    return [field for page in view.pages for field in page.fields]


def asked(fields: Iterable[FieldView]) -> Iterable[str]:
    """The names that a drawn form posts: of everything but groups, lists and what is read only."""
    for one in fields:
        if one.read_only:
            continue
        if one.widget == "group":
            yield from asked(one.fields)
        else:
            yield one.name


def at_a_field(error: FieldError, pointers: set[str]) -> FieldError:
    """The error at the nearest field that is drawn: a second file belongs to its file field."""
    pointer = error.pointer
    while pointer and pointer not in pointers:
        pointer = pointer.rpartition("/")[0]
    return replace(error, pointer=pointer or error.pointer)


def documents_named(session: Session, viewer: Viewer, filling: Filling) -> dict[str, Document]:
    """The documents in the answers that the viewer may read; others have no name."""
    return documents.readable_among(session, viewer, filling.form.documents(filling.answers))


def judged_page(
    session: Session,
    viewer: Viewer,
    language: str,
    filling: Filling,
    page: str | None,
    posted: Posted,
    more_errors: Iterable[FieldError] = (),
) -> Shown:
    """A page after it was sent: what is wrong with what was asked, and what was not asked yet.

    An answer may bring up further questions; nobody is blamed for those before seeing them.
    """
    judged = judge_all(session, viewer, filling, language, page)
    drawn = draw(session, viewer, language, filling, page, judged=judged)
    seen = {name for name, _ in posted.pairs} | {name for name, _ in posted.files}
    unseen = [name for name in asked(fields_of(drawn.view)) if name not in seen]
    more = list(more_errors)
    refused = {error.pointer for error in more}
    errors = more + [
        error
        for error in judged.errors
        if error.pointer not in refused and not belongs(name_of(error.pointer), unseen)
    ]
    if not errors and not unseen:
        return drawn
    return draw(session, viewer, language, filling, page, errors, judged, unseen)


def belongs(name: str, names: Iterable[str]) -> bool:
    """Whether a field is one of the named ones or lies inside one."""
    return any(name == one or name.startswith(f"{one}.") for one in names)
