"""The command `ventanilla`."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from processes.errors import StartError
from processes.leaving import leave
from settings import SettingsError, load, table

app = typer.Typer(
    help="Ventanilla: a customer portal in which every request is a durable workflow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@contextmanager
def plainly() -> Iterator[None]:
    """Show an error that the person can act on as a sentence, without a traceback."""
    try:
        yield
    except (SettingsError, StartError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None


@app.command()
def run() -> None:
    """Start the portal and, where no outside Temporal is set, Temporal and the worker."""
    # Each command imports what it needs, so that none waits for the others' imports.
    import server

    raise typer.Exit(server.run())


@app.command()
def worker() -> None:
    """Start a worker for an outside Temporal."""
    from worker import run

    raise typer.Exit(run())


@app.command()
def migrate() -> None:
    """Bring the database to the current schema, and load catalog and demo data."""
    with plainly():
        from processes.setup import set_up

        set_up(load()).close()
        typer.echo("Database and catalog are up to date.")


@app.command()
def reset() -> None:
    """Delete everything in the data folder that is ours, to start afresh."""
    from processes.data import forget
    from processes.lock import hold

    with plainly():
        settings = load()
        with hold(settings.data_dir, "ventanilla reset"):
            found = forget(settings.data_dir)
    typer.echo(f"Deleted {len(found)} files and folders in {settings.data_dir}.")
    if settings.database_url:
        typer.echo("The database of VENTANILLA_DATABASE_URL is left as it is: drop it yourself.")


@app.command()
def settings() -> None:
    """Show every setting, as the README does."""
    typer.echo(table())


def main() -> None:
    """Run one command and leave with its exit code."""
    try:
        app()
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
