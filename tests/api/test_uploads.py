"""Uploads in parts: tus 1.0 as its specification has it, and what becomes of a file in the end."""

import base64
import hashlib
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services import documents
from tests.people import People
from tests.services.test_document_types import PDF

FILE = PDF.ljust(700_000, b"\n")
BYTES = {"Content-Type": "application/offset+octet-stream"}
TUS = {"Tus-Resumable": "1.0.0"}


def in_base64(text: str) -> str:
    """A value as `Upload-Metadata` has it."""
    return base64.b64encode(text.encode()).decode()


class Sender:
    """Somebody's program that sends files in parts."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers | TUS

    def announce(self, size: int, **said: str) -> Any:
        """Announce a file."""
        pairs = [f"{name} {in_base64(text)}" for name, text in said.items()]
        headers = {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)}
        return self.client.post("/api/uploads", headers=self.headers | headers)

    def at(self, size: int = len(FILE), **said: str) -> str:
        """Announce a file, and where its bytes go."""
        answer = self.announce(size, **{"filename": "a.pdf", **said})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    def patch(self, address: str, offset: int, part: bytes, **headers: str) -> Any:
        """Send a part."""
        own = {**self.headers, **BYTES, "Upload-Offset": str(offset), **headers}
        return self.client.patch(address, headers=own, content=part)

    def ask(self, address: str) -> Any:
        """How far it is."""
        return self.client.head(address, headers=self.headers)

    def document(self, address: str) -> Any:
        """The document that an upload has become."""
        return self.client.get(address.replace("uploads", "documents"), headers=self.headers)


@pytest.fixture
def sender(client: TestClient, people: People) -> Sender:
    """The customer's program."""
    return Sender(client, people.bearer("customer"))


def test_a_file_in_parts_comes_back_whole(sender: Sender) -> None:
    address = sender.at(filename="Nómina «marzo».pdf", sha256=hashlib.sha256(FILE).hexdigest())
    offset = 0
    for end in (1, 300_000, 300_001, len(FILE)):
        answer = sender.patch(address, offset, FILE[offset:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        asked = sender.ask(address)
        assert asked.headers["upload-offset"] == str(end)
        assert asked.headers["upload-length"] == str(len(FILE))
        assert asked.headers["cache-control"] == "no-store"
        offset = end
    fetched = sender.document(address)
    assert fetched.content == FILE
    assert "N%C3%B3mina%20%C2%ABmarzo%C2%BB.pdf" in fetched.headers["content-disposition"]


def test_a_server_says_what_it_can_do(client: TestClient) -> None:
    answer = client.options("/api/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination,expiration"
    assert answer.headers["tus-max-size"] == str(documents.LARGEST)


def test_another_version_of_the_protocol_is_refused(sender: Sender) -> None:
    address = sender.at()
    answer = sender.patch(address, 0, FILE, **{"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert sender.ask(address).headers["upload-offset"] == "0"


def test_an_upload_says_until_when_it_may_go_on(sender: Sender) -> None:
    assert sender.announce(5, filename="a.pdf").headers["upload-expires"].endswith(" GMT")


def test_bytes_go_on_only_where_the_file_ends(sender: Sender) -> None:
    address = sender.at()
    sender.patch(address, 0, FILE[:1000])
    for offset in (0, 999, 1001, len(FILE)):
        answer = sender.patch(address, offset, FILE[offset : offset + 10])
        assert answer.status_code == 409, offset
    assert "1000" in answer.json()["detail"]
    assert sender.patch(address, 5, b"").status_code == 409
    assert sender.patch(address, 1000, b"").headers["upload-offset"] == "1000"


def test_more_than_was_announced_is_refused(sender: Sender) -> None:
    address = sender.at(size=10)
    assert sender.patch(address, 0, FILE[:11]).status_code == 413
    assert sender.ask(address).headers["upload-offset"] == "0"


def test_too_much_and_nothing_at_all_are_refused_before_anything_is_sent(sender: Sender) -> None:
    assert sender.announce(documents.LARGEST + 1).status_code == 413
    assert sender.announce(0).status_code == 422
    assert sender.announce(documents.LARGEST).status_code == 201


def test_a_body_beyond_the_limit_is_cut_short(sender: Sender) -> None:
    address = sender.at()
    assert sender.patch(address, 0, bytes(documents.LARGEST + 100_000)).status_code == 413


@pytest.mark.parametrize(
    ("said", "status"),
    [({"filename": "a.pdf"}, 415), ({"filename": "a.pdf", "sha256": "0" * 64}, 415)],
)
def test_what_is_not_accepted_is_said_in_the_end_and_said_again(
    sender: Sender, app: FastAPI, said: dict[str, str], status: int
) -> None:
    program = b"MZ\x90\x00" * 100
    address = sender.at(size=len(program), **said)
    assert sender.patch(address, 0, program).status_code == status
    again = sender.patch(address, len(program), b"")
    assert again.status_code == status
    assert "PDF" in again.json()["detail"]
    assert sender.document(address).status_code == 404
    assert sender.client.delete(address, headers=sender.headers).status_code == 204
    assert not list(app.state.files.stored())


def test_a_file_that_does_not_arrive_as_it_was_sent_is_refused(sender: Sender) -> None:
    address = sender.at(sha256=hashlib.sha256(b"another").hexdigest())
    answer = sender.patch(address, 0, FILE)
    assert answer.status_code == 422
    assert "not arrived as it was sent" in answer.json()["errors"][0]["detail"]


def test_a_finished_upload_can_be_asked_for_and_not_be_changed(sender: Sender) -> None:
    address = sender.at()
    sender.patch(address, 0, FILE)
    assert sender.ask(address).headers["upload-offset"] == str(len(FILE))
    assert sender.patch(address, len(FILE), b"").status_code == 204
    assert sender.patch(address, 0, FILE).status_code == 204
    assert sender.client.delete(address, headers=sender.headers).status_code == 204
    assert sender.document(address).content == FILE


def test_an_upload_is_its_senders_alone(sender: Sender, client: TestClient, people: People) -> None:
    address = sender.at()
    for name in ("customer2", "agent", "operator"):
        other = Sender(client, people.bearer(name))
        assert other.ask(address).status_code == 404
        assert other.patch(address, 0, FILE).status_code == 404
        assert client.delete(address, headers=other.headers).status_code == 404
    stranger = Sender(client, {})
    assert stranger.announce(10).status_code == 401
    assert stranger.patch(address, 0, FILE).status_code == 401
    assert sender.ask(address).headers["upload-offset"] == "0"


def test_uploads_count_among_what_lies_about(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_UNATTACHED", 2)
    address = sender.at()
    sender.patch(address, 0, FILE)
    sender.at()
    assert sender.announce(10).status_code == 413


def test_other_contents_are_refused(sender: Sender) -> None:
    address = sender.at()
    answer = sender.patch(address, 0, FILE, **{"Content-Type": "application/pdf"})
    assert answer.status_code == 415
    assert "application/offset+octet-stream" in answer.json()["detail"]


@pytest.mark.parametrize("said", ["filename not-base64!", "filename gA==", "filename , ,"])
def test_metadata_that_cannot_be_read_is_refused(sender: Sender, said: str) -> None:
    headers = {**sender.headers, "Upload-Length": "10", "Upload-Metadata": said}
    answer = sender.client.post("/api/uploads", headers=headers)
    assert answer.status_code == (201 if said.endswith(", ,") else 400)


def test_a_browsers_upload_must_come_from_our_own_pages(
    client: TestClient, app: FastAPI, people: People
) -> None:
    client.cookies.set(app.state.cookie_name, people.tokens["customer"])
    headers = {"Upload-Length": "10", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/uploads", headers=headers).status_code == 403
    headers["Sec-Fetch-Site"] = "same-origin"
    assert client.post("/api/uploads", headers=headers).status_code == 201
