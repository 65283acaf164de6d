"""What people search by: words without case and accents."""

import re
import unicodedata
from functools import lru_cache

BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`Préstamo (Coche)` as `prestamo coche`: small letters and digits, no accents."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return BETWEEN_WORDS.sub(" ", bare).strip()


@lru_cache(100_000)
def words_in(spelled: str) -> tuple[str, ...]:
    """The folded words of a text; few texts without spaces are ever new."""
    return tuple(fold(spelled).split())
