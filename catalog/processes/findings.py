"""What is wrong with a process: which rule says so, where, and how to mend it."""

from dataclasses import dataclass
from typing import Literal

from catalog.processes.model import Path

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing found. An `error` keeps a definition from being published."""

    rule: str
    path: Path
    message: str
    hint: str = ""
    severity: Severity = "error"
