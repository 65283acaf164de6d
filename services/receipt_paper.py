"""The receipt on paper: A4, tagged for screen readers (PDF/UA-1), with the signed file attached.

Typst sets it. What customers have typed reaches it as data and never as source, so that nobody can
write markup, read a file of ours or call anything.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import orjson
import typst
from babel.numbers import format_decimal

from ground.brand import Brand
from ground.messages import format_moment, format_of, translate
from services.identity import zone_of
from services.receipt_files import EntryLine, Receipt
from services.signing import PublicKey

TEMPLATE = Path(__file__).parent / "templates" / "receipt.typ"
Standard = Literal["ua-1"]


def pdf(receipt: Receipt, file: bytes, key: PublicKey, brand: Brand) -> bytes:
    """The receipt as PDF; `file` is its signed form. Takes tens of milliseconds: use a thread."""
    shown = given(receipt, file, key, brand)
    try:
        return typeset(receipt, shown, "ua-1")
    except typst.TypstError:
        # The standard forbids letters that no font here has; a name in them is no reason to fail.
        return typeset(receipt, shown, None)


def typeset(receipt: Receipt, shown: str, standard: Standard | None) -> bytes:
    """The paper, held to a standard. Raises `TypstError` where it cannot be."""
    made = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=fonts(),
        sys_inputs={"given": shown},
        format="pdf",
        pdf_standards=standard,
        timestamp=int(parsed(receipt.issued_at).timestamp()),
    )
    return made


@cache
def fonts() -> typst.Fonts:
    """Typst's own fonts, then this machine's for the letters that those lack."""
    return typst.Fonts()


def file_name(receipt: Receipt, ending: Literal["json", "pdf"]) -> str:
    """What a saved receipt is called."""
    return f"{receipt.request.reference}-{receipt.issued_at[:10]}.{ending}"


class Wording:
    """How the reader is spoken to."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language, self.zone = language, zone

    def text(self, key: str, **params: str) -> str:
        """A message in the reader's language."""
        return translate(self.language, key, params or None, self.zone)

    def moment(self, value: str | None) -> str:
        """A moment as the reader writes it; a dash for none."""
        return format_moment(self.language, parsed(value), self.zone) if value else "–"

    def size(self, count: int) -> str:
        """A number of bytes in thousands."""
        return f"{format_decimal(max(1, round(count / 1024)), locale=format_of(self.language))} kB"

    def labels(self) -> dict[str, str]:
        """The fixed words of the paper."""
        return {name: self.text(key) for name, key in LABELS.items()}


LABELS = {
    "receipt": "receipts.title",
    "page": "receipts.page",
    "answers": "receipts.answers",
    "question": "receipts.question",
    "answer": "receipts.answer",
    "progress": "receipts.progress",
    "stage": "receipts.stage",
    "state": "receipts.state",
    "began": "receipts.began",
    "over": "receipts.over",
    "timeline": "receipts.timeline",
    "when": "receipts.when",
    "what": "receipts.what",
    "who": "receipts.who",
    "documents": "receipts.documents",
    "name": "receipts.name",
    "size": "receipts.size",
    "digest": "receipts.digest",
    "check": "receipts.check",
    "attached": "receipts.attached",
}
"""The fixed words, by the names that the template gives them."""


def parsed(value: str) -> datetime:
    """A moment of a receipt."""
    return datetime.fromisoformat(value)


def facts(receipt: Receipt, words: Wording) -> list[tuple[str, str, bool]]:
    """Label and value of what comes first; the last says whether it is to be copied as it is."""
    subject = receipt.request
    return [
        (words.text("receipts.reference"), subject.reference, True),
        (words.text("receipts.customer"), subject.customer, False),
        (words.text("receipts.status"), subject.status_text, False),
        (words.text("receipts.received"), words.moment(subject.created_at), False),
        (words.text("receipts.ended"), words.moment(subject.closed_at), False),
        (words.text("receipts.issued"), words.moment(receipt.issued_at), False),
    ]


def entry(row: EntryLine, words: Wording) -> tuple[str, str, str | None, str]:
    """When, what, the message if it is one, and who."""
    who = words.text(f"receipts.actor_{row.actor}")
    if row.by:
        who = f"{row.by} ({who})"
    return words.moment(row.at), row.text, row.message, who


def given(receipt: Receipt, file: bytes, key: PublicKey, brand: Brand) -> str:
    """All that the template shows, in the reader's words, as JSON."""
    words = Wording(receipt.language, zone_of(receipt.zone))
    subject = receipt.request
    shown = {
        "language": receipt.language,
        "accent": brand.light.accent,
        "issuer": receipt.issuer,
        "title": subject.title,
        "reference": subject.reference,
        "summary": words.text("receipts.summary", reference=subject.reference),
        "footer": words.text(
            "receipts.footer", issued=words.moment(receipt.issued_at), zone=receipt.zone
        ),
        "facts": facts(receipt, words),
        "outcome": subject.outcome,
        "answers": [[row.label, row.value] for row in receipt.answers.shown],
        "stages": [
            [row.title, row.state_text, words.moment(row.started_at), words.moment(row.ended_at)]
            for row in receipt.stages
        ],
        "entries": [entry(row, words) for row in receipt.timeline if row.text or row.message],
        "documents": [[row.name, words.size(row.size), row.sha256] for row in receipt.documents],
        "how": words.text("receipts.how", file=file_name(receipt, "json"), address=receipt.address),
        "proofs": [
            [words.text("receipts.key"), key.kid],
            [words.text("receipts.chain"), receipt.timeline[-1].hash if receipt.timeline else ""],
            [words.text("receipts.definition"), subject.definition],
        ],
        "words": words.labels(),
        "file_name": file_name(receipt, "json"),
        "file": file.decode(),
    }
    return orjson.dumps(shown).decode()
