"""Sample documents: answers name them `document:payslip.pdf`, and get the id of a real upload."""

from io import BytesIO
from typing import Any

from sqlmodel import Session

from services import documents
from services.access import Viewer
from services.document_files import Files

WORD = "document:"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
)
"""One empty page."""


def with_documents(session: Session, files: Files, answers: Any, viewer: Viewer) -> Any:
    """`answers` with an uploaded sample in the place of each word for one."""
    if isinstance(answers, str) and answers.startswith(WORD):
        name = answers.removeprefix(WORD)
        made = documents.take_in(files, BytesIO(PDF), name, viewer.account_id)
        return documents.add(session, made).id
    if isinstance(answers, dict):
        return {k: with_documents(session, files, v, viewer) for k, v in answers.items()}
    if isinstance(answers, list):
        return [with_documents(session, files, inner, viewer) for inner in answers]
    return answers
