"""The words of one language, with the items that each leads to and how strongly."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
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

MOST_BEGINNINGS = 20

Phrase = tuple[str, ...]
Weights = dict[str, float]
"""Words with what each counts."""


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
            phrases = tuple(filter(None, (telling(phrase, ignored) for phrase in group)))
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
    """Words, each with the numbers of the items that have it, by what it counts for them.

    Items are kept in sets, which Python compares many times faster than one by one.
    """

    def __init__(self, words: SearchWords) -> None:
        self.habits = Habits.of(words)
        self.items: dict[str, dict[float, set[int]]] = {}
        self.spelled: dict[str, str] = {}
        self.stems: defaultdict[str, set[str]] = defaultdict(set)
        self.beginnings: dict[int, list[str]] = {}
        self.alike: dict[tuple[int, int], list[str]] = {}

    def add(self, number: int, texts: Texts) -> Weights:
        """Take up an item; its words with what each counts."""
        weights = self.weights(texts)
        for word, weight in weights.items():
            if word not in self.items:
                self.items[word] = {}
                self.stems[self.habits.stem(word)].add(word)
                self.changed()
            self.items[word].setdefault(weight, set()).add(number)
        return weights

    def remove(self, number: int, weights: Weights) -> None:
        """Let go of an item that has these words."""
        for word, weight in weights.items():
            by_weight = self.items[word]
            by_weight[weight].discard(number)
            if not by_weight[weight]:
                del by_weight[weight]
            if not by_weight:
                del self.items[word]
                self.stems[self.habits.stem(word)].discard(word)
                self.changed()

    def changed(self) -> None:
        """Forget what was made of all words."""
        vars(self).pop("sorted", None)
        self.beginnings.clear()
        self.alike.clear()

    def weights(self, texts: Texts) -> Weights:
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

    def matches(self, term: str, inflected: bool) -> Iterator[tuple[float, set[int]]]:
        """The items that have the term or a word that begins with it; `inflected`, or its stem.

        An item may come several times; it counts by the highest weight.
        """
        for word, share in self.related(term, inflected):
            for weight, numbers in self.items[word].items():
                yield weight * share, numbers

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
        shortest, longest = len(term) - most, len(term) + most
        found = process.extract(
            term,
            self.of_length(shortest, longest),
            scorer=OSA.distance,
            score_cutoff=most,
            limit=None,
        )
        return (Near(word, int(distance)) for word, distance, _ in found)

    def of_length(self, shortest: int, longest: int) -> list[str]:
        """The words of so many letters, kept until there are new words."""
        if (shortest, longest) not in self.alike:
            self.alike[shortest, longest] = [
                word for word in self.items if shortest <= len(word) <= longest
            ]
        return self.alike[shortest, longest]

    def beginning_near(self, term: str, most: int) -> Iterator[Near]:
        """The words whose beginning is at most so many mistakes away from a term."""
        for length in (len(term), len(term) + 1):
            found = process.extract(
                term,
                self.beginning(length),
                scorer=OSA.distance,
                score_cutoff=most,
                limit=MOST_BEGINNINGS,
            )
            for start, distance, _ in found:
                yield from (Near(word, int(distance)) for word in self.beginning_with(start))

    def beginning(self, length: int) -> list[str]:
        """The different beginnings of so many letters, kept until there are new words."""
        if length not in self.beginnings:
            longer = (word[:length] for word in self.sorted if len(word) > length)
            self.beginnings[length] = sorted(set(longer))
        return self.beginnings[length]


def telling(phrase: str, ignored: Collection[str]) -> Phrase:
    """The words of a phrase that say something."""
    return tuple(word for word in fold(phrase).split() if word not in ignored)


def bare(spelled: str) -> str:
    """A word in small letters, without the punctuation around it."""
    return spelled.casefold().strip("¿?¡!.,;:()[]«»“”\"'…")
