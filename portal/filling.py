"""Filling in a form page by page: what was typed is kept first, then judged, then one goes on."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Response
from sqlmodel import Session

from catalog.forms.view import FieldView, ReviewRow
from catalog.forms.walk import steps
from ground.errors import Invalid, NotFound
from ground.messages import languages, translate
from portal import forms
from portal.address_lookup import FIND, USE, look_up, looked
from portal.forms import Filling, Opener, Shown, Upload
from portal.identity import speaking
from portal.visits import Posted, SignedVisit, see_other
from services import drafts
from services.access import Viewer
from services.drafts import Answers
from services.origins import every

REVIEW = "review"


@dataclass(frozen=True)
class Step:
    """One page of a form, and its place among those that are asked."""

    shown: Shown
    page: str

    @property
    def steps(self) -> list[str]:
        """The pages that are asked, the review last."""
        return [*self.shown.active, REVIEW]

    @property
    def number(self) -> int:
        """Which of them this is, counted from 1."""
        return self.steps.index(self.page) + 1 if self.page in self.steps else 1

    @property
    def before(self) -> str | None:
        """The page before this one."""
        return self.steps[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> str:
        """The page after this one."""
        return self.steps[self.number]

    def address(self, page: str, **query: str) -> str:
        """Where a page of this form is."""
        filling = self.shown.filling
        path = f"{filling.base}/{REVIEW}" if page == REVIEW else f"{filling.base}/form/{page}"
        if filling.draft is None:
            query = {**filling.carried, **query}
        return f"{path}?{urlencode(query)}" if query else path


# Reading


def read_step(
    session: Session, viewer: Viewer, language: str, opener: Opener, page: str, check: bool
) -> Step:
    """A page as it stands; with `check` also what is wrong with it. Raises `NotFound`."""
    filling = opener(session, viewer, language)
    known(filling, page)
    judged = forms.judge_all(session, viewer, filling, language, page)
    errors = judged.errors if check else []
    return Step(forms.draw(session, viewer, language, filling, page, errors, judged), page)


def known(filling: Filling, page: str) -> None:
    """Raises `NotFound` for a page that the form does not have."""
    if page not in [one.id for one in filling.form.pages]:
        raise NotFound("common.not_found")


def read_review(session: Session, viewer: Viewer, language: str, opener: Opener) -> Shown:
    """All answers, and everything that is still to correct."""
    filling = opener(session, viewer, language)
    judged = forms.judge_all(session, viewer, filling, language, None)
    return forms.draw(session, viewer, language, filling, None, judged.errors, judged)


def first_page(session: Session, viewer: Viewer, language: str, opener: Opener) -> str:
    """Where to begin or go on: the first page that is not right yet, else the review."""
    shown = read_review(session, viewer, language, opener)
    step = Step(shown, REVIEW)
    if shown.filling.draft is None:
        return step.address(step.steps[0])
    return step.address(page_to_correct(shown))


def page_to_correct(shown: Shown) -> str:
    """The first page on which something is wrong, else the review."""
    wrong = {shown.filling.form.page_of(pointer) for pointer, _ in shown.errors}
    return next((page for page in shown.active if page in wrong), REVIEW)


# The pages


async def begin(visit: SignedVisit, opener: Opener) -> Response:
    """Go to the page where the form begins or goes on."""
    return see_other(await visit.database.read(first_page, visit.viewer, visit.language, opener))


async def show_page(visit: SignedVisit, opener: Opener, page: str) -> Response:
    """One page of the form; `check` in the address shows what is wrong with it."""
    query = visit.request.query_params
    step = await visit.database.read(
        read_step, visit.viewer, visit.language, opener, page, "check" in query
    )
    return await page_of(visit, step, 200, more=query.get("add", ""))


async def page_of(visit: SignedVisit, step: Step, status: int, more: str = "") -> Response:
    """A step as a page; `more` names a list that gets one more empty item.

    A page that other answers have made pointless leads to where the form goes on.
    """
    shown = step.shown
    if step.page not in shown.active:
        return see_other(step.address(page_to_correct(shown)))
    return await visit.page(
        "form_page.html",
        status,
        step=step,
        filling=shown.filling,
        page=shown.page(step.page),
        errors=shown.errors,
        unseen=shown.unseen,
        documents=shown.documents,
        more=more,
        changing=changing(visit),
        news=shown.news,
        begun_with=begun_with(shown, step.page),
    )


async def post_page(visit: SignedVisit, opener: Opener, page: str, posted: Posted) -> Response:
    """Keep what was typed, then do what the pressed button says."""
    posted = await look_up(visit, posted)
    upload = await forms.take_in(visit.request, visit.viewer, posted)
    step = await visit.database.write(
        take_step, visit.viewer, visit.language, opener, page, posted, upload
    )
    verb, about = posted.action
    if verb == "language" and about in languages():
        return await speaking(visit, about, step.address(page))
    if verb in ("refresh", FIND) or looked(visit):
        return await page_of(visit, step, 200)
    leave = step.shown.filling.leave or step.shown.filling.base
    if verb == "save":
        return see_other(leave)
    if verb == "back":
        return see_other(step.address(step.before) if step.before else leave)
    if verb == "noted":
        return see_other(step.address(page))
    if step.shown.errors:
        return await page_of(visit, step, 422)
    if verb in ("add", "remove", "drop", "upload", USE, *forms.MOVES):
        return see_other(around(visit, step, verb, about))
    if step.shown.unseen:
        return await page_of(visit, step, 200)
    return see_other(onward(visit, step))


def around(visit: SignedVisit, step: Step, verb: str, about: str) -> str:
    """The same page, at the list or file field that a button changed."""
    in_list = verb == "remove" or verb in forms.MOVES
    name = about.rpartition(".")[0] if in_list else about.partition(":")[0]
    query = {"add": name} if verb == "add" else {}
    if changing(visit):
        query["change"] = "1"
    here = forms.item_after(verb, about) if verb in forms.MOVES else name
    return f"{step.address(step.page, **query)}#{here}"


def onward(visit: SignedVisit, step: Step) -> str:
    """The next page; whoever came from the review to change one answer goes back there."""
    return step.address(REVIEW if changing(visit) else step.after)


def changing(visit: SignedVisit) -> bool:
    """Whether the person came from the review to change one answer."""
    return "change" in visit.request.query_params


def take_step(
    session: Session,
    viewer: Viewer,
    language: str,
    opener: Opener,
    page: str,
    posted: Posted,
    upload: Upload,
) -> Step:
    """Write the draft, then judge the page if its sender wants to go on."""
    filling = opener(session, viewer, language)
    known(filling, page)
    filling, refused = forms.keep(session, viewer, language, filling, posted, upload)
    if posted.action[0] == "noted":
        drafts.take_note(session, viewer, filling.subject, filling.version.hash)
    if judges(posted):
        shown = forms.judged_page(session, viewer, language, filling, page, posted, refused)
    else:
        shown = forms.draw(session, viewer, language, filling, page, refused)
    return Step(shown, page)


def judges(posted: Posted) -> bool:
    """Whether the page is to be judged: when going on, or while correcting it."""
    verb, _ = posted.action
    return verb == "" or verb == "continue" or (verb == "refresh" and "_judged" in posted.controls)


async def review(
    visit: SignedVisit, opener: Opener, template: str, refused: Invalid | None = None
) -> Response:
    """All answers before sending; whatever is wrong is shown on its own page first.

    `refused` is what was wrong with answers that the form itself accepts, such as a document that
    is no longer there.
    """
    shown = await visit.database.read(read_review, visit.viewer, visit.language, opener)
    step = Step(shown, REVIEW)
    wrong = page_to_correct(shown)
    if wrong != REVIEW:
        return see_other(step.address(wrong, check="1"))
    return await visit.page(
        template,
        422 if refused else 200,
        step=step,
        filling=shown.filling,
        errors=to_correct(visit.language, step, refused) if refused else [],
        sections=sections(shown),
        documents=shown.documents,
        news=shown.news,
        begun_with=begun_with(shown, None),
    )


def to_correct(language: str, step: Step, refused: Invalid) -> list[tuple[str, str]]:
    """Where each refused answer can be changed, and why it must be."""
    found = []
    for error in refused.fields:
        page = step.shown.filling.form.page_of(error.pointer)
        text = error.text or translate(language, error.key, error.params)
        address = step.address(page, change="1")
        found.append((f"{address}#{error.pointer.split('/')[1]}" if error.pointer else "", text))
    return found or [("", translate(language, refused.key, refused.params))]


@dataclass(frozen=True)
class Row:
    """An answer to be read; `name` is its field's, empty where nobody can change it."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Section:
    """A page of a form with its answers."""

    page: str
    title: str
    rows: list[Row]


def sections(shown: Shown) -> list[Section]:
    """The pages that have answers; documents stand there by their names."""
    named = {
        one.pointer: shown.documents[one.document_id].name
        for one in shown.filling.form.documents(shown.filling.answers)
        if one.document_id in shown.documents
    }
    found = [
        Section(
            page.id,
            page.title,
            [row_of(shown, row, named) for row in shown.view.review if row.page == page.id],
        )
        for page in shown.view.pages
    ]
    return [section for section in found if section.rows]


def row_of(shown: Shown, row: ReviewRow, named: dict[str, str]) -> Row:
    """One row of the review."""
    name = forms.name_of(row.pointer)
    fixed = name.partition(".")[0] in shown.filling.form.computed
    return Row("" if fixed else name, row.label, with_names(row.pointer, row.value, named))


def with_names(pointer: str, value: str, named: dict[str, str]) -> str:
    """The value of a row; documents by their names, not their ids."""
    names = [name for at, name in named.items() if at == pointer or at.startswith(f"{pointer}/")]
    return ", ".join(names) if names else value


async def confirm_discard(visit: SignedVisit, opener: Opener) -> Response:
    """What deleting a draft means, before it is done."""
    filling = await visit.database.read(opener, visit.viewer, visit.language)
    return await visit.page("discard.html", filling=filling)


async def discard(visit: SignedVisit, opener: Opener) -> Response:
    """Forget what was typed."""
    filling = await visit.database.read(opener, visit.viewer, visit.language)
    await visit.database.write(drafts.drop, visit.viewer, filling.subject)
    return see_other(filling.leave or filling.base)


# What a form was begun with


@dataclass(frozen=True)
class BegunWith:
    """The titles of the questions that are still answered as a link or an old request had it.

    `left` are those that the old request had answered and that must be answered anew.
    """

    reference: str
    taken: list[str]
    left: list[str]


def begun_with(shown: Shown, page: str | None) -> BegunWith | None:
    """What to say of it on a page, or on the review; None where there is nothing to say."""
    origin = shown.filling.origin
    if origin is None:
        return None
    drawn = [one for one in shown.view.pages if page is None or one.id == page]
    fields = list(every([field for one in drawn for field in one.fields]))
    taken = [one.title for one in fields if one.display and as_begun(one, origin.answers)]
    titled = {one.pointer: one for one in fields}
    left = [
        titled[pointer].title
        for pointer in origin.left
        if pointer in titled and titled[pointer].value in (None, "", [], False)
    ]
    return BegunWith(origin.reference, taken, left) if taken or left else None


def as_begun(field: FieldView, answers: Answers) -> bool:
    """Whether an answer is still what the form was begun with."""
    found: Any = answers
    for step in steps(field.pointer):
        if isinstance(found, list):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found is not None and bool(found == field.value)
