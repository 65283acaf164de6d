"""The life of definitions from the command line, as a designer types it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from ground import clock, ids
from services import identity
from settings import ROOT
from store.database import Database
from store.requests import Effect, Request, Status

ITEM = "plan-upgrade"


@dataclass
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Installation:
    """A catalog of one real item, and a data folder."""

    def __init__(self, folder: Path) -> None:
        self.defs, self.forms, self.data = folder / "defs", folder / "forms", folder / "var"
        self.defs.mkdir()
        for name in ("categories.yaml", f"{ITEM}.yaml"):
            shutil.copy(ROOT / "catalog_defs" / name, self.defs)
        shutil.copytree(ROOT / "forms", self.forms)

    def run(self, *typed: str | Path, code: int = 0) -> Answer:
        """Run a command, which has to end with this code."""
        environ = {
            "VENTANILLA_DATA_DIR": str(self.data),
            "VENTANILLA_CATALOG_DIR": str(self.defs),
            "VENTANILLA_FORMS_DIR": str(self.forms),
        }
        done = CliRunner().invoke(app, [str(one) for one in typed], env=environ)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        answer = Answer(done.exit_code, done.stdout, done.stderr)
        assert answer.code == code, answer
        return answer

    def change(self, old: str, new: str, item: str = ITEM) -> None:
        file = self.defs / f"{item}.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def due_days(self, days: int) -> None:
        """Change a setting of the item."""
        text = (self.defs / f"{ITEM}.yaml").read_text()
        before = next(line for line in text.split("\n") if "invoice_due_days" in line)
        self.change(before, f"  invoice_due_days: {days}")

    def published(self) -> str:
        """The hash of the version that is published now."""
        return str(self.run("publish", ITEM, "--json").json["version"])

    @property
    def database(self) -> Database:
        return Database(f"sqlite:///{self.data / 'ventanilla.db'}")


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def reviewed(here: Installation) -> Installation:
    """A second version asks for a review; Ana and Bea are designers, Otto an agent."""
    here.published()
    here.change(f"workflow: {ITEM}", f"publish: review\nworkflow: {ITEM}")

    def people(session: Any) -> None:
        for name, role in (("ana", "designer"), ("bea", "designer"), ("otto", "agent")):
            identity.create_account(
                session, email=f"{name}@example.com", at=clock.now(), name=name.title(), role=role
            )

    database = here.database
    database.write_now(people)
    database.close()
    return here


def test_a_file_is_published_and_its_history_told(here: Installation) -> None:
    assert here.run("publish", ITEM).out.startswith(f"{ITEM}: published, version ")
    here.due_days(21)
    second = here.published()

    told = here.run("history", ITEM)

    assert f"The portal published version {second[:8]}." in told.out.split("\n")[0]
    assert len(told.out.strip().split("\n")) == 4
    events = here.run("history", ITEM, "--json").json
    assert [event["action"] for event in events] == ["published", "loaded"] * 2


def test_a_rollback_holds_though_the_files_are_read_again(here: Installation) -> None:
    first = here.published()
    here.due_days(21)
    second = here.published()

    back = here.run("rollback", ITEM, first[:8], "--note", "Too long")

    assert f"published, version {first[:8]}" in back.out
    assert f"held back until the file changes: version {second[:8]}" in back.out
    here.run("upgrade")
    assert here.run("retire", ITEM, "--json").json["history"][1]["note"] == "Too long"
    assert here.run("restore", ITEM, "--json").json["version"] == first
    assert here.published() == second, "unless somebody says so"


def test_a_wrong_file_is_refused_with_its_mistakes(here: Installation) -> None:
    here.published()
    here.change("invoice_due_days: 14", "invoice_due_days: soon")

    refused = here.run("publish", ITEM, code=2)

    assert f"{ITEM}.yaml:" in refused.err
    as_json = here.run("publish", ITEM, "--json", code=2)
    assert as_json.json["error"] == "definitions.file_is_wrong"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["publish", "nothing"], "There is no catalog item nothing."),
        (["history", "nothing"], "There is no catalog item nothing."),
        (["rollback", ITEM, "xyz"], "xyz is not a version."),
        (["rollback", ITEM, "0" * 8], "has no version 00000000"),
        (["publish", ITEM, "--at", "soon"], "soon is no moment"),
        (["publish", ITEM, "--as", "x@example.com"], "no active account for x@example.com"),
        (["submit", ITEM], "name your account with --as"),
        (["migrate", ITEM, "--from", "0" * 8, "--to", "1" * 8], "has no version 00000000"),
        (["publish"], "Missing argument"),
        (["export", ITEM], "Missing option"),
    ],
)
def test_what_is_refused_says_why(here: Installation, typed: list[str], says: str) -> None:
    here.published()

    assert says in here.run(*typed, code=2).err


def test_two_people_publish_what_asks_for_a_review(reviewed: Installation) -> None:
    here = reviewed
    assert "needs the approval" in here.run("publish", ITEM, code=2).err
    waiting = here.run("submit", ITEM, "--as", "ana@example.com", "--note", "Please look")
    assert "submitted by Ana" in waiting.out
    assert "You submitted" in here.run("approve", ITEM, "--as", "ana@example.com", code=2).err
    assert "Only designers" in here.run("approve", ITEM, "--as", "otto@example.com", code=2).err

    rejected = here.run("reject", ITEM, "--as", "bea@example.com", code=2)
    assert "note" in rejected.err
    here.run("reject", ITEM, "--as", "bea@example.com", "--note", "Not yet")
    here.run("submit", ITEM, "--as", "ana@example.com", "--at", "2099-12-01T09:00+01:00")
    scheduled = here.run("approve", ITEM, "--as", "bea@example.com")

    assert "at 2099-12-01 08:00 UTC" in scheduled.out
    now = here.run("publish", ITEM, "--as", "ana@example.com", "--json").json
    assert (now["version"], now["scheduled"]) == (now["file_version"], None)
    assert now["history"][0]["by"] == "Ana"


def test_an_exported_version_can_be_imported_elsewhere(
    here: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = here.published()
    here.due_days(21)
    here.published()
    folder = tmp_path_factory.mktemp("handed-over")

    written = here.run("export", ITEM, "--version", first[:8], "--to", folder, "--json").json

    assert written["version"] == first
    assert sorted(written["files"]) == [
        "catalog_defs/plan-upgrade.yaml",
        "forms/payment-method.json",
        "forms/plan-upgrade.json",
    ]
    elsewhere = Installation(tmp_path_factory.mktemp("elsewhere"))
    (elsewhere.defs / f"{ITEM}.yaml").unlink()
    taken = elsewhere.run("import", folder)
    assert "new  catalog_defs/plan-upgrade.yaml" in taken.out
    assert "same  forms/plan-upgrade.json" in taken.out
    assert elsewhere.published() == first


def test_nothing_is_overwritten_unseen(here: Installation, tmp_path: Path) -> None:
    here.published()
    folder = tmp_path / "handed-over"
    here.run("export", ITEM, "--to", folder)
    here.run("export", ITEM, "--to", folder)
    here.due_days(21)
    second = here.published()
    assert "Other content would be lost" in here.run("export", ITEM, "--to", folder, code=2).err

    refused = here.run("import", folder, code=2)
    assert "differs  catalog_defs/plan-upgrade.yaml" in refused.out
    assert "--force" in refused.err
    assert here.published() == second
    tried = here.run("import", folder, "--force", "--dry-run", "--json").json
    assert (tried["taken"], tried["different"]) == (False, ["catalog_defs/plan-upgrade.yaml"])

    here.run("import", folder, "--force")
    assert here.published() != second
    here.run("export", ITEM, "--version", second, "--to", folder, "--force")


def test_what_would_be_wrong_is_not_imported(here: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "handed-over"
    here.run("upgrade")
    here.run("export", ITEM, "--to", folder)
    file = folder / "catalog_defs" / f"{ITEM}.yaml"
    file.write_text(file.read_text().replace("category: plans", "category: plan"))

    refused = here.run("import", folder, "--force", code=2)

    assert "there is no category `plan`" in refused.err
    assert "category: plans" in (here.defs / f"{ITEM}.yaml").read_text()
    assert "no definitions" in here.run("import", tmp_path / "var", code=2).err


DECLARED = """\
process:
  do:
    - hello: {call: notify, with: {message: {en: Hello, es: Hola, pt: Olá}}}
    - rest: {wait: {minutes: 4}}
"""


def test_requests_under_way_are_judged_before_they_move(here: Installation) -> None:
    here.change(f"workflow: {ITEM}\n", DECLARED)
    here.change("settings:", "settings: {} #")
    text = (here.defs / f"{ITEM}.yaml").read_text()
    lines = [line for line in text.split("\n") if not line.startswith("  payment_")]
    (here.defs / f"{ITEM}.yaml").write_text(
        "\n".join(line for line in lines if "invoice_due_days" not in line)
    )
    first = here.published()
    begin(here, first, "read_answers")
    begin(here, first, "hello/notify")
    here.change("- hello:", "- greet:")
    second = here.published()

    dry = here.run("migrate", ITEM, "--from", first, "--to", second[:8], "--dry-run", code=1)

    assert "1 of 2 requests under way could move." in dry.out
    assert "has done hello, which the other version does not have" in dry.out
    moved = here.run("migrate", ITEM, "--from", first, "--to", second, "--json", code=1).json
    assert sorted(one["can_move"] for one in moved["requests"]) == [False, True]
    again = here.run("migrate", ITEM, "--from", first, "--to", second, "--json", code=1).json
    assert not any(one["can_move"] for one in again["requests"]), "one is on its way already"


def begin(here: Installation, version: str, done: str) -> None:
    """A request under way that has done something."""
    example = {
        "subscription": "s1",
        "plan": "p1",
        "when": "now",
        "payment_method": "balance",
        "consent": True,
    }
    at, id = clock.now(), ids.new_id()

    def work(session: Any) -> None:
        session.add(
            Request(
                id=id,
                reference=id,
                item_id=ITEM,
                version=version,
                customer_id="clara",
                channel="web",
                language="en",
                status=Status.IN_PROGRESS,
                stage="received",
                answers=example,
                created_at=at,
                updated_at=at,
            )
        )
        session.flush()
        session.add(Effect(key=f"{id}/{done}", request_id=id, name=done, at=at))

    database = here.database
    database.write_now(work)
    database.close()


def test_requests_of_a_python_workflow_stay(here: Installation) -> None:
    first = here.published()
    here.due_days(21)
    second = here.published()

    refused = here.run("migrate", ITEM, "--from", first, "--to", second, "--dry-run", code=2)

    assert "A Python workflow carries the requests" in refused.err
