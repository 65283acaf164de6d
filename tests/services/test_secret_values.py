"""Secrets by name: from the environment or a file, and never to be read in what comes back."""

from pathlib import Path

import pytest

from services.faults import CallFailed
from services.secret_values import Secrets, given, masked
from settings import Settings


def test_a_variable_is_a_text_or_an_object() -> None:
    environ = {
        "VENTANILLA_SECRET_CORETOKEN": "sesame",
        "VENTANILLA_SECRET_CRM_LOGIN": '{"username": "ana", "password": "x"}',
        "VENTANILLA_SECRET_BRACE": "{not json",
        "VENTANILLA_SECRET_LIST": "{}",
    }
    secrets = Secrets(environ)
    assert secrets.value("coreToken") == "sesame"
    assert secrets.value("crm-login") == {"username": "ana", "password": "x"}
    assert secrets.value("brace") == "{not json"


def test_a_variable_counts_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"core": "old", "other": {"token": "t"}}')
    secrets = Secrets({"VENTANILLA_SECRET_CORE": "new"}, file)
    assert secrets.value("core") == "new"
    assert secrets.value("other") == {"token": "t"}


def test_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"core": "old"}')
    secrets = Secrets({}, file)
    assert secrets.value("core") == "old"
    file.write_text('{"core": "new"}')
    assert secrets.value("core") == "new"


def test_an_unknown_one_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(CallFailed, match="no secret is called 'core'") as caught:
        Secrets({}).value("core")
    assert caught.value.kind == "configuration"


@pytest.mark.parametrize("content", ["sesame", '{"core": 7}', '["sesame"]'])
def test_a_broken_file_is_not_quoted(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(content)
    with pytest.raises(CallFailed) as caught:
        Secrets({}, file).value("core")
    assert "sesame" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_installations_own_key_is_no_secret_of_processes() -> None:
    """`VENTANILLA_SECRET_KEY` signs cookies; no definition may send it anywhere."""
    environ = {"VENTANILLA_SECRET_KEY": "signs-all-cookies"}
    for name in ("key", "KEY", "Key"):
        with pytest.raises(CallFailed):
            Secrets(environ).value(name)


def test_the_settings_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"core": "kept"}')
    assert given(Settings(secrets_file=file), {}).value("core") == "kept"


def test_what_was_sent_is_not_to_be_read() -> None:
    text = 'echo sesame and "se\\"same" and pin 123'
    assert masked(text, {"sesame", 'se"same', "123", ""}) == 'echo *** and "***" and pin 123'
