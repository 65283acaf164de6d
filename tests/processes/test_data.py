"""`make reset` forgets what is ours and touches nothing else."""

from pathlib import Path

from processes.data import forget


def test_only_our_own_files_are_deleted(tmp_path: Path) -> None:
    ours = ["ventanilla.db", "ventanilla.db-wal", "temporal.db", "temporal.log", "secret_key"]
    for name in [*ours, "thesis.txt"]:
        (tmp_path / name).touch()
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "passport.pdf").touch()
    forgotten = forget(tmp_path)
    assert {path.name for path in forgotten} == {*ours, "documents"}
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
