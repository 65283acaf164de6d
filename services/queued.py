"""Forms that were filled in without a connection, as they arrive when there is one again.

They come as the names and values of form fields, whole, and under one key: however often a device
sends the same, there is one request. What is refused meanwhile is kept as a draft, nothing of it
lost, so that its writer can correct it.
"""

from pydantic import BaseModel
from sqlmodel import Session

from catalog.versions import Version
from ground.errors import Conflict, Forbidden, NotFound
from services import catalog, drafts, forms, profiles, requests
from services.access import Viewer
from services.drafts import Answers
from services.requests import Submission
from store.drafts import Draft
from store.requests import IdempotencyKey, Request


class FormChanged(Conflict):
    """The form is not the one that was filled in any more."""


class Queued(BaseModel):
    """What a device kept: whose it is, the form and its version, and what was typed.

    `draft` is the id of the draft that was gone on with, empty for the first of its item.
    `language` is the one in which numbers and dates were typed.
    """

    account: str
    item: str
    draft: str
    version: str
    language: str
    fields: list[tuple[str, str]]


def submit(session: Session, viewer: Viewer, queued: Queued, key: str) -> Request:
    """Submit what was queued under a key; once more it is the same request.

    Raises `Forbidden` where somebody else is signed in, `NotFound` for an item that the viewer may
    no longer request, `FormChanged`, and what
    `services.requests.submit` raises.
    """
    check_account(viewer, queued)
    sent = session.get(IdempotencyKey, (viewer.account_id, key))
    if sent:
        return session.get_one(Request, sent.request_id)
    version = catalog.published(session, queued.item, viewer)
    if version.hash != queued.version:
        raise FormChanged("drafts.form_changed_meanwhile")
    answers = answers_of(session, viewer, queued, version)
    form = forms.form(session, version.hash, version.item.form)
    live = forms.context(session, viewer.account_id, queued.language)
    submission = Submission(
        item=queued.item,
        answers=form.evaluate(answers, queued.language, context=live, strict=False).answers,
        channel="portal",
        language=queued.language,
        idempotency_key=key,
    )
    request = requests.submit(session, viewer, submission)
    drafts.drop(session, viewer, subject_of(queued))
    return request


def keep(session: Session, viewer: Viewer, queued: Queued, key: str) -> Draft:
    """Put what was typed into its draft, a new one if need be, which is sent under the same key.

    Raises `Forbidden` where somebody else is signed in, `NotFound` for an item that the viewer may
    no longer request, and `Conflict` for one draft too many.
    """
    check_account(viewer, queued)
    published = catalog.published(session, queued.item, viewer)
    version = version_typed(session, queued, published)
    answers = answers_of(session, viewer, queued, version)
    known = drafts.find(session, viewer, subject_of(queued))
    draft = drafts.save(session, viewer, subject_of(queued), version.hash, answers)
    if known is None:
        draft.key = key
        session.add(draft)
    return draft


def check_account(viewer: Viewer, queued: Queued) -> None:
    """Raises `Forbidden` where a device would send what another person has typed on it."""
    if queued.account != viewer.account_id:
        raise Forbidden("drafts.of_another_account")


def subject_of(queued: Queued) -> str:
    return drafts.of_item(queued.item, queued.draft)


def version_typed(session: Session, queued: Queued, published: Version) -> Version:
    """The version whose form was filled in, as far as it is one of this item's."""
    try:
        found = catalog.version(session, queued.version)
    except NotFound:
        return published
    return found if found.item.id == published.item.id else published


def answers_of(session: Session, viewer: Viewer, queued: Queued, version: Version) -> Answers:
    """The answers so far, with what was typed offline in their place."""
    form = forms.form(session, version.hash, version.item.form)
    draft = drafts.find(session, viewer, subject_of(queued))
    begun = draft.answers if draft else form.prefill(profiles.profile(session, viewer.account_id))
    names = {name for name, _ in queued.fields}
    return drafts.merged(begun, names, form.from_fields(queued.fields, queued.language))
