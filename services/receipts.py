"""Receipts of requests: what a customer may show elsewhere of what they asked and what came of it.

A receipt says what its request's customer may read, whoever asks for it; entries, notes and
documents among staff are in none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from ground import clock
from ground.messages import pick, render
from services import catalog, documents, forms, requests, timeline
from services.access import Viewer
from services.receipt_files import (
    FORMAT,
    Answer,
    Answers,
    Paper,
    Receipt,
    StageLine,
    Subject,
    chained,
    digest_of,
)
from services.signing import Signer, canonical
from services.tracking import EntryView, Reader
from settings import Settings
from store.documents import Attachment, Document
from store.identity import Account
from store.requests import Request
from store.tasks import Audience

PART = 200


def receipt(
    session: Session,
    viewer: Viewer,
    id_or_reference: str,
    language: str,
    settings: Settings,
    signer: Signer,
) -> Receipt:
    """The receipt of a request as of now, in the viewer's language. Raises `NotFound`."""
    request = requests.readable(session, viewer, id_or_reference)
    reader = Reader(session, viewer, language)
    subject = subject_of(session, reader, request)
    return Receipt(
        format=FORMAT,
        issuer=settings.brand.name,
        address=(settings.public_url or settings.portal_url).rstrip("/"),
        issued_at=iso(clock.now()),
        language=language,
        zone=viewer.zone,
        request=subject,
        answers=answers_of(session, request, language, signer),
        documents=papers_of(session, request.id),
        stages=stages_of(session, reader, request),
        timeline=chained(subject, lines_of(reader, request)),
    )


def iso(moment: datetime) -> str:
    """A moment as receipts write it: UTC to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def subject_of(session: Session, reader: Reader, request: Request) -> Subject:
    """What the request is, and how it stands."""
    item = catalog.version(session, request.version).item
    line = reader.line(request)
    return Subject(
        id=request.id,
        reference=request.reference,
        item=request.item_id,
        title=pick(dict(item.title), reader.language),
        definition=request.version,
        channel=request.channel,
        customer=session.get_one(Account, request.customer_id).name,
        created_at=iso(request.created_at),
        closed_at=iso(request.closed_at) if request.closed_at else None,
        status=str(request.status),
        status_text=line.status_text,
        outcome=render(reader.language, request.outcome, reader.zone) if request.outcome else None,
    )


def answers_of(session: Session, request: Request, language: str, signer: Signer) -> Answers:
    """The answers as a review shows them, documents by their names."""
    version = catalog.version(session, request.version)
    form = version.form(version.item.form)
    live = forms.context(session, request.customer_id, language)
    view = form.view(request.answers, language, context=live)
    given = form.documents(request.answers)
    known = documents.among(session, given)
    named = {one.pointer: known[one.document_id].name for one in given if one.document_id in known}
    shown = [
        Answer(label=row.label, value=value(row.pointer, row.value, named)) for row in view.review
    ]
    full = canonical({"request": request.id, "answers": request.answers})
    return Answers(
        revision=request.revision,
        shown=shown,
        sha256=digest_of(shown),
        seal=signer.seal(full),
    )


def value(pointer: str, shown: str, named: Mapping[str, str]) -> str:
    """A value as it is read; documents by their names, not their ids."""
    names = [name for at, name in named.items() if at == pointer or at.startswith(f"{pointer}/")]
    return ", ".join(names) if names else shown


def papers_of(session: Session, request_id: str) -> list[Paper]:
    """The documents that the customer may read, in the order they came."""
    rows = session.exec(
        select(Document, Attachment.attached_at)
        .join(Attachment, col(Attachment.document_id) == Document.id)
        .where(Attachment.request_id == request_id, Attachment.visible == Audience.CUSTOMER)
        .order_by(col(Attachment.attached_at), col(Document.id))
    )
    return [
        Paper(
            name=document.name,
            media_type=document.media_type,
            size=document.size,
            sha256=document.sha256,
            attached_at=iso(attached_at),
        )
        for document, attached_at in rows
    ]


def stages_of(session: Session, reader: Reader, request: Request) -> list[StageLine]:
    """The stages that the request has entered."""
    item = catalog.version(session, request.version).item
    rows = timeline.stages_of(session, request.id)
    return [
        StageLine(
            id=stage.id,
            title=stage.title,
            state=str(stage.state),
            state_text=stage.state_text,
            started_at=iso(stage.started_at),
            ended_at=iso(stage.ended_at) if stage.ended_at else None,
        )
        for stage in reader.stages(item, rows, request)
        if stage.started_at
    ]


def lines_of(reader: Reader, request: Request) -> list[Mapping[str, Any]]:
    """The whole timeline that the customer may read, without its hashes."""
    found: list[EntryView] = []
    while part := reader.entries(request, found[-1].number if found else 0, False, PART):
        found += part
    return [
        {
            "at": iso(entry.at),
            "actor": entry.actor,
            "by": entry.by,
            "text": entry.text,
            "message": entry.message,
            "stage": entry.stage,
            "state": str(entry.state) if entry.state else None,
        }
        for entry in found
    ]
