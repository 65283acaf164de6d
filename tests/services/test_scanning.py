"""Looking for viruses: the daemon's protocol, what becomes of a file, and who is told."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from ground import clock
from ground.errors import Conflict, Forbidden, Invalid, Unavailable
from services import documents, scanning
from services.access import Viewer
from services.document_files import FolderFiles
from services.scanning import Clamd, NoVerdict, Scanning
from store.database import Database
from store.documents import Document, Scan
from store.notifications import Notification
from store.requests import TimelineEntry
from tests.clamd import EICAR, Daemon, clamd, closed_port
from tests.people import People, demo_people
from tests.services.test_access import add, request_of
from tests.services.test_document_types import PDF
from tests.services.test_documents import accept, answer, stored, upload

INFECTED = PDF + b"\n" + EICAR


@pytest.fixture
def people(database: Database) -> People:
    return demo_people(database)


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    return FolderFiles(tmp_path / "documents")


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with clamd() as daemon:
        yield daemon


@pytest.fixture
def scans(database: Database, files: FolderFiles, daemon: Daemon) -> Scanning:
    return Scanning(database, files, Clamd(daemon.address))


def state(database: Database, document: Document) -> Document:
    """What is known of a document now."""
    return database.read_now(lambda session: session.get_one(Document, document.id))


def told(database: Database, viewer: Viewer) -> list[tuple[str, str | None]]:
    """Key and request of what an account has been told."""

    def work(session: Session) -> list[tuple[str, str | None]]:
        found = select(Notification).where(col(Notification.account_id) == viewer.account_id)
        return [(one.key, one.request_id) for one in session.exec(found)]

    return database.read_now(work)


class TestTheDaemon:
    def test_is_spoken_to_over_tcp_and_over_a_socket(self, daemon: Daemon, tmp_path: Path) -> None:
        assert Clamd(daemon.address).scan(io.BytesIO(PDF)) is None
        with clamd(tmp_path / "clamd.ctl") as other:
            assert Clamd(other.address).scan(io.BytesIO(PDF)) is None
            assert other.seen == [PDF]

    def test_gets_the_whole_file_from_its_beginning(self, daemon: Daemon) -> None:
        content = bytes(range(256)) * 1000
        file = io.BytesIO(content)
        file.seek(500)
        Clamd(daemon.address).scan(file)
        assert daemon.seen == [content]

    def test_names_what_it_finds(self, daemon: Daemon) -> None:
        assert Clamd(daemon.address).scan(io.BytesIO(INFECTED)) == "Eicar-Test-Signature"

    def test_that_is_not_there_is_unavailable(self, tmp_path: Path) -> None:
        for address in (closed_port(), str(tmp_path / "nothing"), "nowhere.invalid:3310"):
            with pytest.raises(Unavailable):
                Clamd(address).scan(io.BytesIO(PDF))

    def test_that_does_not_answer_in_time_is_unavailable(
        self, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scanning, "ANSWER_SECONDS", 0.1)
        daemon.seconds = 0.5
        with pytest.raises(Unavailable):
            Clamd(daemon.address).scan(io.BytesIO(PDF))

    @pytest.mark.parametrize(
        "said", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: what\0", b"OK\0"]
    )
    def test_may_have_no_verdict(self, daemon: Daemon, said: bytes) -> None:
        daemon.answer = said
        with pytest.raises(NoVerdict):
            Clamd(daemon.address).scan(io.BytesIO(PDF))


class TestAFile:
    async def test_is_given_to_nobody_before_it_is_clean(
        self, database: Database, files: FolderFiles, people: People, scans: Scanning
    ) -> None:
        customer = people["customer"]
        document = upload(database, files, customer)
        assert document.scan == Scan.NONE
        with pytest.raises(Conflict, match=r"documents\.being_checked"):
            database.read_now(documents.servable, customer, document.id, True)
        assert await scans.scan_some() == 1
        found = database.read_now(documents.servable, customer, document.id, True)
        assert (found.scan, found.threat) == (Scan.CLEAN, None)
        assert found.scanned_at is not None
        assert await scans.scan_some() == 0

    def test_is_given_unscanned_where_there_is_no_scanner(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        document = upload(database, files, people["customer"])
        found = database.read_now(documents.servable, people["customer"], document.id, False)
        assert found.scan == Scan.NONE

    async def test_that_is_infected_is_gone_and_its_owner_told(
        self, database: Database, files: FolderFiles, people: People, scans: Scanning
    ) -> None:
        customer = people["customer"]
        document = upload(database, files, customer, INFECTED)
        clean = upload(database, files, customer)
        assert await scans.scan_some() == 2
        assert stored(files) == {clean.id}
        assert state(database, document).threat == "Eicar-Test-Signature"
        for scanned in (True, False):
            with pytest.raises(Forbidden, match=r"documents\.infected"):
                database.read_now(documents.servable, customer, document.id, scanned)
        assert told(database, customer) == [("documents.infected_told", None)]

    async def test_that_is_infected_becomes_part_of_no_request(
        self, database: Database, files: FolderFiles, people: People, scans: Scanning
    ) -> None:
        document = upload(database, files, people["customer"], INFECTED)
        await scans.scan_some()
        request = request_of(people["customer"])
        add(database, request)
        with pytest.raises(Invalid) as refused:
            accept(database, request, people["customer"], answer(document.id))
        assert [one.key for one in refused.value.fields] == ["documents.infected"]
        (wrong,) = database.read_now(documents.wrong, people["customer"], [answer(document.id)])
        assert wrong.key == "documents.infected"

    async def test_that_is_found_infected_later_is_told_on_its_request(
        self, database: Database, files: FolderFiles, people: People, scans: Scanning
    ) -> None:
        request = request_of(people["customer"])
        add(database, request)
        document = upload(database, files, people["customer"], INFECTED)
        accept(database, request, people["customer"], answer(document.id))
        await scans.scan_some()
        assert told(database, people["customer"]) == [("documents.infected_told", request.id)]

        def entries(session: Session) -> list[tuple[str, str]]:
            query = select(TimelineEntry).where(TimelineEntry.request_id == request.id)
            return [(one.text, one.visible) for one in session.exec(query)]

        assert ("documents.infected_told", "customer") in database.read_now(entries)

    def test_is_judged_once(self, database: Database, files: FolderFiles, people: People) -> None:
        document = upload(database, files, people["customer"])
        for threat in ("Worm", None, "Worm"):
            database.write_now(scanning.note, document.id, threat, clock.now())
        assert state(database, document).scan == Scan.INFECTED
        assert len(told(database, people["customer"])) == 1

    def test_that_we_have_made_needs_no_scan(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        request = request_of(people["customer"])
        add(database, request)

        def made(session: Session) -> str:
            session.info["files"] = files
            row = session.merge(request)
            paper = documents.keep_made(
                session, row, "a.html", "text/html", b"<p>Hello", clock.now()
            )
            return paper.id

        paper = database.write_now(made)
        assert database.read_now(scanning.unscanned, set()) == []
        assert database.read_now(documents.servable, people["customer"], paper, True)


class TestTrouble:
    async def test_a_silent_scanner_leaves_everything_as_it_is(
        self, database: Database, files: FolderFiles, people: People
    ) -> None:
        document = upload(database, files, people["customer"])
        with pytest.raises(Unavailable):
            await Scanning(database, files, Clamd(closed_port())).scan_some()
        assert state(database, document).scan == Scan.NONE

    async def test_one_file_that_cannot_be_judged_holds_up_no_other(
        self,
        database: Database,
        files: FolderFiles,
        people: People,
        scans: Scanning,
        daemon: Daemon,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(scanning, "AT_ONCE", 1)
        first = upload(database, files, people["customer"])
        lost, odd = (upload(database, files, people["customer"]) for _ in range(2))
        files.remove(lost.id)
        daemon.answer = b"out of memory. ERROR\0"
        await scans.scan_some()
        daemon.answer = None
        while await scans.scan_some():
            pass
        states = [state(database, one).scan for one in (first, lost, odd)]
        assert states == [Scan.CLEAN, Scan.NONE, Scan.NONE]
