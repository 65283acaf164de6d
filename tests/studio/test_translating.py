"""The files of a further language are complete, and keep what their translators wrote."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from studio import translating
from studio.translating import Damaged, prepare
from tests.catalog.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A catalog beside texts of a portal that has only two."""
    (tmp_path / "locales" / "en").mkdir(parents=True)
    own = 'msgid "tea.brewed"\nmsgstr "Your tea is ready."\n\nmsgid "tea.cold"\nmsgstr "Cold"\n'
    (tmp_path / "locales" / "en" / "tea.po").write_text(own)
    monkeypatch.setattr(translating, "LOCALES", tmp_path / "locales")
    return Workshop(tmp_path)


def texts(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {str(one.id): str(one.string) for one in read_po(opened) if one.id}


def test_every_text_is_in_the_files_once(workshop: Workshop) -> None:
    definitions, own = prepare("fr", workshop.defs, workshop.forms)

    assert definitions.file == workshop.defs / "translations" / "fr.po"
    there = texts(definitions.file)
    assert {"Drinks", "Tea for you", "A cup of tea.", "Brewing", "Tea", "Sort", "Day"} <= set(there)
    assert set(there.values()) == {""}
    assert (definitions.texts, definitions.there) == (len(there), 0)
    assert "#. Your tea is ready." in own.file.read_text()
    assert list(texts(own.file)) == ["tea.brewed", "tea.cold"]


def test_what_is_translated_stays_and_what_is_gone_goes(workshop: Workshop) -> None:
    file = prepare("fr", workshop.defs, workshop.forms)[0].file
    text = file.read_text()
    for said, translation in (("Brewing", "En infusion"), ("Drinks", "Boissons")):
        text = text.replace(f'msgid "{said}"\nmsgstr ""', f'msgid "{said}"\nmsgstr "{translation}"')
    file.write_text(text)
    workshop.change("en: Brewing", "en: In the pot")

    again = prepare("fr", workshop.defs, workshop.forms)[0]

    there = texts(again.file)
    assert there["Drinks"] == "Boissons"
    assert there["In the pot"] == ""
    assert "Brewing" not in there
    assert again.there == 1


def test_a_damaged_file_is_not_overwritten(workshop: Workshop) -> None:
    file = prepare("fr", workshop.defs, workshop.forms)[0].file
    file.write_text("msgid Tea\n")

    with pytest.raises(Damaged, match=r"fr\.po"):
        prepare("fr", workshop.defs, workshop.forms)

    assert file.read_text() == "msgid Tea\n"
