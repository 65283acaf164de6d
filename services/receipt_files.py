"""The receipt as a signed JSON file: how it is written, and how anybody checks it without us.

A file has one way to be written (RFC 8785), so that every changed byte shows. Its timeline is a
chain: the hash of each entry covers the entry and the hash before it, the first one the request
itself, so that a later receipt of the same reader begins with the hashes of an earlier one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from services.signing import PublicKey, Signer, canonical

Format = Literal["ventanilla-receipt-1"]
FORMAT: Format = "ventanilla-receipt-1"


class Part(BaseModel):
    """A part of a receipt: nothing but what is known, and nothing of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Subject(Part):
    """The request: what was asked, by whom, when, and how it stands. Times are UTC, ISO 8601.

    `definition` is the hash of the version of the catalog item that the request began with.
    """

    id: str
    reference: str
    item: str
    title: str
    definition: str
    channel: str
    customer: str
    created_at: str
    closed_at: str | None
    status: str
    status_text: str
    outcome: str | None


class Answer(Part):
    """A question and its answer as a reader sees it, masked where the form says so."""

    label: str
    value: str


class Answers(Part):
    """The answers as shown, their SHA-256, and a seal.

    The seal is a keyed digest of all answers in full, which only the portal can compute: with it
    the portal can tell what was answered, and nobody can guess what is masked.
    """

    revision: int
    shown: list[Answer]
    sha256: str
    seal: str


class Paper(Part):
    """A document of the request."""

    name: str
    media_type: str
    size: int
    sha256: str
    attached_at: str


class StageLine(Part):
    """A stage that the request has entered."""

    id: str
    title: str
    state: str
    state_text: str
    started_at: str | None
    ended_at: str | None


class EntryLine(Part):
    """A line of the timeline; `hash` covers the others and the hash before it.

    Without a text and a message it only moves a stage into a state.
    """

    at: str
    actor: str
    by: str | None
    text: str
    message: str | None
    stage: str | None
    state: str | None
    hash: str


class Receipt(Part):
    """All that a receipt says, for one reader in one language."""

    format: Format
    issuer: str
    address: str
    issued_at: str
    language: str
    zone: str
    request: Subject
    answers: Answers
    documents: list[Paper]
    stages: list[StageLine]
    timeline: list[EntryLine]


class Signature(Part):
    """The signature over the receipt, in hexadecimal digits, and the key that checks it."""

    algorithm: Literal["Ed25519"]
    key: PublicKey
    value: str


class Signed(Part):
    """The file."""

    receipt: Receipt
    signature: Signature


class Broken(Exception):
    """A receipt that does not hold; the text says in plain words what is wrong."""


# Writing


def signed(receipt: Receipt, signer: Signer) -> bytes:
    """The file of a receipt."""
    body = receipt.model_dump()
    signature = {
        "algorithm": "Ed25519",
        "key": signer.public.model_dump(),
        "value": signer.sign(canonical(body)).hex(),
    }
    return canonical({"receipt": body, "signature": signature})


def chained(subject: Subject, lines: Iterable[Mapping[str, Any]]) -> list[EntryLine]:
    """The lines of a timeline, each with its hash."""
    before, found = beginning(subject), []
    for line in lines:
        before = link(before, line)
        found.append(EntryLine(**line, hash=before))
    return found


def beginning(subject: Subject) -> str:
    """The hash before the first entry: of what never changes about a request."""
    fixed = subject.model_dump(include={"id", "reference", "item", "definition", "created_at"})
    return sha256(canonical(fixed))


def link(before: str, line: Mapping[str, Any]) -> str:
    """The hash of an entry that follows another hash."""
    return sha256(canonical({"before": before, "entry": dict(line)}))


def digest_of(shown: Sequence[Answer]) -> str:
    """The digest of the answers as they are shown."""
    return sha256(canonical([answer.model_dump() for answer in shown]))


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


# Checking


@dataclass(frozen=True)
class Checked:
    """A receipt that holds, and the key that shows it; `vouched` if that came from elsewhere."""

    receipt: Receipt
    key: PublicKey
    vouched: bool


def check(content: bytes, trusted: Sequence[PublicKey]) -> Checked:
    """The receipt in a file, checked with a trusted key, else with its own. Raises `Broken`.

    Its own key shows only that nothing has changed since whoever signed it signed it.
    """
    body, found = read(content)
    key = signing_key(found.signature, trusted)
    if not key.verifies(signature_in(found), canonical(body)):
        raise Broken(
            "the signature does not fit: the receipt was changed, or signed by another key"
        )
    check_inside(found.receipt)
    return Checked(found.receipt, key, bool(trusted))


def read(content: bytes) -> tuple[Any, Signed]:
    """What a file says, as it is and in its parts. Raises `Broken`."""
    try:
        value = orjson.loads(content)
        found = Signed.model_validate(value)
    except orjson.JSONDecodeError as error:
        raise Broken(f"this is no JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(map(str, first["loc"]))
        raise Broken(f"this is no receipt of the kind {FORMAT}: {place}: {first['msg']}") from error
    if canonical(found.model_dump()) != content:
        raise Broken("it is not written the way receipts are: some bytes were changed")
    return value["receipt"], found


def signature_in(found: Signed) -> bytes:
    """The 64 bytes of the signature. Raises `Broken`."""
    digits = found.signature.value
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if len(value) != 64 or value.hex() != digits:
        raise Broken("the signature is no such thing: it was changed")
    return value


def signing_key(signature: Signature, trusted: Sequence[PublicKey]) -> PublicKey:
    """The key to check with. Raises `Broken` where the trusted ones do not have it."""
    named = signature.key
    try:
        if PublicKey.of(named.raw) != named or len(named.raw) != 32:
            raise ValueError("its name does not belong to it")
    except ValueError as error:
        raise Broken(f"the key in the receipt is no such thing: {error}") from error
    if trusted and named not in trusted:
        raise Broken(f"it was signed by the key {named.kid}, which is not among those given")
    return named


def check_inside(receipt: Receipt) -> None:
    """Compare every digest in a receipt with what it is a digest of. Raises `Broken`."""
    if digest_of(receipt.answers.shown) != receipt.answers.sha256:
        raise Broken("the answers do not have the digest that the receipt gives")
    before = beginning(receipt.request)
    for number, entry in enumerate(receipt.timeline, 1):
        before = link(before, entry.model_dump(exclude={"hash"}))
        if before != entry.hash:
            raise Broken(f"entry {number} of the timeline breaks the chain")


def check_document(receipt: Receipt, content: bytes) -> Paper:
    """The document of the receipt that has this content. Raises `Broken` where none has."""
    digest = sha256(content)
    for paper in receipt.documents:
        if paper.sha256 == digest:
            return paper
    raise Broken(f"no document of the receipt has this content (SHA-256 {digest})")
