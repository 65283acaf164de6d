"""Secrets of other systems: definitions name them, only the worker that makes a call knows them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from services.faults import misconfigured
from settings import SECRET_PREFIX, Settings, variable

Secret = str | dict[str, Any]
FILE: TypeAdapter[dict[str, Secret]] = TypeAdapter(dict[str, Secret])

MASK = "***"
SHORTEST = 4
"""Shorter texts are not searched for in answers: they would be found by chance."""


class Secrets:
    """The secrets of one installation, by name.

    `mySecret` is the variable `VENTANILLA_SECRET_MYSECRET`, or the member `mySecret` of the file. A
    variable that holds a JSON object is one with several parts.
    """

    def __init__(self, environ: Mapping[str, str], file: Path | None = None) -> None:
        self.environ, self.file = environ, file

    def value(self, name: str) -> Secret:
        """The secret of a name. Raises `CallFailed` when there is none."""
        wanted = SECRET_PREFIX + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
        # The installation's own key begins like a secret of processes, and is none.
        own = {variable(field) for field in Settings.model_fields}
        if wanted not in own and wanted in self.environ:
            return parsed(self.environ[wanted])
        kept = self.kept()
        if name in kept:
            return kept[name]
        raise misconfigured("secret not known", f"no secret is called {name!r} here")

    def kept(self) -> dict[str, Secret]:
        """What the file holds now, so that a changed one counts at once. Raises `CallFailed`."""
        if self.file is None:
            return {}
        try:
            return FILE.validate_json(self.file.read_bytes())
        except (OSError, ValidationError):
            # Neither the parser's words nor the path: the one may quote, the other is nobody's.
            raise misconfigured("secrets not readable", "the file of secrets is broken") from None


def given(settings: Settings, environ: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets that the environment and the settings' file give."""
    return Secrets(environ, settings.secrets_file)


def parsed(text: str) -> Secret:
    """A variable's value: a JSON object if it is one, else the text itself."""
    if text.lstrip().startswith("{"):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        if isinstance(found, dict):
            return found
    return text


def masked(text: str, secrets: set[str]) -> str:
    """A text in which none of these secrets is to be read, spelt as they are or as JSON."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
            text = text.replace(orjson.dumps(secret).decode()[1:-1], MASK)
    return text
