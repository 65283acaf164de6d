"""Every setting of Ventanilla, read from `VENTANILLA_…` environment variables."""

import difflib
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ground.brand import Brand, BrandError
from ground.brand import load as load_brand
from ground.hosts import Host, parse_hosts

ROOT = Path(__file__).resolve().parent
PREFIX = "VENTANILLA_"
TEST_PREFIX = "VENTANILLA_TEST_"
SECRET_PREFIX = "VENTANILLA_SECRET_"
"""Before the names of secrets that processes use."""
FILES = (
    "temporal_tls_ca",
    "temporal_tls_cert",
    "temporal_tls_key",
    "secrets_file",
    "brand_file",
    "receipt_key_file",
)
"""The settings that name a file, which has to be there."""

FullPath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """A setting is wrong; the text names the variable, what is wrong, and what would be right."""


def checked_hosts(text: str) -> str:
    """The list of hosts as it is. Raises `ValueError` where it is none."""
    parse_hosts(text)
    return text


class Settings(BaseSettings):
    """How this installation runs; the description of each field is the README's table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True
    )

    host: str = Field(
        "127.0.0.1", description="Address the portal listens on", examples=["0.0.0.0"]
    )
    port: Port = Field(8080, description="Port of the portal", examples=["8080"])
    public_url: str = Field(
        "",
        pattern=r"^$|^https?://\S+$",
        description="Address under which people reach the portal, for links in mails; unset, this "
        "machine's own",
        examples=["https://portal.example.com"],
    )
    data_dir: FullPath = Field(
        ROOT / "var",
        description="Folder of all data that this machine keeps: database, documents, secrets",
        examples=["/srv/ventanilla"],
    )
    database_url: str = Field(
        "",
        description="Database; unset, a SQLite file in the data folder",
        examples=["postgresql://user:password@db.example.com/ventanilla"],
    )
    catalog_dir: FullPath = Field(
        ROOT / "catalog_defs", description="Folder of the catalog items", examples=["catalog_defs"]
    )
    forms_dir: FullPath = Field(
        ROOT / "forms", description="Folder of the forms", examples=["forms"]
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Key that signs cookies and tokens, the same on every server; unset, a random "
        "one kept in the data folder",
        examples=["at least 16 random characters"],
    )
    demo_password: SecretStr | None = Field(
        None,
        description="Password of the demo accounts, which exist only while Temporal is embedded; "
        "unset, a random one kept in the data folder",
        examples=["a password of your choice"],
    )
    temporal_address: str = Field(
        "",
        pattern=r"^$|^[^/\s]+:\d+$",
        description="Outside Temporal frontend; unset, Temporal and the worker are started as "
        "children of the portal",
        examples=["temporal.example.com:7233"],
    )
    temporal_namespace: str = Field(
        "default", description="Temporal namespace", examples=["ventanilla"]
    )
    temporal_port: Port = Field(
        7233, description="Port of the embedded Temporal", examples=["7233"]
    )
    temporal_ui_port: Port = Field(
        8233, description="Port of the embedded Temporal UI", examples=["8233"]
    )
    temporal_ui_url: str = Field(
        "",
        pattern=r"^$|^https?://\S+$",
        description="Address of the Temporal UI that staff pages link to; unset, the embedded one",
        examples=["https://temporal.example.com"],
    )
    temporal_api_key: SecretStr | None = Field(
        None, description="API key of the outside Temporal; turns TLS on", examples=["eyJhbGciOi…"]
    )
    temporal_tls: bool = Field(
        False, description="Whether to speak TLS with the outside Temporal", examples=["true"]
    )
    temporal_tls_ca: FullPath | None = Field(
        None,
        description="File with the authority that signed the server's certificate, if private",
        examples=["/etc/ventanilla/temporal-ca.pem"],
    )
    temporal_tls_cert: FullPath | None = Field(
        None,
        description="File with the client certificate (mutual TLS); needs the key too",
        examples=["/etc/ventanilla/temporal.pem"],
    )
    temporal_tls_key: FullPath | None = Field(
        None,
        description="File with the client certificate's key",
        examples=["/etc/ventanilla/temporal.key"],
    )
    temporal_retention_days: int = Field(
        1095,
        ge=1,
        description="Days that Temporal keeps the history of a finished workflow",
        examples=["1095"],
    )
    task_queue: str = Field(
        "ventanilla",
        min_length=1,
        description="Temporal task queue that the portal and its workers share",
        examples=["ventanilla"],
    )
    smtp_host: str = Field(
        "", description="Mail server; unset, no mail is sent", examples=["smtp.example.com"]
    )
    smtp_port: Port = Field(587, description="Port of the mail server", examples=["587"])
    smtp_user: str = Field("", description="User at the mail server", examples=["ventanilla"])
    smtp_password: SecretStr | None = Field(
        None, description="Password at the mail server", examples=["…"]
    )
    smtp_from: str = Field(
        "",
        description="Sender of the mail; needed with a mail server",
        examples=["help@example.com"],
    )
    smtp_starttls: bool = Field(
        True, description="Whether to encrypt mail with STARTTLS", examples=["true"]
    )

    outbound_hosts: Annotated[str, AfterValidator(checked_hosts)] = Field(
        "",
        description="Hosts that processes may call, with commas: `host` or `host:port` by https, "
        "`http://host` without; `=10.0.0.5` (its address) or `=private` behind one that lies in a "
        "private network",
        examples=["api.example.com, http://core.example.internal:8080=10.0.0.5"],
    )
    secrets_file: FullPath | None = Field(
        None,
        description="JSON file of the secrets that processes name, a text or an object of texts "
        "each; `VENTANILLA_SECRET_<NAME>` counts first",
        examples=["/etc/ventanilla/secrets.json"],
    )
    brand_file: FullPath | None = Field(
        None,
        description="YAML file of the name, logo, colours and support that people see "
        "([what is in it](docs/operators.md#whose-portal-it-is)); unset, Ventanilla's own",
        examples=["/etc/ventanilla/brand.yaml"],
    )
    receipt_key_file: FullPath | None = Field(
        None,
        description="PEM file with the Ed25519 key that signs receipts, the same on every server; "
        "unset, a random one kept in the data folder",
        examples=["/etc/ventanilla/receipt_key.pem"],
    )
    scanner: str = Field(
        "",
        pattern=r"^$|^/\S+$|^[^/\s]+:\d+$",
        description="ClamAV daemon that looks for viruses in uploads, by `host:port` or by the path"
        " of its socket; unset, files are shown as not scanned",
        examples=["/run/clamav/clamd.ctl"],
    )
    audit_address: str = Field(
        "",
        pattern=r"^$|^[^/\s]+:\d+$",
        description="Witness outside the database that is told of every effect (services/audit.py)",
        examples=["audit.example.com:9000"],
    )

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if self.database_url and not self.database_url.startswith(
            ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise contradiction(type(self), "database_url", "is neither SQLite nor PostgreSQL")
        if bool(self.temporal_tls_cert) != bool(self.temporal_tls_key):
            missing = "temporal_tls_key" if self.temporal_tls_cert else "temporal_tls_cert"
            raise contradiction(type(self), missing, "is missing: certificate and key go together")
        for name in FILES:
            path = getattr(self, name)
            if path and not path.is_file():
                raise contradiction(type(self), name, f"names a file that is not there: {path}")
        if self.smtp_host and not self.smtp_from:
            raise contradiction(type(self), "smtp_from", "is missing: mail needs a sender")
        try:
            _ = self.brand
        except BrandError as error:
            raise ValueError(str(error)) from error
        ports = [self.port, self.temporal_port, self.temporal_ui_port]
        if self.embedded and len(set(ports)) < len(ports):
            raise contradiction(
                type(self), "port", "must differ from the ports of the embedded Temporal and its UI"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether Temporal and the worker run as children here; only then demo accounts exist."""
        return not self.temporal_address

    @cached_property
    def brand(self) -> Brand:
        """Whose portal this is. Raises `BrandError`, but never after the settings are read."""
        return load_brand(self.brand_file) if self.brand_file else Brand()

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ventanilla.db'}"

    @property
    def allowed_hosts(self) -> tuple[Host, ...]:
        """The hosts that processes may call."""
        return parse_hosts(self.outbound_hosts)

    @property
    def portal_url(self) -> str:
        """Where a browser on this machine finds the portal."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def temporal_target(self) -> str:
        """Host and port of the Temporal frontend, embedded or outside."""
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    @property
    def temporal_ui(self) -> str | None:
        """Address of the Temporal UI, or none if an outside one was not named."""
        if self.temporal_ui_url:
            return self.temporal_ui_url.rstrip("/")
        return f"http://127.0.0.1:{self.temporal_ui_port}" if self.embedded else None

    def secret(self) -> str:
        """The signing key: the setting, else a random one kept in the data folder."""
        return self._kept("secret_key", self.secret_key, lambda: secrets.token_urlsafe(48))

    def demo_secret(self) -> str:
        """The password of the demo accounts: the setting, else a random one kept likewise."""
        return self._kept("demo_password", self.demo_password, lambda: secrets.token_urlsafe(9))

    def _kept(self, name: str, given: SecretStr | None, make: Any) -> str:
        if given is not None:
            return given.get_secret_value()
        path = self.data_dir / name
        make_folder(self.data_dir)
        if not path.exists():
            keep_secret(path, make())
        return path.read_text().strip()


def make_folder(path: Path) -> None:
    """Create a folder that only its owner can look into; one that is there stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def keep_secret(path: Path, value: str) -> None:
    """Write `value` for the owner's eyes only; a file that another process made first stays."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value + "\n")
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the environment. Raises `SettingsError` with everything that is wrong."""
    problems = [text for name in sorted(environ) if (text := unknown(name))]
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [explain(detail, environ) for detail in error.errors()]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def unknown(name: str) -> str | None:
    """What to say of a variable that looks like ours and is not."""
    known = [variable(field) for field in Settings.model_fields]
    if not name.startswith(PREFIX) or name.startswith((TEST_PREFIX, SECRET_PREFIX)):
        return None
    if name in known:
        return None
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "the README lists every setting."
    return f"{name} is not a setting; {hint}"


def contradiction(cls: type[Settings], field: str, problem: str) -> ValueError:
    """An error about one field in the light of the others."""
    return ValueError(f"{variable(field)} {problem}; {right(cls, field)}")


def right(cls: type[Settings], field: str) -> str:
    """A value that would be right."""
    info = cls.model_fields[field]
    return f"right would be, for example: {(info.examples or [info.default])[0]}"


def explain(detail: Any, environ: Mapping[str, str]) -> str:
    """One error of pydantic as a line for people."""
    if not detail["loc"]:
        return str(detail["ctx"]["error"])
    field = str(detail["loc"][0])
    secret = "SecretStr" in str(Settings.model_fields[field].annotation)
    given = "" if secret else f" is {environ.get(variable(field), detail['input'])!r}:"
    problem = detail["msg"].removeprefix("Value error, ")
    problem = problem[0].lower() + problem[1:]
    if detail["type"] == "too_short":
        problem = f"is shorter than {detail['ctx']['min_length']} characters"
    return f"{variable(field)}{given} {problem}; {right(Settings, field)}"


def rows() -> list[tuple[str, str, str]]:
    """The README's table: variable, default, what it is for."""
    return [
        (variable(name), shown(info.default), str(info.description))
        for name, info in Settings.model_fields.items()
    ]


def shown(default: Any) -> str:
    """A default as the README writes it."""
    if isinstance(default, Path):
        return f"{default.relative_to(ROOT)}/"
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default is None else str(default)


def table() -> str:
    """The same as Markdown."""
    lines = ["| variable | default | what for |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {f'`{default}`' if default else ''} | {purpose} |"
        for name, default, purpose in rows()
    ]
    return "\n".join(lines)
