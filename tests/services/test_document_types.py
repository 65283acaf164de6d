"""What a file really is."""

import io
import zipfile

import pytest

from services import document_types as types

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


def archive(*names: str, content: str = "x", first: tuple[str, str] | None = None) -> bytes:
    """A ZIP file with these entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        if first:
            file.writestr(*first)
        for name in names:
            file.writestr(name, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
ODT = archive("content.xml", first=("mimetype", types.ODT))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, types.PDF),
        (PNG, types.PNG),
        (JPEG, types.JPEG),
        (HEIC, types.HEIC),
        (HEIC.replace(b"ftypheic", b"ftypmif1"), types.HEIC),
        ("Año nuevo\n\tça va\r\n".encode(), types.TEXT),
        (b"\xef\xbb\xbfwith a byte order mark", types.TEXT),
        (DOCX, types.DOCX),
        (ODT, types.ODT),
    ],
)
def test_accepts_the_kinds_on_the_list(content: bytes, media_type: str) -> None:
    assert types.media_type_of(io.BytesIO(content)) == media_type


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"MZ\x90\x00\x03\x00\x00\x00", id="program"),
        pytest.param(b"\x7fELF\x02\x01\x01", id="linux program"),
        pytest.param(b"<html><script>alert(1)</script>", id="page"),
        pytest.param(b"\n <svg xmlns='http://www.w3.org/2000/svg'/>", id="picture with scripts"),
        pytest.param(b"\xef\xbb\xbf<html>", id="page with a byte order mark"),
        pytest.param(b"plain\x00text", id="text with NUL"),
        pytest.param(b"caf\xe9", id="text that is not UTF-8"),
        pytest.param(b"x" * 65535 + "é".encode()[:1], id="text cut in a letter"),
        pytest.param(b"GIF89a\x01\x00\x01\x00\x00", id="picture of another kind"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 40, id="head of an archive"),
        pytest.param(archive("a.txt"), id="archive"),
        pytest.param(
            archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), id="macros"
        ),
        pytest.param(archive("[Content_Types].xml", "xl/workbook.xml"), id="spreadsheet"),
        pytest.param(archive(first=("mimetype", types.ODT)), id="document without content"),
        pytest.param(
            archive("content.xml", first=("mimetype", types.ODT + "-template")), id="template"
        ),
        pytest.param(
            archive("[Content_Types].xml", "word/document.xml", *map(str, range(2001))),
            id="thousands of entries",
        ),
    ],
)
def test_accepts_nothing_else(content: bytes) -> None:
    assert types.media_type_of(io.BytesIO(content)) is None


def test_accepts_no_archive_that_unpacks_to_more_than_is_sane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = archive("[Content_Types].xml", "word/document.xml", content="0" * 1_000_000)
    monkeypatch.setattr(types, "LARGEST_UNPACKED", 2_000_000)
    assert types.media_type_of(io.BytesIO(bomb)) == types.DOCX
    monkeypatch.setattr(types, "LARGEST_UNPACKED", 1_999_999)
    assert types.media_type_of(io.BytesIO(bomb)) is None


def test_a_directory_too_long_to_be_read_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory may claim few entries and hold a hundred thousand."""
    many = bytearray(archive("[Content_Types].xml", "word/document.xml", *map(str, range(30_000))))
    assert types.directory_bytes(io.BytesIO(many)) > types.LARGEST_DIRECTORY
    end = many.rindex(b"PK\x05\x06")
    many[end + 8 : end + 12] = (2).to_bytes(2, "little") * 2

    def read(*_: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", read)
    assert types.media_type_of(io.BytesIO(many)) is None


def test_an_archive_is_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies about its sizes, or holds an archive that holds an archive, can do no harm."""
    bomb = archive(*(f"{n}.zip" for n in range(5)), content="0" * 1_000_000)

    def unpack(*_: object, **__: object) -> None:
        raise AssertionError("an entry was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    assert types.media_type_of(io.BytesIO(bomb)) is None
    assert types.media_type_of(io.BytesIO(DOCX)) == types.DOCX


@pytest.mark.parametrize("end", [b"", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18])
def test_an_archive_with_a_broken_end_is_none(end: bytes) -> None:
    assert types.media_type_of(io.BytesIO(b"PK\x03\x04" + b"x" * 100 + end)) is None


def test_kinds_have_names_that_people_know() -> None:
    assert types.names_of(["image/*", "application/pdf"]) == "PDF, PNG, JPG, HEIC"
    assert types.names_of() == "PDF, PNG, JPG, HEIC, TXT, DOCX, ODT"
    assert types.names_of(["video/*"]) == ""


@pytest.mark.parametrize(
    ("given", "media_type", "tidy"),
    [
        ("payslip.pdf", types.PDF, "payslip.pdf"),
        ("PHOTO.JPG", types.JPEG, "PHOTO.JPG"),
        ("invoice.exe", types.PDF, "invoice.exe.pdf"),
        ("../../etc/passwd", types.TEXT, "passwd.txt"),
        ("C:\\My Files\\nómina.docx", types.DOCX, "nómina.docx"),
        ("\u202efdp.exe", types.PDF, "fdp.exe.pdf"),
        ("line\r\nbreak.txt", types.TEXT, "linebreak.txt"),
        ("", types.PNG, "document.png"),
        ("...", types.PNG, "document.png"),
        ("x" * 300 + ".odt", types.ODT, "x" * 116 + ".odt"),
    ],
)
def test_makes_names_safe(given: str, media_type: str, tidy: str) -> None:
    assert types.tidy_name(given, media_type) == tidy


def test_forms_may_ask_for_a_kind_or_a_family() -> None:
    assert types.fits(types.PDF, "application/pdf")
    assert types.fits(types.HEIC, "image/*")
    assert not types.fits(types.PDF, "image/*")
    assert not types.fits(types.PDF, "image/png")
