"""What is wrong in a definition, where, and what would be right: the words a designer reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST_LISTED = 12
MOST_CHOICES = 40
MOST_COMPARED = 3_000


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. `line` and `column` count from 1, `rule` names what has found it."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    rule: str = "definition"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {sentence(self.message)} {sentence(self.hint)}".rstrip()


def sentence(text: str) -> str:
    """`text` with a full stop, unless it is empty or already ends like a sentence."""
    return text if not text or text[-1] in ".?!" else f"{text}."


def suggestion(wrong: str, right: Iterable[str]) -> str:
    """The nearest of the allowed words, or some of them where none is near; nothing for masses."""
    allowed = sorted(right)
    near = get_close_matches(wrong, compared(wrong, allowed), n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if not allowed:
        return "None is known yet."
    if len(allowed) > MOST_CHOICES:
        return ""
    listed = ", ".join(f"`{word}`" for word in allowed[:MOST_LISTED])
    more = ", …" if len(allowed) > MOST_LISTED else ""
    return f"Write one of {listed}{more}"


def compared(wrong: str, allowed: list[str]) -> list[str]:
    """The words worth comparing, since that is slow: of very many, those that begin alike."""
    if len(allowed) <= MOST_COMPARED:
        return allowed
    return [word for word in allowed if word[:2] == wrong[:2]][:MOST_COMPARED]
