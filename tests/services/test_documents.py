"""Documents: stored whole, read by whom they concern, part of a request, swept when abandoned."""

import hashlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from catalog.forms import DocumentAnswer
from ground import clock, ids
from ground.errors import Conflict, Invalid, NotFound, TooLarge, UnsupportedType
from services import documents
from services.access import Viewer
from services.document_files import FolderFiles
from store.database import Database
from store.documents import Attachment, Document
from store.requests import Request
from tests.people import People, demo_people
from tests.queries import queries_of
from tests.services.test_access import add, request_of
from tests.services.test_document_types import PDF, PNG


@pytest.fixture
def people(database: Database) -> People:
    return demo_people(database)


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path / "documents")


def answer(
    document_id: str,
    pointer: str = "/payslip",
    types: tuple[str, ...] = (),
    max_bytes: int | None = None,
) -> DocumentAnswer:
    """What a form says of an answer that refers to a document."""
    return DocumentAnswer(pointer, document_id, types, max_bytes)


def upload(
    database: Database, files: FolderFiles, owner: Viewer, content: bytes = PDF, name: str = "a.pdf"
) -> Document:
    document = documents.take_in(files, io.BytesIO(content), name, owner.account_id)
    return database.write_now(documents.add, document)


def stored(files: FolderFiles) -> set[str]:
    return {key for key, _ in files.stored()}


def accept(
    database: Database, request: Request, giver: Viewer, *wanted: DocumentAnswer
) -> Sequence[Attachment]:
    """What is attached to the request once these answers have been given."""

    def work(session: Session) -> Sequence[Attachment]:
        documents.accept(session, request, giver.account_id, wanted, clock.now())
        session.flush()
        return session.exec(select(Attachment).where(Attachment.request_id == request.id)).all()

    return database.write_now(work)


class TestTakingIn:
    def test_stores_bytes_size_and_hash(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        document = upload(database, files, people["customer"], PDF, "Nómina marzo.pdf")
        assert (document.name, document.media_type) == ("Nómina marzo.pdf", "application/pdf")
        assert document.size == len(PDF)
        assert document.sha256 == hashlib.sha256(PDF).hexdigest()
        with files.open(document.id) as file:
            assert file.read() == PDF

    def test_refuses_what_is_not_on_the_list(self, files: FolderFiles, people: People) -> None:
        with pytest.raises(UnsupportedType) as refused:
            documents.take_in(files, io.BytesIO(b"MZ\x90\x00"), "a.pdf", "owner")
        assert "PDF" in refused.value.params["kinds"]
        with pytest.raises(Invalid):
            documents.take_in(files, io.BytesIO(b""), "a.pdf", "owner")
        assert stored(files) == set()

    def test_leaves_nothing_of_a_file_that_is_too_large(
        self, files: FolderFiles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(documents, "LARGEST", 1_000_000)
        documents.take_in(files, io.BytesIO(PDF.ljust(1_000_000, b" ")), "a.pdf", "owner")
        before = stored(files)
        with pytest.raises(TooLarge):
            documents.take_in(files, io.BytesIO(PDF.ljust(1_000_001, b" ")), "a.pdf", "owner")
        assert stored(files) == before

    def test_leaves_nothing_when_the_disk_fails(self, files: FolderFiles) -> None:
        def failing() -> Iterator[bytes]:
            yield b"half"
            raise OSError("no space left on device")

        with pytest.raises(OSError, match="no space"):
            files.keep("01ABC", failing())
        assert stored(files) == set()

    def test_limits_what_one_person_may_leave_lying_about(
        self,
        database: Database,
        files: FolderFiles,
        people: People,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(documents, "MOST_UNATTACHED", 2)
        first = upload(database, files, people["customer"])
        upload(database, files, people["customer"])
        with pytest.raises(TooLarge):
            upload(database, files, people["customer"])
        request = request_of(people["customer"])
        add(database, request)
        accept(database, request, people["customer"], answer(first.id))
        upload(database, files, people["customer"])


class TestFolder:
    def test_takes_ids_only(self, files: FolderFiles) -> None:
        for key in ("../x", "a/b", ""):
            with pytest.raises(ValueError, match="not a document's id"):
                files.open(key)

    def test_never_replaces(self, files: FolderFiles) -> None:
        draft = files.path("01ABC").with_name(".01ABC")
        draft.parent.mkdir(parents=True)
        draft.touch()
        with pytest.raises(FileExistsError):
            files.keep("01ABC", iter([b"x"]))


class TestComingInParts:
    @given(st.lists(st.tuples(st.integers(0, 1000), st.integers(-3, 3)), max_size=30))
    @settings(deadline=None, max_examples=60)
    def test_a_file_is_what_was_sent_whatever_was_repeated_or_lost(
        self, tmp_path_factory: pytest.TempPathFactory, tries: list[tuple[int, int]]
    ) -> None:
        files = FolderFiles(tmp_path_factory.mktemp("parts"))
        content = bytes(number % 251 for number in range(10_000))
        for count, off in tries:
            held = files.held("01PART")
            offset = max(held + off, 0)
            if offset == held:
                assert files.append("01PART", offset, content[offset : offset + count]) >= held
            else:
                with pytest.raises(Conflict):
                    files.append("01PART", offset, content[offset : offset + count])
        held = files.held("01PART")
        assert files.append("01PART", held, content[held:]) == len(content)
        files.finish("01PART")
        files.finish("01PART")
        with files.open("01PART") as file:
            assert file.read() == content
        with pytest.raises(Conflict):
            files.append("01PART", len(content), b"more")

    def test_two_connections_never_write_over_each_other(self, files: FolderFiles) -> None:
        gone: list[int] = []

        def send() -> None:
            for offset in range(0, 200_000, 1000):
                try:
                    files.append("01TWO", offset, bytes([offset // 1000 % 256]) * 1000)
                except Conflict:
                    gone.append(offset)

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = files.held("01TWO")
        with files.read_unfinished("01TWO") as file:
            expected = b"".join(bytes([n % 256]) * 1000 for n in range(held // 1000))
            assert file.read() == expected
        assert gone


class TestBelongingToARequest:
    def test_documents_of_answers_become_part_of_it_once(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer"], group="back-office")
        add(database, request)
        document = upload(database, files, people["customer"])
        for _ in range(2):
            answers = (answer(document.id, "/a"), answer(document.id, "/b"))
            assert len(accept(database, request, people["customer"], *answers)) == 1
        shown = database.read_now(documents.of_request, people["agent"], request.id)
        assert [one.id for one in shown] == [document.id]

    def test_another_persons_document_is_unknown(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer2"])
        add(database, request)
        document = upload(database, files, people["customer"])
        for document_id in (document.id, "01ABC"):
            with pytest.raises(Invalid) as refused:
                accept(database, request, people["customer2"], answer(document_id, "/payslip"))
            (field,) = refused.value.fields
            assert (field.pointer, field.key) == ("/payslip", "documents.unknown")
        with pytest.raises(NotFound):
            database.read_now(documents.readable, people["customer2"], document.id)

    def test_staff_may_hand_on_what_the_request_has(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer"], group="back-office")
        add(database, request)
        document = upload(database, files, people["customer"])
        accept(database, request, people["customer"], answer(document.id))
        assert len(accept(database, request, people["agent"], answer(document.id))) == 1

    def test_the_form_decides_kind_and_size(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer"])
        add(database, request)
        pdf = upload(database, files, people["customer"])
        png = upload(database, files, people["customer"], PNG, "a.png")
        with pytest.raises(Invalid) as refused:
            accept(
                database,
                request,
                people["customer"],
                answer(pdf.id, "/photo", types=("image/*",)),
                answer(png.id, "/small", max_bytes=len(PNG) - 1),
                answer(png.id, "/fine", types=("application/pdf", "image/png"), max_bytes=len(PNG)),
            )
        assert [(field.pointer, field.key) for field in refused.value.fields] == [
            ("/photo", "documents.wrong_kind"),
            ("/small", "documents.larger_than"),
        ]

    def test_many_are_looked_up_at_once(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer"])
        add(database, request)
        mine = upload(database, files, people["customer"])
        wanted = [answer(ids.new_id(), f"/{number}") for number in range(900)]
        wanted.append(answer(mine.id, "/mine"))
        with queries_of(database) as asked:
            wrong = database.read_now(documents.wrong, people["customer"], wanted)
        assert len(asked) == 1
        assert [error.pointer for error in wrong] == [f"/{number}" for number in range(900)]
        with pytest.raises(Invalid) as refused:
            accept(database, request, people["customer"], *wanted)
        assert len(refused.value.fields) == 900


class TestSweeping:
    async def test_drops_what_nobody_needs_and_nothing_else(
        self,
        database: Database,
        files: FolderFiles,
        people: People,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        request = request_of(people["customer"])
        add(database, request)
        abandoned, used = (upload(database, files, people["customer"]) for _ in range(2))
        accept(database, request, people["customer"], answer(used.id))
        files.keep("01WITHOUTAROW", iter([b"x"]))
        half_stored = files.path("01HALF").with_name(".01HALF")
        half_stored.parent.mkdir(exist_ok=True)
        half_stored.touch()
        later = clock.now() + documents.UNATTACHED_FOR + timedelta(minutes=1)

        await documents.sweep(database, files)
        assert len(stored(files)) == 4

        monkeypatch.setattr(clock, "now", lambda: later)
        fresh = upload(database, files, people["customer"])
        os.utime(files.path(fresh.id), (later.timestamp(), later.timestamp()))
        await documents.sweep(database, files)
        assert stored(files) == {used.id, fresh.id}
        with pytest.raises(NotFound):
            database.read_now(documents.readable, people["customer"], abandoned.id)
        assert database.read_now(documents.readable, people["customer"], used.id)
