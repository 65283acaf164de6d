"""The commands of `ventanilla` for the life of definitions: each imports what it needs.

They end with 0 when all is done, 1 when a part of it could not be, and 2 when it was refused.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from processes.desk import REFUSED, Desk, desk, moment, refuse
from processes.errors import StartError
from settings import SettingsError, load

if TYPE_CHECKING:
    from catalog.exchange import Incoming
    from services.definitions import DefinitionView
    from services.request_moves import Move

PARTLY = 1

Item = Annotated[str, typer.Argument(help="Id of the catalog item")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
Note = Annotated[str, typer.Option(help="Why, for whoever reads the history")]
Who = Annotated[str | None, typer.Option("--as", help="E-mail of the account that acts")]
Hash = Annotated[
    str | None, typer.Option("--version", help="Its hash or the first 8 characters of it")
]
When = Annotated[
    str | None, typer.Option(help="2026-12-01T09:00+01:00; UTC where no zone is given")
]


# Versions


def submit(
    item: Item,
    version: Hash = None,
    at: When = None,
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a second person's yes to the item's version in its file, or to another one."""
    from services import version_life

    with desk(who, as_json) as place:
        place.read_files()
        wished = moment(at)
        place.database.write_now(version_life.submit, place.viewer, item, version, note, wished)
        tell(place.show(item), as_json)


def approve(
    item: Item,
    version: Hash = None,
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Say yes to the version in review, which somebody else submitted."""
    from services import version_life

    with desk(who, as_json) as place:
        rules = place.registry
        place.database.write_now(version_life.approve, place.viewer, item, rules, version, note)
        tell(place.show(item), as_json)


def reject(
    item: Item,
    note: Note = "",
    version: Hash = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Say no to the version in review, or call off what is scheduled; the note says why."""
    from services import version_life

    with desk(who, as_json) as place:
        place.database.write_now(version_life.reject, place.viewer, item, version, note)
        tell(place.show(item), as_json)


def publish(
    item: Item,
    version: Hash = None,
    at: When = None,
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Publish the item's version in its file, or another one, now or at a moment."""
    from services import version_life

    with desk(who, as_json) as place:
        place.read_files()
        rules, wished = place.registry, moment(at)
        place.database.write_now(
            version_life.publish, place.viewer, item, rules, version, note, wished
        )
        tell(place.show(item), as_json)


def rollback(
    item: Item,
    version: Annotated[str, typer.Argument(help="Its hash or the first 8 characters of it")],
    note: Note = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Go back to a version that was published before. It holds until the file changes."""
    from services import version_life

    with desk(who, as_json) as place:
        place.read_files()
        rules = place.registry
        place.database.write_now(version_life.rollback, place.viewer, item, version, rules, note)
        tell(place.show(item), as_json)


def retire(item: Item, note: Note = "", who: Who = None, as_json: AsJson = False) -> None:
    """Take an item out of the catalog. Requests under way go on."""
    from services import version_life

    with desk(who, as_json) as place:
        place.database.write_now(version_life.retire, place.viewer, item, note)
        tell(place.show(item), as_json)


def restore(item: Item, note: Note = "", who: Who = None, as_json: AsJson = False) -> None:
    """Bring a retired item back."""
    from services import version_life

    with desk(who, as_json) as place:
        rules = place.registry
        place.database.write_now(version_life.restore, place.viewer, item, rules, note)
        tell(place.show(item), as_json)


def history(item: Item, as_json: AsJson = False) -> None:
    """Show what has happened to the versions of an item, the latest first."""
    from services import version_history

    with desk(None, as_json) as place:
        events = place.database.read_now(version_history.history, None, item, place.language)
        if as_json:
            typer.echo(json.dumps([event.model_dump(mode="json") for event in events]))
            return
        for event in events:
            note = f" “{event.note}”" if event.note else ""
            typer.echo(f"{event.at:%Y-%m-%d %H:%M}  {event.text}{note}")


def tell(view: "DefinitionView", as_json: bool) -> None:
    """How an item stands now."""
    typer.echo(view.model_dump_json(indent=2) if as_json else in_lines(view))


def in_lines(view: "DefinitionView") -> str:
    """How an item stands, for people."""

    def short(hash: str | None) -> str:
        return (hash or "")[:8]

    shown = f", version {short(view.version)}" if view.version else ""
    lines = [f"{view.item}: {view.state_text.lower()}{shown}"]
    if view.in_review:
        wish = f", to be published at {view.wished_at:%Y-%m-%d %H:%M %Z}" if view.wished_at else ""
        by = f" by {view.submitted_by}" if view.submitted_by else ""
        lines.append(f"  in review: version {short(view.in_review)}, submitted{by}{wish}")
    if view.scheduled and view.scheduled_at:
        at = f"{view.scheduled_at:%Y-%m-%d %H:%M %Z}"
        lines.append(f"  scheduled: version {short(view.scheduled)} at {at}")
    if view.held:
        lines.append(f"  held back until the file changes: version {short(view.held)}")
    return "\n".join(lines)


# Files


def export(
    item: Item,
    to: Annotated[Path, typer.Option(help="The folder to write to")],
    version: Hash = None,
    force: Annotated[bool, typer.Option(help="Overwrite files that differ")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a version as files: the published one, or the file's where none is published."""
    from catalog.exchange import differing, put
    from catalog.written import files_of
    from catalog.yaml12 import Unreadable
    from services import catalog, version_lookup

    with desk(None, as_json) as place:
        hash = place.database.read_now(version_lookup.shown, item, version)
        found = place.database.read_now(catalog.version, hash)
        try:
            files = files_of(found)
            different = differing(files, to)
            if different and not force:
                raise StartError(overwritten([str(to / file) for file in different]))
            put(files, to)
        except (OSError, Unreadable) as no:
            raise StartError(f"{item} cannot be written: {no}") from None
    if as_json:
        typer.echo(json.dumps({"item": item, "version": hash, "files": list(files)}))
        return
    typer.echo("\n".join(f"wrote {to / file}" for file in files))


def take_in(
    folder: Annotated[Path, typer.Argument(help="A folder with catalog_defs/ and forms/")],
    force: Annotated[bool, typer.Option(help="Overwrite files of ours that differ")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what it would do, and do nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy definitions of a folder into the catalog, once they are found to be right."""
    from catalog.exchange import Folders, look, take
    from studio.lint.publishing import publishing_registry

    try:
        settings = load()
        ours = Folders(settings.catalog_dir, settings.forms_dir)
        found = look(folder, ours, publishing_registry())
        if not (found.new or found.same or found.different):
            raise StartError(
                f"There are no definitions in {folder}/catalog_defs or {folder}/forms."
            )
        stop = bool(found.problems) or bool(found.different and not force)
        if not (stop or dry_run):
            take(folder, (*found.new, *found.different), ours)
    except (OSError, SettingsError, StartError) as no:
        refuse("not_possible", str(no), as_json)
    report(found, taken=not (stop or dry_run), as_json=as_json)
    if found.different and not force and not as_json:
        typer.echo(overwritten(list(found.different)), err=True)
    raise typer.Exit(REFUSED if stop else 0)


def report(found: "Incoming", taken: bool, as_json: bool) -> None:
    """What taking files over means, and whether it was done."""
    if as_json:
        parts = {name: getattr(found, name) for name in ("new", "different", "same", "ignored")}
        problems = [vars(problem) for problem in found.problems]
        whole = {"taken": taken, **parts, "versions": found.versions, "problems": problems}
        typer.echo(json.dumps(whole, ensure_ascii=False))
        return
    words = {"new": found.new, "differs": found.different, "same": found.same}
    for word, files in (words | {"ignored": found.ignored}).items():
        for file in files:
            typer.echo(f"{word}  {file}")
    for item, hash in found.versions.items():
        typer.echo(f"{item} is version {hash[:8]}")
    for problem in found.problems:
        typer.echo(str(problem), err=True)
    if taken:
        typer.echo("Copied. A portal that runs takes the files up by itself.")


def overwritten(files: list[str]) -> str:
    """Why nothing was written."""
    return f"Other content would be lost in {', '.join(files)}. Add --force to overwrite it."


# Requests under way


def migrate(
    item: Item,
    current: Annotated[str, typer.Option("--from", help="The version they are on")],
    target: Annotated[str, typer.Option("--to", help="The version they are to go on with")],
    dry_run: Annotated[bool, typer.Option(help="Say which could move, and move none")] = False,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Have requests under way go on with another version, where what they have done is in it."""
    with desk(who, as_json) as place:
        moves = list(moved(place, item, current, target, dry_run))
    staying = [move for move in moves if not move.can_move]
    if as_json:
        whole = {"item": item, "from": current, "to": target, "dry_run": dry_run}
        whole |= {"requests": [move.model_dump() for move in moves]}
        typer.echo(json.dumps(whole, ensure_ascii=False))
    else:
        typer.echo("\n".join([*map(move_line, staying), totals(len(moves), len(staying), dry_run)]))
    raise typer.Exit(PARTLY if staying else 0)


def moved(place: Desk, item: str, current: str, target: str, dry_run: bool) -> "Iterator[Move]":
    """Every request under way on a version, and whether it can move; unless dry, it then has."""
    from services import request_moves

    way = place.database.read_now(request_moves.route, place.viewer, item, current, target)
    after = ""
    while page := place.database.read_now(request_moves.page, way, place.language, after):
        for found in page:
            yield found if dry_run or not found.can_move else move_now(place, way, found)
        after = page[-1].request


def move_now(place: Desk, way: Any, found: "Move") -> "Move":
    """Have one request move, if it still can."""
    from services import request_moves

    work: Callable[..., Move] = request_moves.move
    return place.database.write_now(work, place.viewer, way, found.request, place.language)


def move_line(move: "Move") -> str:
    """A request that stays, and why."""
    return f"{move.reference} stays: {' '.join(move.why_not)}"


def totals(total: int, staying: int, dry_run: bool) -> str:
    """How many move and how many stay."""
    verb = "could move" if dry_run else "go on with the other version"
    return f"{total - staying} of {total} requests under way {verb}."


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (submit, approve, reject, publish, rollback, retire, restore, history, export):
        app.command()(command)
    app.command("import")(take_in)
    app.command()(migrate)
