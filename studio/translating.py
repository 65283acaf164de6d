"""The files of a further language, made or brought up to date for its translators."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from catalog import json_text, yaml12
from catalog.files import content, stats
from catalog.forms.lint import METASCHEMA
from catalog.process_files import FOLDER as PROCESSES
from catalog.translations import FOLDER, english_of_form, english_of_value
from catalog.yaml12 import Unreadable
from ground.messages import DEFAULT_LANGUAGE, LOCALES

HEADER = "# Made by `ventanilla translate`, which keeps what is translated when texts change."


@dataclass(frozen=True)
class Translated:
    """A file of translations, and how many of its texts are there."""

    file: Path
    texts: int
    there: int


class Damaged(Exception):
    """A file that there is cannot be read: it is left as it is."""


def prepare(language: str, definitions: Path, forms: Path) -> list[Translated]:
    """Write the files of a language: every text is in them, and what was translated stays.

    Raises `Damaged` for a file that cannot be read.
    """
    own = dict.fromkeys(english(definitions, forms), "")
    written = [brought_up_to_date(definitions / FOLDER / f"{language}.po", language, own)]
    for file in sorted((LOCALES / DEFAULT_LANGUAGE).glob("*.po")):
        keyed = {str(one.id): str(one.string) for one in messages_of(file) if one.id}
        written.append(brought_up_to_date(LOCALES / language / file.name, language, keyed))
    return written


def english(definitions: Path, forms: Path) -> Iterator[str]:
    """What definitions and forms say in English. Those that cannot be read say nothing."""
    for file in [*stats(definitions, "*.yaml"), *stats(definitions, f"{PROCESSES}/*.yaml")]:
        yield from english_of_value(read_or_none(definitions / file))
    for file in stats(forms, "**/*.json"):
        schema = read_or_none(forms / file)
        if isinstance(schema, dict) and file != METASCHEMA.name:
            yield from english_of_form(schema)


def read_or_none(path: Path) -> object:
    try:
        text = content(path)
        return json_text.read(text) if path.suffix == ".json" else yaml12.read(text).value
    except Unreadable:
        # `ventanilla lint` tells its writer; whoever translates cannot mend it.
        return None


def brought_up_to_date(file: Path, language: str, texts: Mapping[str, str]) -> Translated:
    """Write the file with exactly these texts: by what they are known, with the English beside."""
    known = {str(one.id): one for one in messages_of(file)} if file.exists() else {}
    catalog = Catalog(language, header_comment=HEADER, project="Ventanilla", fuzzy=False)
    for text, explained in texts.items():
        before = known.get(text)
        catalog.add(
            text,
            string=before.string if before else "",
            flags=before.flags if before else (),
            user_comments=before.user_comments if before else (),
            auto_comments=[explained] if explained else (),
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        write_po(opened, catalog, width=100)
    there = sum(1 for one in catalog if one.id and one.string and not one.fuzzy)
    return Translated(file, len(texts), there)


def messages_of(file: Path) -> list[Message]:
    """The messages in a file. Raises `Damaged`."""
    try:
        with file.open("rb") as opened:
            return list(read_po(opened, abort_invalid=True))
    except (PoFileError, ValueError) as error:
        raise Damaged(f"{file}: {error}") from None
