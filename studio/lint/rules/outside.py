"""Rules about other systems, secrets and personal data."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from catalog.expressions import is_expression
from catalog.forms.nodes import facts_of
from catalog.problems import suggestion
from catalog.processes.checks import OUTSIDE
from catalog.processes.model import Call, Emit, Path, Run, Set
from services.http_auth import REFERENCE
from studio.lint.knowledge import Site
from studio.lint.rule import Found, rule
from studio.lint.rules.expressions import missing
from studio.lint.subject import Definition, Subject
from studio.lint.values import Value

PERSONAL = frozenset(
    (
        *("address", "bic", "birth", "birthdate", "birthday", "dni", "email", "iban", "mail"),
        *("mobile", "nie", "nif", "passport", "phone", "postcode", "ssn", "street", "surname"),
        *("tax", "tel", "telephone", "zip"),
    )
)
NAME = re.compile(r"((first|last|full|family|given|new|old|holder|person)_?)?names?")
DEEPEST = 6


@rule("undeclared-secret", "error")
def undeclared_secret(subject: Subject) -> Iterator[Found]:
    """A secret that is not listed under `use.secrets`, and is therefore empty."""
    known = subject.process.secrets
    for site, note in missing(subject, lambda origin: origin == "secrets"):
        message = f"`use.secrets` does not list `{note.name}`"
        yield Found(site.path, message, suggestion(note.name, known) if known else DECLARE)
    for path, name in referred(subject):
        if name not in known:
            message = f"`use.secrets` does not list `{name}`"
            yield Found(path, message, suggestion(name, known) if known else DECLARE)


DECLARE = "Add it: `use: {secrets: [its-name]}`"


def referred(subject: Subject) -> Iterator[tuple[Path, str]]:
    """The secrets that calls refer to other than by `$secrets`."""
    for task in subject.calls_of(*OUTSIDE):
        for path, key, text in texts(task.arguments, (*task.path, "with")):
            for found in REFERENCE.finditer(text):
                yield path, found["name"]
            # Right under `authentication` it names one of `use.authentications`.
            if key == "use" and path[-2:-1] != ("authentication",) and not is_expression(text):
                yield path, text


def texts(value: Any, at: Path) -> Iterator[tuple[Path, str, str]]:
    """Every text in a value with its path and its key."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, (*at, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from texts(inner, (*at, index))
    elif isinstance(value, str):
        yield at, str(at[-1]), value


@rule("host-not-allowed", "warning")
def host_not_allowed(subject: Subject) -> Iterator[Found]:
    """A host that the settings here do not allow processes to call."""
    allowed = subject.definition.around.hosts
    for path, uri in addresses(subject):
        host = (urlsplit_or_none(uri) or "").lower()
        if host and "{" not in host and host not in allowed:
            hint = "An operator lists it in `VENTANILLA_OUTBOUND_HOSTS`"
            yield Found(path, f"processes may not call `{host}` here", hint)


@rule("plain-http", "warning")
def plain_http(subject: Subject) -> Iterator[Found]:
    """A call over `http:`, which anybody on the way can read and change."""
    for path, uri in addresses(subject):
        if uri.startswith("http://"):
            yield Found(path, "this call is not encrypted", "Write `https:`")


def urlsplit_or_none(uri: str) -> str | None:
    """The host of an address; None where it is none."""
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None


def addresses(subject: Subject) -> Iterator[tuple[Path, str]]:
    """The addresses that are called and written down."""
    for task in subject.calls_of(*OUTSIDE):
        keys = ("endpoint",) if task.function == "http" else ("document", "endpoint")
        for more in ((), ("uri",)):
            uri = subject.literal_at(task, *keys, *more)
            if isinstance(uri, str):
                yield (*task.path, "with", *keys, *more), uri


# Personal data


@rule("personal-data", "warning")
def personal_data(subject: Subject) -> Iterator[Found]:
    """A personal answer in data that is kept in the workflow's history, told, or sent outside.

    Where it must go, `update-profile` and documents take the name of the answer instead.
    """
    personal = personal_answers(subject.definition)
    for site in subject.sites:
        if not keeps(site):
            continue
        for name in sorted(told(site.value, personal, 0)):
            message = f"the answer `{name}` is personal, and is kept or sent from here"
            hint = "Leave it in the answers, and hand over its name or an id"
            yield Found(site.path, message, hint)


def keeps(site: Site) -> bool:
    """Whether what an expression gives is kept, told or sent, as opposed to judged."""
    place = site.path[len(site.task.path) :] if site.task else ()
    if place[:1] == ("export",) or place[:2] == ("metadata", "values"):
        return True
    kept = {Set: ("set",), Emit: ("emit",), Call: ("with",), Run: ("run",)}
    return any(isinstance(site.task, kind) and place[:1] == key for kind, key in kept.items())


def told(value: Value, personal: frozenset[str], depth: int) -> set[str]:
    """The personal answers in a value."""
    found = {value.origin} & personal
    if not found and depth < DEEPEST:
        inner = [*(value.members or {}).values(), *([value.items] if value.items else [])]
        found = set[str]().union(*(told(one, personal, depth + 1) for one in inner))
    return found


def personal_answers(definition: Definition) -> frozenset[str]:
    """The answers that look personal, as `answers.email`."""
    form = definition.form
    if form is None:
        return frozenset()
    known = form.shape.known.items()
    return frozenset(f"answers.{name}" for name, nodes in known if is_personal(name, nodes))


def is_personal(name: str, nodes: Any) -> bool:
    """Whether a field asks for what tells or reaches a person."""
    facts = facts_of(nodes)
    if facts.type not in ("string", "object") or facts.options or facts.source:
        return False
    words = set(name.split("_"))
    return facts.widget in ("email", "tel") or bool(words & PERSONAL or NAME.fullmatch(name))
