"""The words of one language, with the items that each leads to and how strongly."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from catalog.search_words import SearchWords
from catalog.words import fold, words_in

TITLE, KEYWORDS, SUMMARY = 1.0, 0.7, 0.4
"""What a word counts by where it stands."""
SHORT_TITLE = 0.3
"""What a title of one word counts more; one of three words has a third of it."""
BEGINNING, STEM, SYNONYM = 0.8, 0.75, 0.6
"""What is left of that for a word that only begins so, has the same stem, or means the same."""
SHORTEST_STEM = 3

Phrase = tuple[str, ...]


class Texts(NamedTuple):
    """What an item is found by in one language."""

    title: str
    keywords: str
    summary: str


class Near(NamedTuple):
    """A word that somebody may have meant, so many mistakes away."""

    word: str
    distance: int


@dataclass(frozen=True)
class Habits:
    """The search words of a language, ready for use."""

    ignored: frozenset[str]
    endings: tuple[str, ...]
    groups: Mapping[str, tuple[tuple[Phrase, ...], ...]]
    """The groups of synonyms by every word that begins one of their phrases."""

    @classmethod
    def of(cls, words: SearchWords) -> "Habits":
        groups: defaultdict[str, list[tuple[Phrase, ...]]] = defaultdict(list)
        ignored = frozenset(map(fold, words.ignored))
        for group in words.synonyms:
            phrases = tuple(tuple(fold(phrase).split()) for phrase in group)
            for first in {phrase[0] for phrase in phrases}:
                groups[first].append(phrases)
        endings = tuple(sorted(words.endings, key=len, reverse=True))
        return cls(ignored, endings, {first: tuple(found) for first, found in groups.items()})

    def stem(self, word: str) -> str:
        """The word without its endings; `addresses` loses more than one."""
        for ending in self.endings:
            if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
                return self.stem(word[: -len(ending)])
        return word

    def synonyms(self, words: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        """The words that mean the same as some of these, with what they count."""
        for first in words.keys() & self.groups.keys():
            for group in self.groups[first]:
                there = [phrase for phrase in group if all(word in words for word in phrase)]
                if there:
                    weight = max(min(words[word] for word in phrase) for phrase in there)
                    yield from ((word, weight * SYNONYM) for phrase in group for word in phrase)


class Vocabulary:
    """Words, each with the numbers of the items that have it."""

    def __init__(self, words: SearchWords) -> None:
        self.habits = Habits.of(words)
        self.items: dict[str, dict[int, float]] = {}
        self.spelled: dict[str, str] = {}
        self.stems: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, number: int, texts: Texts) -> frozenset[str]:
        """Take up an item; the words it has."""
        weights = self.weights(texts)
        for word, weight in weights.items():
            if word not in self.items:
                self.items[word] = {}
                self.stems[self.habits.stem(word)].add(word)
                vars(self).pop("sorted", None)
            self.items[word][number] = weight
        return frozenset(weights)

    def remove(self, number: int, words: Iterable[str]) -> None:
        """Let go of an item that has these words."""
        for word in words:
            del self.items[word][number]
            if not self.items[word]:
                del self.items[word]
                self.stems[self.habits.stem(word)].discard(word)
                vars(self).pop("sorted", None)

    def weights(self, texts: Texts) -> dict[str, float]:
        """What each word of an item counts, synonyms included."""
        weights: dict[str, float] = {}
        title = self.words_of(texts.title)
        fields = (
            (title, TITLE + SHORT_TITLE / max(len(title), 1)),
            (self.words_of(texts.keywords), KEYWORDS),
            (self.words_of(texts.summary), SUMMARY),
        )
        for words, weight in fields:
            for word in words:
                weights.setdefault(word, weight)
        for word, weight in list(self.habits.synonyms(weights)):
            if weight > weights.get(word, 0):
                weights[word] = weight
        return weights

    def words_of(self, text: str) -> list[str]:
        """The words that say something, each once; how they are spelled is remembered."""
        found: dict[str, None] = {}
        for spelled in text.split():
            words = words_in(spelled)
            if len(words) == 1:
                self.spelled.setdefault(words[0], bare(spelled))
            found.update(dict.fromkeys(word for word in words if word not in self.habits.ignored))
        return list(found)

    @cached_property
    def sorted(self) -> list[str]:
        """Every word in alphabetical order."""
        return sorted(self.items)

    def matches(self, term: str, inflected: bool) -> dict[int, float]:
        """The items that have the term or a word that begins with it; `inflected`, or its stem."""
        best: dict[int, float] = {}
        for word, share in self.related(term, inflected):
            for number, weight in self.items[word].items():
                counts = weight * share
                if counts > best.get(number, 0):
                    best[number] = counts
        return best

    def related(self, term: str, inflected: bool) -> Iterator[tuple[str, float]]:
        """The words that a term stands for, with what is left of their weight."""
        for word in self.beginning_with(term):
            yield word, 1.0 if word == term else BEGINNING
        stems = self.stems.get(self.habits.stem(term), ()) if inflected else ()
        for word in stems:
            if word != term:
                yield word, STEM

    def beginning_with(self, term: str) -> Iterator[str]:
        """The words that begin with a term."""
        for index in range(bisect_left(self.sorted, term), len(self.sorted)):
            if not self.sorted[index].startswith(term):
                return
            yield self.sorted[index]

    def near(self, term: str, most: int) -> Iterator[Near]:
        """The words that are at most so many mistakes away from a term."""
        found = process.extract(
            term, self.sorted, scorer=OSA.distance, score_cutoff=most, limit=None
        )
        return (Near(word, int(distance)) for word, distance, _ in found)

    def beginning_near(self, term: str, most: int) -> Iterator[Near]:
        """The words whose beginning is at most so many mistakes away from a term."""
        for length in (len(term), len(term) + 1):
            beginnings = [word[:length] for word in self.sorted]
            found = process.extract(
                term, beginnings, scorer=OSA.distance, score_cutoff=most, limit=None
            )
            for _, distance, index in found:
                yield Near(self.sorted[index], int(distance))


def bare(spelled: str) -> str:
    """A word in small letters, without the punctuation around it."""
    return spelled.casefold().strip("¿?¡!.,;:()[]«»“”\"'…")
