"""Receipts: what is in them, that they can be checked without us, and that any change shows."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlmodel import Session

from ground import clock
from ground.errors import NotFound
from ground.messages import languages
from services import documents, receipts, requests, signing, timeline
from services.access import Viewer
from services.document_files import FolderFiles
from services.receipt_files import Broken, Receipt, check, check_document, sha256, signed
from services.receipt_paper import file_name, pdf
from services.signing import PublicKey, Signer, canonical, read_public
from services.timeline import Entry
from settings import Settings, SettingsError
from store.database import Database
from store.documents import Attachment
from store.requests import Request, StageState
from store.tasks import Audience
from tests.people import People, demo_people
from tests.probe import publish_probe, submit_probe
from tests.services.test_document_types import PDF

STAFF_WORD = "among-ourselves"


@pytest.fixture
def people(database: Database) -> People:
    publish_probe(database)
    return demo_people(database)


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return Signer(settings)


@pytest.fixture
def request_made(database: Database, people: People, tmp_path: Path) -> Request:
    """A request with a message, a note and documents of either side, and a stage that moved."""
    request = submit_probe(database, people["customer"])
    database.write_now(requests.write_message, people["customer"], request.id, "Is all well?")
    database.write_now(requests.write_message, people["operator"], request.id, STAFF_WORD, True)
    files = FolderFiles(tmp_path / "documents")
    for name, content, side in (
        ("lease.pdf", PDF, Audience.CUSTOMER),
        (f"{STAFF_WORD}.pdf", PDF + b"\n", Audience.STAFF),
    ):
        owner = people["customer" if side == Audience.CUSTOMER else "operator"]
        document = documents.take_in(files, BytesIO(content), name, owner.account_id)

        def work(session: Session) -> None:
            session.add(document)  # noqa: B023
            session.flush()
            session.add(
                Attachment(
                    document_id=document.id,  # noqa: B023
                    request_id=request.id,
                    visible=side,  # noqa: B023
                    attached_at=clock.now(),
                )
            )
            moved = Entry(key="move", at=clock.now(), stage="check", state=StageState.IN_PROGRESS)
            timeline.record(session, timeline.locked(session, request.id), [moved])

        database.write_now(work)
    return request


Issue = Callable[..., Receipt]


@pytest.fixture
def issue(database: Database, settings: Settings, signer: Signer) -> Issue:
    def work(viewer: Viewer, request: Request, language: str = "en") -> Receipt:
        return database.read_now(
            receipts.receipt, viewer, request.reference, language, settings, signer
        )

    return work


# What is in it


def test_a_receipt_says_who_asked_for_what_when_and_what_came_of_it(
    people: People, request_made: Request, issue: Issue
) -> None:
    receipt = issue(people["customer"], request_made)
    subject = receipt.request
    assert (subject.reference, subject.item) == (request_made.reference, "probe")
    assert (subject.customer, subject.definition) == (
        people["customer"].name,
        request_made.version,
    )
    assert subject.created_at == receipts.iso(request_made.created_at)
    assert [(row.label, row.value) for row in receipt.answers.shown] == [("Wish", "tea")]
    assert [(row.name, row.sha256) for row in receipt.documents] == [("lease.pdf", sha256(PDF))]
    assert [row.id for row in receipt.stages] == ["received", "check"]
    told = [row.message or row.text for row in receipt.timeline]
    assert told[0] == f"We have received your request {request_made.reference}."
    assert "Is all well?" in told


def test_what_staff_keep_among_themselves_is_in_no_receipt(
    people: People, request_made: Request, issue: Issue, signer: Signer
) -> None:
    for name in ("customer", "operator"):
        receipt = issue(people[name], request_made)
        assert STAFF_WORD not in signed(receipt, signer).decode()


def test_only_a_reader_of_the_request_gets_its_receipt(
    people: People, request_made: Request, issue: Issue
) -> None:
    for name in ("customer2", "designer"):
        with pytest.raises(NotFound):
            issue(people[name], request_made)


def test_the_seal_tells_answers_apart_and_nobody_else_can_make_it(
    tmp_path: Path, signer: Signer
) -> None:
    answers = canonical({"request": "1", "answers": {"iban": "ES91"}})
    assert signer.seal(answers) == signer.seal(answers)
    assert signer.seal(answers) != signer.seal(answers + b" ")
    other = Signer(Settings(data_dir=tmp_path / "other"))
    assert signer.seal(answers) != other.seal(answers)


def test_a_later_receipt_goes_on_with_the_chain_of_an_earlier_one(
    database: Database, people: People, request_made: Request, issue: Issue
) -> None:
    early = issue(people["customer"], request_made)
    database.write_now(requests.write_message, people["customer"], request_made.id, "And now?")
    later = issue(people["customer"], request_made)
    hashes = [row.hash for row in later.timeline]
    assert hashes[: len(early.timeline)] == [row.hash for row in early.timeline]
    assert len(hashes) == len(early.timeline) + 1


# Checking


def test_a_receipt_is_checked_by_the_published_key(
    database: Database, people: People, request_made: Request, issue: Issue, signer: Signer
) -> None:
    file = signed(issue(people["customer"], request_made), signer)
    database.write_now(signing.publish, signer.public)
    keys = list(database.read_now(signing.published))
    found = check(file, keys)
    assert (found.vouched, found.key) == (True, signer.public)
    assert found.receipt.request.reference == request_made.reference
    assert check(file, []).vouched is False


def test_the_key_of_somebody_else_does_not_do(
    tmp_path: Path, people: People, request_made: Request, issue: Issue, signer: Signer
) -> None:
    file = signed(issue(people["customer"], request_made), signer)
    other = Signer(Settings(data_dir=tmp_path / "other"))
    with pytest.raises(Broken, match="not among those given"):
        check(file, [other.public])
    forged = signed(issue(people["customer"], request_made), other)
    with pytest.raises(Broken, match="not among those given"):
        check(forged, [signer.public])


def a_receipt(signer: Signer) -> bytes:
    """A small receipt without a database."""
    from tests.services.receipts_made import receipt

    return signed(receipt(signer), signer)


@given(st.data())
@hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_changed_byte_shows(signer: Signer, data: st.DataObject) -> None:
    file = a_receipt(signer)
    at = data.draw(st.integers(0, len(file) - 1))
    change = data.draw(st.sampled_from(["replace", "insert", "remove"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    after = at if change == "insert" else at + 1
    changed = file[:at] + (b"" if change == "remove" else byte) + file[after:]
    for trusted in ([], [signer.public]):
        if changed == file:
            check(changed, trusted)
        else:
            with pytest.raises(Broken):
                check(changed, trusted)


def test_every_byte_of_a_receipt_counts(signer: Signer) -> None:
    """Each byte once, with its lowest bit turned and, where it is a letter, its case."""
    file = a_receipt(signer)
    for at in range(len(file)):
        for mask in (0x01, 0x20):
            changed = bytearray(file)
            changed[at] ^= mask
            with pytest.raises(Broken):
                check(bytes(changed), [])


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["timeline"].pop(0),
        lambda r: r["timeline"].reverse(),
        lambda r: r["timeline"][0].update(at="2020-01-01T00:00:00Z"),
        lambda r: r["answers"]["shown"][0].update(value="coffee"),
        lambda r: r["request"].update(reference="XXXXX-XXXXX"),
    ],
    ids=["beheaded", "reversed", "dated back", "answered otherwise", "of another request"],
)
def test_the_inside_is_checked_even_where_the_signature_fits(
    signer: Signer, change: Callable[[Any], object]
) -> None:
    """As if whoever has the key had signed nonsense. A chain cut at its end would be whole."""
    body = json.loads(a_receipt(signer))["receipt"]
    change(body)
    signature = {
        "algorithm": "Ed25519",
        "key": signer.public.model_dump(),
        "value": signer.sign(canonical(body)).hex(),
    }
    file = canonical({"receipt": body, "signature": signature})
    with pytest.raises(Broken, match=r"chain|digest"):
        check(file, [signer.public])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"1" * 5000, b"[" * 5000]
)
def test_what_is_no_receipt_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Broken, match=r"no JSON|no receipt"):
        check(content, [])


def test_a_document_is_known_by_its_content(
    people: People, request_made: Request, issue: Issue
) -> None:
    receipt = issue(people["customer"], request_made)
    assert check_document(receipt, PDF).name == "lease.pdf"
    with pytest.raises(Broken, match="no document"):
        check_document(receipt, PDF + b" ")


# Keys


def test_the_key_is_made_once_for_its_owner_alone(settings: Settings) -> None:
    first, again = Signer(settings).public, Signer(settings).public
    assert first == again
    path = settings.data_dir / signing.KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600


def test_servers_share_the_key_of_a_setting(tmp_path: Path) -> None:
    file = tmp_path / "shared.pem"
    file.write_text(signing.new_key())
    one, two = (Signer(Settings(data_dir=tmp_path / name, receipt_key_file=file)) for name in "ab")
    assert one.public == two.public
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("content", ["nothing", ""])
def test_a_file_without_a_key_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "wrong.pem"
    file.write_text(content)
    signer = Signer(Settings(data_dir=tmp_path / "var", receipt_key_file=file))
    with pytest.raises(SettingsError, match="VENTANILLA_RECEIPT_KEY_FILE"):
        _ = signer.public


async def test_keys_of_former_times_stay(database: Database, tmp_path: Path) -> None:
    signers = [Signer(Settings(data_dir=tmp_path / name)) for name in ("old", "new")]
    for signer in (*signers, *signers):
        await signer.make_known(database)
    kept = list(database.read_now(signing.published))
    assert sorted(key.kid for key in kept) == sorted(one.public.kid for one in signers)


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The example of RFC 8037, appendix A."""
    raw = PublicKey(kid="", x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").raw
    assert PublicKey.of(raw).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_keys_are_read_as_a_set_as_one_and_as_pem() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made = Ed25519PrivateKey.generate().public_key()
    key = PublicKey.of(made.public_bytes_raw())
    pem = made.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    one = key.model_dump()
    for content in (orjson.dumps({"keys": [one]}), orjson.dumps(one), pem):
        assert read_public(content) == [key]


# On paper


@pytest.mark.parametrize("language", languages())
def test_the_paper_is_tagged_in_the_readers_language_and_carries_the_signed_file(
    people: People,
    request_made: Request,
    issue: Issue,
    signer: Signer,
    settings: Settings,
    language: str,
) -> None:
    receipt = issue(people["customer"], request_made, language)
    file = signed(receipt, signer)
    made = PdfReader(BytesIO(pdf(receipt, file, signer.public, settings.brand)))
    root: Any = made.trailer["/Root"]
    assert str(root["/Lang"]).startswith(language)
    assert root["/MarkInfo"]["/Marked"]
    assert "pdfuaid" in made.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    assert made.metadata is not None
    assert made.metadata.title == receipt.request.title
    text = "".join(page.extract_text() for page in made.pages)
    assert request_made.reference in text
    assert "Is all well?" in text
    assert signer.public.kid in text.replace("\n", "").replace("\u200b", "")
    width, height = (float(value) for value in made.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (595, 842)
    assert list(made.attachments) == [file_name(receipt, "json")]
    assert check(made.attachments[file_name(receipt, "json")][0], [signer.public])


@pytest.mark.parametrize(
    "typed",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "$ x $ *bold* _it_ `raw` @ref <label> // gone /* gone */ \\",
        '"] #import "x": *',
        "\u202e\u0000\u0007",
        "王小明 👩\u200d🚀 ‮שלום",
    ],
)
def test_what_was_typed_is_shown_and_never_run(
    signer: Signer, settings: Settings, typed: str
) -> None:
    from tests.services.receipts_made import receipt

    said = receipt(signer, typed.replace("\0", ""))
    made = pdf(said, signed(said, signer), signer.public, settings.brand)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    if typed.isascii() and typed.isprintable():
        assert "".join(typed.split()) in "".join(text.split())
