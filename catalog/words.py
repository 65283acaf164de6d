"""What people search by: words without case and accents."""

import re
import unicodedata

from catalog.definitions import CatalogItem, Language

BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`Préstamo (Coche)` as `prestamo coche`: small letters and digits, no accents."""
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return BETWEEN_WORDS.sub(" ", bare).strip()


def spaced(*texts: str) -> str:
    """The different words of the texts, each after a space, so that ` loa` finds `loan`."""
    words = dict.fromkeys(word for text in texts for word in fold(text).split())
    return "".join(f" {word}" for word in words)


def title_words(item: CatalogItem, language: Language) -> str:
    """The words of the title."""
    return spaced(item.title[language])


def all_words(item: CatalogItem, language: Language) -> str:
    """The words of title, keywords and summary."""
    keywords = item.keywords.get(language, ())
    return spaced(item.title[language], *keywords, item.summary[language])
