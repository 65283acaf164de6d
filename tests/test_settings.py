"""Settings: defaults that work, and errors that say what would be right."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import settings
from settings import ROOT, Settings, SettingsError, load


def load_with(monkeypatch: pytest.MonkeyPatch, **environ: str) -> Settings:
    for name, text in environ.items():
        monkeypatch.setenv(f"VENTANILLA_{name}", text)
    return load(os.environ)


def complaint(monkeypatch: pytest.MonkeyPatch, **environ: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load_with(monkeypatch, **environ)
    return str(raised.value)


def test_nothing_needs_to_be_set() -> None:
    found = load({})
    assert found.embedded
    assert found.portal_url == "http://127.0.0.1:8080"
    assert found.database == f"sqlite:///{ROOT}/var/ventanilla.db"
    assert found.temporal_target == "127.0.0.1:7233"
    assert found.temporal_ui == "http://127.0.0.1:8233"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_with(monkeypatch, PORT="", TEMPORAL_ADDRESS="").port == 8080


def test_an_outside_temporal_ends_the_embedded_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_with(monkeypatch, TEMPORAL_ADDRESS="temporal.example.com:7233")
    assert not found.embedded
    assert found.temporal_target == "temporal.example.com:7233"
    assert found.temporal_ui is None


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"PORT": "abc"}, ["VENTANILLA_PORT is 'abc'", "valid integer", "8080"]),
        ({"PORT": "70000"}, ["VENTANILLA_PORT is '70000'", "65535", "8080"]),
        ({"TEMPORAL_TLS": "perhaps"}, ["VENTANILLA_TEMPORAL_TLS is 'perhaps'", "example: true"]),
        ({"TEMPORAL_ADDRESS": "http://x"}, ["VENTANILLA_TEMPORAL_ADDRESS", ":7233"]),
        ({"DATABASE_URL": "mysql://x"}, ["VENTANILLA_DATABASE_URL", "SQLite", "postgresql://"]),
        ({"SMTP_HOST": "mail"}, ["VENTANILLA_SMTP_FROM is missing", "help@example.com"]),
        ({"TEMPORAL_TLS_CERT": "/c"}, ["VENTANILLA_TEMPORAL_TLS_KEY is missing"]),
        ({"TEMPORAL_TLS_CA": "/no/such"}, ["VENTANILLA_TEMPORAL_TLS_CA", "/no/such"]),
        ({"PORT": "7233"}, ["VENTANILLA_PORT must differ"]),
        ({"PROT": "8081"}, ["VENTANILLA_PROT is not a setting", "VENTANILLA_PORT?"]),
        ({"TEMPORAL_RETENTION_DAYS": "0"}, ["VENTANILLA_TEMPORAL_RETENTION_DAYS", "1095"]),
    ],
)
def test_a_wrong_value_says_what_would_be_right(
    environ: dict[str, str], parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = complaint(monkeypatch, **environ)
    assert [part for part in parts if part not in text] == []


def test_a_brand_is_read_and_checked_with_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "brand.yaml"
    assert "VENTANILLA_BRAND_FILE" in complaint(monkeypatch, BRAND_FILE=str(file))
    file.write_text('name: X\ncolours: {light: {accent: "#ff8800"}}')
    assert "the nearest accent that would do" in complaint(monkeypatch, BRAND_FILE=str(file))
    file.write_text("name: Banco del Sur")
    assert load_with(monkeypatch, BRAND_FILE=str(file)).brand.name == "Banco del Sur"


def test_every_mistake_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = complaint(monkeypatch, PORT="abc", PROT="1", SMTP_PORT="x")
    assert len(text.splitlines()) == 3


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = complaint(monkeypatch, SECRET_KEY="hush")
    assert "VENTANILLA_SECRET_KEY is shorter than 16 characters" in text
    assert "hush" not in text
    assert "a-long-enough-secret" not in repr(Settings(secret_key="a-long-enough-secret"))


def test_secrets_that_nobody_set_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    found = Settings(data_dir=tmp_path / "var")
    assert found.secret() == Settings(data_dir=tmp_path / "var").secret()
    assert found.demo_secret() != found.secret()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    for name in ("secret_key", "demo_password"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600


def test_two_processes_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, settings;"
        "print(settings.Settings(data_dir=pathlib.Path(sys.argv[1])).secret())"
    )

    def started() -> str:
        command = [sys.executable, "-c", program, str(tmp_path)]
        return subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT).stdout

    with ThreadPoolExecutor(4) as threads:
        assert len({future.result() for future in [threads.submit(started) for _ in range(4)]}) == 1


def test_a_given_secret_is_written_nowhere(tmp_path: Path) -> None:
    found = Settings(data_dir=tmp_path / "var", secret_key="given-0123456789abc")
    assert found.secret() == "given-0123456789abc"
    assert not (tmp_path / "var").exists()


def test_the_readme_shows_exactly_these_settings() -> None:
    readme = (ROOT / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("| `VENTANILLA_")]
    assert lines == [line for line in settings.table().splitlines() if "`VENTANILLA_" in line]


def test_settings_stand_on_the_ground_floor() -> None:
    program = "import sys, settings; print(*sorted({n.split('.')[0] for n in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=ROOT
    ).stdout.split()
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert ours & set(loaded) == {"ground"}
