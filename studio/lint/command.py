"""The command `ventanilla lint`."""

import gc
import json
from pathlib import Path
from typing import Annotated

import typer

FINE, WRONG, NOT_READABLE = 0, 1, 2
"""Exit codes."""


def lint(
    path: Annotated[
        Path | None, typer.Argument(help="A file or a folder; the catalog if left out")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Let warnings count as errors")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Find what is wrong with definitions, where it stands, and how to mend it."""
    # To look for garbage in what is imported took a fifth of the time.
    gc.set_threshold(200_000)
    from settings import SettingsError, load
    from studio.lint.reading import NotThere, lines
    from studio.lint.reading import lint as read
    from workflows.registry import definition_registry

    try:
        settings = load()
        report = read(path or settings.catalog_dir, definition_registry(), settings)
    except (NotThere, SettingsError) as why:
        typer.echo(str(why), err=True)
        raise typer.Exit(NOT_READABLE) from None
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(lines(report)))
    raise typer.Exit(WRONG if report.errors or (strict and report.found) else FINE)
