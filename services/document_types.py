"""What kind of file something really is, judged by its content against a short list.

`puremagic` names the kind; each kind then has a look of its own, because a guess from the first
bytes takes any ZIP for a text document and knows no plain text. The file's name decides nothing.
"""

import codecs
import os
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO

import puremagic

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
HEIC = "image/heic"
TEXT = "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"

EXTENSIONS = {
    PDF: (".pdf",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg", ".jfif"),
    HEIC: (".heic", ".heif"),
    TEXT: (".txt", ".text", ".csv", ".md", ".log"),
    DOCX: (".docx",),
    ODT: (".odt",),
}
"""The kinds accepted here, and the name endings that fit each, the usual one first."""

MADE = {"text/html": (".html",)}
"""The kinds that only we make, with their endings."""

HEAD_BYTES = 4096
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
MOST_ZIP_ENTRIES = 2000
LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_DIRECTORY = 1024 * 1024
END_BYTES = 65_557
"""How far from its end an archive may say where its directory is."""
CONTROL_CHARACTERS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f")


def media_type_of(file: BinaryIO) -> str | None:
    """The kind of an open file, or None for whatever is not accepted here."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    for kind in guessed(head):
        if LOOKS[kind](file, head):
            return kind
    return None


def guessed(head: bytes) -> list[str]:
    """The accepted kinds that the first bytes allow."""
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        found = set()
    except ValueError:
        return []
    if head.startswith(b"PK\x03\x04"):
        return [DOCX, ODT]
    kinds = [kind for kind, endings in EXTENSIONS.items() if found.intersection(endings)]
    # Two families of HEIC are unknown to puremagic, and plain text has no first bytes.
    return kinds or [HEIC, TEXT]


def looks_pdf(file: BinaryIO, head: bytes) -> bool:
    return head.startswith(b"%PDF-")


def looks_png(file: BinaryIO, head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")


def looks_jpeg(file: BinaryIO, head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def looks_heic(file: BinaryIO, head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS


def looks_text(file: BinaryIO, head: bytes) -> bool:
    """UTF-8 without control characters, and not the beginning of a page or a picture in XML."""
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return False
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(65536):
            if CONTROL_CHARACTERS.intersection(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def looks_docx(file: BinaryIO, head: bytes) -> bool:
    """A word processor's document without macros."""
    names = zip_names(file)
    return {"[Content_Types].xml", "word/document.xml"} <= names and not any(
        name.lower().endswith("vbaproject.bin") for name in names
    )


def looks_odt(file: BinaryIO, head: bytes) -> bool:
    """An OpenDocument text, which says so in its first entry, right behind its name."""
    length = int.from_bytes(head[22:26], "little")
    says = head[30:38] == b"mimetype" and head[38 : 38 + length] == ODT.encode()
    return says and "content.xml" in zip_names(file)


def zip_names(file: BinaryIO) -> set[str]:
    """The entries of a readable archive of sane size; none of any other."""
    if directory_bytes(file) > LARGEST_DIRECTORY:
        return set()
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return set()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ZIP_ENTRIES or unpacked > LARGEST_UNPACKED:
        return set()
    return {entry.filename for entry in entries}


def directory_bytes(file: BinaryIO) -> int:
    """What the end of an archive says of the size of its directory, all of which is read at once.

    The number of entries beside it binds no reader.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - END_BYTES, 0))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0


LOOKS: dict[str, Callable[[BinaryIO, bytes], bool]] = {
    PDF: looks_pdf,
    PNG: looks_png,
    JPEG: looks_jpeg,
    HEIC: looks_heic,
    TEXT: looks_text,
    DOCX: looks_docx,
    ODT: looks_odt,
}


def fits(media_type: str, wanted: str) -> bool:
    """Whether a kind is what a form asks for: a media type, or a family such as `image/*`."""
    return wanted == media_type or (
        wanted.endswith("/*") and media_type.startswith(wanted.removesuffix("*"))
    )


def names_of(wanted: Collection[str] = ()) -> str:
    """Media types, or families of them, as people know them: PDF, PNG, …; none means all."""
    endings = [
        of_kind[0]
        for kind, of_kind in EXTENSIONS.items()
        if not wanted or any(fits(kind, one) for one in wanted)
    ]
    return ", ".join(ending.removeprefix(".").upper() for ending in endings)


def tidy_name(given: str, media_type: str) -> str:
    """A file name that is safe to show and to save: no folder, no control character."""
    name = given.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip(" .")
    path = Path(name or "document")
    endings = (EXTENSIONS | MADE)[media_type]
    suffix = path.suffix if path.suffix.lower() in endings else endings[0]
    stem = path.stem if path.suffix.lower() in endings else path.name
    return stem[: 120 - len(suffix)] + suffix
