"""The command `ventanilla`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer

from processes import definitions_cli, receipts_cli
from processes.errors import StartError
from processes.leaving import leave
from settings import SettingsError, load, table
from studio import commands as designers

app = typer.Typer(
    help="Ventanilla: a customer portal in which every request is a durable workflow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Several = Annotated[list[str] | None, typer.Option(help="For staff; may be given again")]


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
def upgrade() -> None:
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
def account(
    email: str,
    name: Annotated[str, typer.Option()],
    role: Annotated[Literal["customer", "agent", "designer", "operator"], typer.Option()],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    language: Annotated[Literal["en", "es", "pt"], typer.Option()] = "en",
    zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Madrid")] = "UTC",
    group: Several = None,
    skill: Several = None,
    speaks: Several = None,
    capacity: Annotated[int, typer.Option(help="Cases at a time, for staff")] = 0,
) -> None:
    """Add a person who can sign in; asks for the password."""
    from ground import clock
    from ground.errors import Conflict
    from processes.setup import open_database
    from services.identity import create_account
    from services.passwords import hash_password

    values: dict[str, Any] = {"name": name, "role": role, "language": language, "zone": zone}
    values |= {"groups": group or [], "skills": skill or [], "languages": speaks or []}
    values |= {"capacity": capacity, "password_hash": hash_password(password)}
    with plainly():
        database = open_database(load())
        try:
            database.write_now(lambda s: create_account(s, email=email, at=clock.now(), **values))
        except Conflict:
            raise StartError(f"There is an account for {email} already.") from None
        finally:
            database.close()
    typer.echo(f"{email} can sign in.")


@app.command()
def system_token(
    name: Annotated[str, typer.Argument(help="A name for the system, such as core-banking")],
) -> None:
    """Print a new token with which another system publishes events; the one before ends."""
    from ground import clock
    from processes.setup import open_database
    from services.identity import open_system_session

    with plainly():
        database = open_database(load())
        try:
            opened = database.write_now(open_system_session, name, clock.now())
        finally:
            database.close()
    typer.echo(f"Valid until {opened.expires_at:%Y-%m-%d}, for {opened.viewer.email}:", err=True)
    typer.echo(opened.token)


@app.command()
def settings() -> None:
    """Show every setting, as the README does."""
    typer.echo(table())


designers.add_to(app)
definitions_cli.add_to(app)
receipts_cli.add_to(app)


def main() -> None:
    """Run one command and leave with its exit code."""
    try:
        app()
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
