"""A receipt that needs no database."""

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
    sha256,
)
from services.signing import Signer

AT = "2026-03-02T09:15:00Z"
CONTENT = b"a document"


def receipt(signer: Signer, typed: str = "tea") -> Receipt:
    """A receipt of a request for this, with two entries."""
    subject = Subject(
        id="01JD3Z8W4K2T5N7Q9R1S3V5X7Z",
        reference="7K3M9-Q9XTB",
        item="probe",
        title="Probe",
        definition=sha256(b"definition"),
        channel="web",
        customer=typed,
        created_at=AT,
        closed_at=None,
        status="in-progress",
        status_text="In progress",
        outcome=None,
    )
    shown = [Answer(label="Wish", value=typed)]
    line = {"at": AT, "by": None, "stage": None, "state": None}
    said = {"actor": "customer", "text": "", "message": typed}
    return Receipt(
        format=FORMAT,
        issuer="Ventanilla",
        address="https://portal.example.com",
        issued_at="2026-03-10T08:00:00Z",
        language="en",
        zone="Europe/Madrid",
        request=subject,
        answers=Answers(
            revision=0, shown=shown, sha256=digest_of(shown), seal=signer.seal(typed.encode())
        ),
        documents=[
            Paper(
                name="lease.pdf",
                media_type="application/pdf",
                size=len(CONTENT),
                sha256=sha256(CONTENT),
                attached_at=AT,
            )
        ],
        stages=[
            StageLine(
                id="check",
                title="Check",
                state="in-progress",
                state_text="In progress",
                started_at=AT,
                ended_at=None,
            )
        ],
        timeline=chained(
            subject,
            [
                line | {"actor": "system", "text": "Received", "message": None},
                line | said,
            ],
        ),
    )
