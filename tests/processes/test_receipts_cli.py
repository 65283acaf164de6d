"""`ventanilla verify-receipt`: what it says and how it ends, with files and nothing else."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from cli import app
from services.receipt_files import signed
from services.signing import Signer
from settings import Settings
from tests.services.receipts_made import CONTENT, receipt

HOLDS, BROKEN, UNREADABLE, UNVOUCHED = 0, 1, 2, 3


class Shelf:
    """A folder with a receipt, the keys of its portal and a document."""

    def __init__(self, folder: Path) -> None:
        signer = Signer(Settings(data_dir=folder / "var"))
        self.receipt = folder / "receipt.json"
        self.receipt.write_bytes(signed(receipt(signer), signer))
        self.keys = folder / "keys.json"
        self.keys.write_bytes(orjson.dumps({"keys": [signer.public.model_dump()]}))
        self.document = folder / "lease.pdf"
        self.document.write_bytes(CONTENT)
        self.kid = signer.public.kid

    def verify(self, *more: object) -> Result:
        return CliRunner().invoke(app, ["verify-receipt", str(self.receipt), *map(str, more)])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_it_says_what_was_checked_and_by_which_key(shelf: Shelf) -> None:
    ran = shelf.verify("--key", shelf.keys, "--document", shelf.document)
    assert ran.exit_code == HOLDS
    assert "7K3M9-Q9XTB" in ran.output
    assert f"by a key that you gave: {shelf.kid}" in ran.output
    assert "chain of all 2 entries" in ran.output
    assert "is the document “lease.pdf”" in ran.output


def test_its_own_key_shows_only_that_nothing_has_changed(shelf: Shelf) -> None:
    ran = shelf.verify()
    assert ran.exit_code == UNVOUCHED
    assert "Nobody has vouched for that key" in ran.output
    assert "https://portal.example.com/.well-known/receipt-keys.json" in ran.output


def test_a_changed_receipt_does_not_hold(shelf: Shelf) -> None:
    changed = shelf.receipt.read_bytes().replace(b'"value":"tea"', b'"value":"tee"')
    shelf.receipt.write_bytes(changed)
    for more in ((), ("--key", shelf.keys)):
        ran = shelf.verify(*more)
        assert ran.exit_code == BROKEN
        assert "This does not hold" in ran.output


def test_a_key_of_another_portal_does_not_do(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Shelf(tmp_path / "other")
    assert shelf.verify("--key", other.keys).exit_code == BROKEN


def test_a_document_that_is_not_in_it_does_not_hold(shelf: Shelf) -> None:
    shelf.document.write_bytes(CONTENT + b"!")
    ran = shelf.verify("--key", shelf.keys, "--document", shelf.document)
    assert ran.exit_code == BROKEN
    assert "no document of the receipt has this content" in ran.output


def test_files_that_cannot_be_read_are_named(shelf: Shelf, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert shelf.verify("--key", missing).exit_code == UNREADABLE
    assert shelf.verify("--key", shelf.keys, "--document", missing).exit_code == UNREADABLE
    assert shelf.verify("--key", shelf.document).exit_code == UNREADABLE
    shelf.keys.write_text('{"keys": []}')
    ran = shelf.verify("--key", shelf.keys)
    assert (ran.exit_code, "holds no key" in ran.output) == (UNREADABLE, True)
    shelf.receipt.unlink()
    ran = shelf.verify()
    assert (ran.exit_code, "receipt.json cannot be read" in ran.output) == (UNREADABLE, True)
