"""The designer's commands of `ventanilla`: each imports what it needs, so that none waits."""

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from studio.lint.command import lint

if TYPE_CHECKING:
    from catalog.processes.model import Process
    from catalog.versions import Version
    from studio.explore import Exploration
    from studio.report import Report
    from studio.simulate import Wanted

Made = TypeVar("Made")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
WHOM = {"customer": "the customer", "staff": "staff"}
NOT_USABLE = 2
"""The exit code for files that cannot be used."""


class Unusable(Exception):
    """A file that cannot be used, and why, in lines for its writer."""


@contextmanager
def plainly() -> Iterator[None]:
    """Show what is wrong with a file without a traceback."""
    try:
        yield
    except Unusable as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(NOT_USABLE) from None


def simulate(
    file: Annotated[Path, typer.Argument(help="A catalog item, or an Open Workflow document")],
    answers: Annotated[
        str | None,
        typer.Option(help="A file of answers, or the name of one of the item's examples"),
    ] = None,
    people: Annotated[Path | None, typer.Option(help="Who answers what, and when")] = None,
    until: Annotated[str | None, typer.Option(help="The day or moment at which to stop")] = None,
    given: Annotated[
        Path | None, typer.Option("--input", help="The input of an Open Workflow document")
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option("--map", help="HOST=ADDRESS: a host that may be called, and where it is"),
    ] = None,
    language: Annotated[str, typer.Option(help="The language of the timeline: en, es, pt")] = "en",
    as_json: AsJson = False,
) -> None:
    """Run a definition months ahead in seconds, with virtual people, and show what comes of it."""
    with plainly():
        from studio.simulate import simulate as run

        version, wanted = what_to_simulate(file, answers, given, people)
        wanted = wanted.model_copy(update={"until": moment(until), "language": language})
        report = ran(run(version, wanted, mapped(hosts or [])))
    typer.echo(report.model_dump_json(indent=2) if as_json else in_lines(report))


def ran(work: Coroutine[Any, Any, Made]) -> Made:
    """What `work` gives, without the engine's own words. Raises `Unusable` for what cannot be."""
    from ground.errors import Refusal
    from studio.engine import EngineFailed
    from studio.noise import put_aside
    from studio.population import Impossible, in_words

    why: Refusal | Impossible
    with put_aside():
        try:
            return asyncio.run(work)
        except (Refusal, Impossible) as error:
            why = error
        except EngineFailed as error:
            raise Unusable(f"The engine of simulations has failed: {error}. Try again") from error
    raise Unusable(in_words(why) if isinstance(why, Refusal) else str(why)) from why


def explore(
    path: Annotated[Path, typer.Argument(help="A catalog item, or a folder of them")],
    hosts: Annotated[
        list[str] | None,
        typer.Option("--map", help="HOST=ADDRESS: a host that may be called, and where it is"),
    ] = None,
    runs: Annotated[int, typer.Option(help="The most runs")] = 300,
    as_json: AsJson = False,
) -> None:
    """Take every branch of a process, each answer of people in turn, and show what is left out."""
    with plainly():
        from studio.explore import explore as run

        found = {}
        for version in versions_in(path):
            one = ran(run(version, mapped(hosts or []), runs))
            found[version.item.id] = one
            if not as_json:
                typer.echo(explored(one) if path.is_file() else titled(version.item.id, one))
    if as_json:
        shown = {name: one.model_dump(mode="json") for name, one in found.items()}
        whole = shown if path.is_dir() else next(iter(shown.values()))
        typer.echo(json.dumps(whole, indent=2))
    raise typer.Exit(0 if all(one.is_clean for one in found.values()) else 1)


def versions_in(path: Path) -> "Iterator[Version]":
    """The item in a file, or each in a folder, one after the other. Raises `Unusable`."""
    if not path.is_dir():
        yield item_version(path)
        return
    for file in sorted(path.glob("*.yaml")):
        source = content(file)
        if isinstance(source, dict) and "id" in source:
            yield item_version(file)


def titled(item: str, found: "Exploration") -> str:
    """An exploration among others."""
    return f"{item}\n" + "\n".join(f"  {line}" for line in explored(found).splitlines())


def diagram(
    file: Annotated[Path, typer.Argument(help="A catalog item, or an Open Workflow document")],
    language: Annotated[str, typer.Option(help="The language of titles: en, es, pt")] = "en",
    to: Annotated[Path | None, typer.Option(help="The file to write, instead of printing")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a process as SVG."""
    with plainly():
        from studio.diagram import diagram as drawn

        process, settings = process_in(file)
        svg = drawn(process, language, settings)
        if to:
            to.write_text(svg, "utf-8")
            svg = f"The diagram is in {to}."
    typer.echo(json.dumps({"svg": svg}) if as_json else svg)


def diff(
    old: Annotated[Path, typer.Argument(help="The item as it was")],
    new: Annotated[Path, typer.Argument(help="The item as it is to be")],
    as_json: AsJson = False,
) -> None:
    """Show what changed for customers, for staff, and for requests under way."""
    with plainly():
        from studio.diff import difference

        found = difference(item_version(old), item_version(new))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    for side in ("customers", "staff", "requests"):
        lines = [f"  {one}" for one in found if one.side == side]
        typer.echo("\n".join([f"For {SIDES[side]}:", *(lines or ["  nothing"])]))


def translate(
    language: Annotated[str, typer.Argument(help="The code of the language, such as fr")],
    folder: Annotated[Path, typer.Argument(help="The folder of definitions")] = Path(
        "catalog_defs"
    ),
    as_json: AsJson = False,
) -> None:
    """Write the files of a further language for its translators, or bring them up to date."""
    with plainly():
        from catalog.definitions import LANGUAGES, is_language
        from studio.translating import Damaged, prepare

        if not is_language(language) or language in LANGUAGES:
            raise Unusable(f"`{language}` is not the code of a further language, such as fr")
        if not (folder / "categories.yaml").exists():
            raise Unusable(f"{folder}: this is no folder of definitions")
        try:
            found = prepare(language, folder, folder.resolve().parent / "forms")
        except Damaged as why:
            raise Unusable(f"{why}. Mend or remove the file") from None
    if as_json:
        rows = [{"file": str(one.file), "texts": one.texts, "there": one.there} for one in found]
        typer.echo(json.dumps(rows))
        return
    for one in found:
        typer.echo(f"{one.there:5} of {one.texts:5}  {os.path.relpath(one.file)}")
    typer.echo("Start Ventanilla again, and people can choose the language.")


SIDES = {
    "customers": "customers",
    "staff": "staff",
    "requests": "new requests (those under way stay as they are)",
}


def process_in(file: Path) -> "tuple[Process, dict[str, Any]]":
    """The process of an item or a document with its texts, and settings. Raises `Unusable`."""
    from catalog.processes.parsing import parse
    from studio.documents import is_document

    source = content(file)
    if is_document(source):
        return parse(source)[0], {}
    version = item_version(file)
    process = version.item_source.get("process")
    if process is None:
        raise Unusable(f"{file}: a workflow in Python carries this item, and no process")
    return parse(process)[0], version.item.settings


def explored(found: "Exploration") -> str:
    """An exploration for people."""
    lines = [f"{len(found.runs)} runs{'' if found.complete else ', not all there could be'}"]
    if not found.sees_branches:
        lines.append("its branches are not seen, since a workflow in Python carries it")
    lines += [f"  {count} {outcome}" for outcome, count in sorted(found.outcomes.items())]
    if found.shortest is not None:
        lines.append(f"shortest {in_minutes(found.shortest)}, longest {in_minutes(found.longest)}")
    groups = {"never run": found.never_run, "never taken": found.never_taken}
    groups |= {
        "dead end": [", ".join(run.choices) for run in found.dead_ends],
        "fault": [f"{run.error} after {', '.join(run.choices)}" for run in found.faults],
        "only after an error": found.untried,
        "could not be tried": found.impossible,
    }
    lines += [f"{word}: {each}" for word, listed in groups.items() for each in listed]
    return "\n".join(lines)


def in_minutes(lasted: timedelta | None) -> timedelta:
    """How long a run lasted, without the moments in which it merely computed."""
    return timedelta(minutes=round((lasted or timedelta()).total_seconds() / 60))


def what_to_simulate(
    file: Path, answers: str | None, given: Path | None, people: Path | None
) -> "tuple[Version, Wanted]":
    """The version that a file describes, and what it is given. Raises `Unusable`."""
    from studio.documents import is_document, read_document, version_of
    from studio.people import People
    from studio.simulate import Wanted

    who = People.model_validate(content(people)) if people else People()
    source = content(file)
    if is_document(source):
        process, findings = read_document(source, file.parent)
        wrong = [one for one in findings if one.severity == "error"]
        if wrong:
            raise Unusable("\n".join(f"{file}: {one.message}. {one.hint}" for one in wrong))
        # An input of nothing is null, which is not the same as a request with answers.
        value = content(given) if given else {}
        return version_of(process), Wanted(given=value, people=who)
    version = item_version(file)
    examples = [example.name for example in version.item.examples]
    if answers is None or answers in examples:
        return version, Wanted(example=answers or examples[0], people=who)
    if not Path(answers).exists():
        named = ", ".join(f"`{name}`" for name in examples)
        raise Unusable(f"`{answers}` is no file, and none of the item's examples: {named}")
    found = content(Path(answers))
    if not isinstance(found, dict):
        raise Unusable(f"{answers}: answers are a mapping of fields to values")
    return version, Wanted(answers=found, people=who)


def item_version(file: Path) -> "Version":
    """The version of a catalog item in a file. Raises `Unusable` with every mistake in it."""
    from catalog.loader import Sources
    from settings import ROOT
    from workflows.registry import definition_registry

    folder = file.resolve().parent
    forms = folder.parent / "forms"
    sources = Sources(folder, forms if forms.is_dir() else ROOT / "forms", definition_registry())
    loaded = sources.load(file.name)
    if loaded.version is None:
        raise Unusable("\n".join(map(str, loaded.problems)))
    return loaded.version


def content(path: Path) -> Any:
    """What a YAML or JSON file holds. Raises `Unusable`."""
    from catalog import yaml12

    try:
        return yaml12.read(path.read_bytes()).value
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except yaml12.Unreadable as error:
        where = f"{path}:{error.mark.line}:{error.mark.column}"
        raise Unusable(f"{where}: {error.message}. {error.hint}") from None


def moment(text: str | None) -> datetime | None:
    """A day, which counts to its end, or a moment. Raises `Unusable`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unusable(f"`{text}` is no day and no moment, such as 2027-01-31") from None
    if len(text) == len("2027-01-31"):
        found = datetime.combine(found.date(), time.max)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def mapped(hosts: list[str]) -> dict[str, str]:
    """Hosts and their addresses. Raises `Unusable`."""
    pairs = [host.partition("=") for host in hosts]
    for name, sign, address in pairs:
        if not (name and sign and address):
            raise Unusable(f"`{name}` is no HOST=ADDRESS, such as api.example.com=127.0.0.1:8081")
    return {name: address for name, _, address in pairs}


def in_lines(report: "Report") -> str:
    """A report for people: the timeline with its dates and what was sent, then the outcome."""
    told = [(one.at, one.text) for one in report.timeline if one.text]
    told += [(one.at, f"Message to {WHOM[one.to]}: {one.text}") for one in report.notices]
    lines = [f"{at:%Y-%m-%d %H:%M}  {text}" for at, text in sorted(told, key=itemgetter(0))]
    lines.append(f"{report.status} ({report.outcome})")
    if report.error:
        lines.append(f"error: {json.dumps(report.error, ensure_ascii=False)}")
    if report.output is not None:
        lines.append(f"output: {json.dumps(report.output, ensure_ascii=False)}")
    return "\n".join(lines)


def add_to(app: typer.Typer) -> None:
    """Add the designer's commands."""
    app.command()(lint)
    app.command()(simulate)
    app.command()(explore)
    app.command()(diagram)
    app.command()(diff)
    app.command()(translate)
