"""Uploading and fetching documents over HTTP."""

from io import BytesIO
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services import documents
from tests.people import People
from tests.services.test_document_types import PDF


@pytest.fixture
def send(client: TestClient, people: People) -> Any:
    """Upload as the customer."""

    def upload(name: str, content: bytes, field: str = "file") -> Any:
        return client.post(
            "/api/documents",
            files={field: (name, BytesIO(content), "application/x-whatever")},
            headers=people.bearer("customer"),
        )

    return upload


def test_an_upload_is_known_by_its_content_and_comes_back_whole(
    client: TestClient, people: People, send: Any
) -> None:
    created = send("Nómina «marzo».pdf", PDF)
    assert created.status_code == 201
    body = created.json()
    assert (body["name"], body["media_type"], body["size"]) == (
        "Nómina «marzo».pdf",
        "application/pdf",
        len(PDF),
    )
    assert created.headers["location"] == f"/api/documents/{body['id']}"

    fetched = client.get(created.headers["location"], headers=people.bearer("customer"))
    assert fetched.content == PDF
    assert fetched.headers["content-type"] == "application/pdf"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert fetched.headers["content-disposition"] == (
        'attachment; filename="N_mina _marzo_.pdf"; '
        "filename*=UTF-8''N%C3%B3mina%20%C2%ABmarzo%C2%BB.pdf"
    )


def test_a_document_that_one_has_is_not_sent_again(
    client: TestClient, people: People, send: Any
) -> None:
    address = send("a.pdf", PDF).headers["location"]
    headers = people.bearer("customer")
    tag = client.get(address, headers=headers).headers["etag"]
    again = client.get(address, headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_a_name_cannot_break_out_of_its_header(send: Any, client: TestClient) -> None:
    from api.documents import attachment

    header = attachment('a"; filename="evil.exe.pdf')
    assert header.startswith('attachment; filename="a__ filename__evil.exe.pdf"; ')
    assert header.count('"') == 2


def test_what_is_not_accepted_is_explained(send: Any) -> None:
    program = send("payslip.pdf", b"MZ\x90\x00\x03")
    assert program.status_code == 415
    assert "PDF" in program.json()["detail"]
    empty = send("a.pdf", b"")
    assert empty.status_code == 422
    assert empty.json()["errors"][0]["pointer"] == "/file"
    assert send("a.pdf", PDF, field="another").status_code == 422


def test_a_form_without_a_file_is_explained(client: TestClient, people: People) -> None:
    headers = people.bearer("customer")
    for arguments in ({"data": {"file": "text"}}, {"json": {"file": "text"}}, {}):
        response = client.post("/api/documents", headers=headers, **arguments)  # type: ignore[arg-type]
        assert response.status_code == 422
    broken = headers | {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/api/documents", headers=broken, content=b"--y nonsense")
    assert response.status_code in (400, 422)


def test_two_files_at_once_are_too_many(client: TestClient, people: People) -> None:
    files = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    response = client.post("/api/documents", files=files, headers=people.bearer("customer"))
    assert response.status_code == 400


def test_the_limit_holds_for_the_file_and_for_the_body(
    send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    over_the_file = send("a.pdf", PDF.ljust(documents.LARGEST + 1, b" "))
    assert over_the_file.status_code == 413
    assert "10 MB" in over_the_file.json()["detail"]
    over_the_body = send("a.pdf", PDF.ljust(documents.LARGEST + 100_000, b" "))
    assert over_the_body.status_code == 413


def test_a_stranger_uploads_nothing(app: FastAPI, client: TestClient) -> None:
    response = client.post("/api/documents", files={"file": ("a.pdf", PDF)})
    assert response.status_code == 401
    assert not list(app.state.files.stored())
