"""Database, catalog and demo data are there before anything is served."""

import logging
from pathlib import Path

import pytest
from sqlmodel import select

from processes.errors import StartError
from processes.setup import open_database, set_up
from settings import Settings
from store.identity import Account


def accounts(settings: Settings) -> list[str]:
    database = set_up(settings)
    try:
        return database.read_now(lambda session: sorted(session.exec(select(Account.email))))
    finally:
        database.close()


def test_demo_accounts_exist_in_the_embedded_default_only(settings: Settings) -> None:
    outside = settings.model_copy(update={"temporal_address": "temporal.example.com:7233"})
    assert accounts(outside) == []
    assert len(accounts(settings)) == 6


def test_setting_up_again_changes_nothing(settings: Settings) -> None:
    assert accounts(settings) == accounts(settings)


def test_a_broken_definition_is_told_with_its_file_and_keeps_nobody_from_starting(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "categories.yaml").write_text("[]\n")
    (folder / "broken.yaml").write_text("id: [\n")
    with caplog.at_level(logging.WARNING):
        set_up(settings.model_copy(update={"catalog_dir": folder})).close()
    assert any("broken.yaml:" in record.getMessage() for record in caplog.records)


def test_a_database_that_cannot_be_opened_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wrong = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/file/no.db"})
    with pytest.raises(StartError, match=r"no\.db \(VENTANILLA_DATABASE_URL\) cannot be opened"):
        open_database(wrong)
