"""What can be requested, found by words: ranked, forgiving, in every language at once.

The index is kept in memory and knows no database. Whoever searches says which audiences they belong
to; items of others take no part in anything: not in results, counts, weights or corrections.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nsmallest
from itertools import count
from math import log
from typing import NamedTuple

from catalog.search_words import NONE, SearchWords
from catalog.vocabulary import Near, Texts, Vocabulary
from catalog.words import fold, words_in

MOST_TERMS = 8
OTHER_LANGUAGE = 0.3
"""What is left of the weight of a word in a language that is not the reader's."""
CORRECTED = 0.9
FEW_MISTAKES, MORE_MISTAKES = 4, 8
"""Letters from which on one mistake, or two, are forgiven."""
FINE = 1000
"""Scores are compared as whole numbers of this fraction, so that near ones count as equal."""

Audience = tuple[str, ...]
Popularity = Mapping[str, int]
Place = tuple[int, int, str, str]
"""Where an item stands in a list: score, popularity (both negative), title, id."""


@dataclass(frozen=True)
class Indexed:
    """An item as the index keeps it; `audience` is whatever says who may request it."""

    id: str
    category: str
    audience: Audience
    titles: Mapping[str, str]
    """What it is sorted by, in each language."""
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Match(NamedTuple):
    """What one term has found: a score for each item, and the word that it was taken for."""

    scores: dict[int, float]
    instead: str | None = None


@dataclass(frozen=True)
class Ranking:
    """The items that were found, not yet in order.

    `complete` says whether they have all that was asked for, `corrected` is the query as it was
    taken where it was not taken as written.
    """

    scores: Mapping[int, int]
    complete: bool = True
    corrected: str | None = None


class SearchIndex:
    """All items with their words."""

    def __init__(self, words: Mapping[str, SearchWords]) -> None:
        self.languages = {code: Vocabulary(known) for code, known in words.items()}
        self.items: dict[int, Indexed] = {}
        self.numbers: dict[str, int] = {}
        self.audiences: Counter[Audience] = Counter()
        self.free = count()

    @cached_property
    def ignored(self) -> frozenset[str]:
        """The words that say nothing, in any language: people mix them."""
        return frozenset().union(*(one.habits.ignored for one in self.languages.values()))

    def put(self, id: str, category: str, audience: Audience, texts: Mapping[str, Texts]) -> None:
        """Take up an item, or take it up as it is now."""
        self.take_out(id)
        number = self.numbers[id] = next(self.free)
        words = {code: self.language(code).add(number, text) for code, text in texts.items()}
        titles = {code: fold(text.title) for code, text in texts.items()}
        self.items[number] = Indexed(id, category, audience, titles, words)
        self.audiences[audience] += 1

    def take_out(self, id: str) -> None:
        """Let go of an item; one that is not there is gone already."""
        number = self.numbers.pop(id, None)
        if number is None:
            return
        item = self.items.pop(number)
        self.audiences[item.audience] -= 1
        for code, words in item.words.items():
            self.languages[code].remove(number, words)

    def language(self, code: str) -> Vocabulary:
        """The vocabulary of a language."""
        return self.languages.setdefault(code, Vocabulary(NONE))

    # Searching

    def rank(self, query: str, language: str, sees: Collection[Audience]) -> Ranking:
        """The items that have most of the words of a query; all of them for no words at all."""
        terms = self.terms(query)
        if not terms:
            return Ranking(dict.fromkeys(self.seen(sees), 0))
        matches = [self.match(term, language, sees) for term in terms]
        scores, complete = self.together([match.scores for match in matches], sees)
        corrected = None
        if scores and any(match.instead for match in matches):
            shown = (match.instead or term for match, term in zip(matches, terms, strict=True))
            corrected = " ".join(shown)
        return Ranking(scores, complete, corrected)

    def terms(self, query: str) -> list[str]:
        """The different words of a query that say something."""
        words = dict.fromkeys(word for spelled in query.split() for word in words_in(spelled))
        telling = [word for word in words if word not in self.ignored]
        return telling[:MOST_TERMS]

    def seen(self, sees: Collection[Audience]) -> Iterator[int]:
        """The items for these audiences."""
        return (number for number, item in self.items.items() if item.audience in sees)

    def match(self, term: str, language: str, sees: Collection[Audience]) -> Match:
        """What a term finds as written, else as it was probably meant."""
        every = frozenset(self.languages)
        for inflected in ({language}, every):
            scores = self.as_written(term, language, sees, inflected)
            if scores:
                return Match(scores)
        meant = self.correction(term, language, sees)
        if meant is None:
            return Match({})
        code, word = meant
        found = self.as_written(word, language, sees, every)
        corrected = {number: score * CORRECTED for number, score in found.items()}
        return Match(corrected, self.languages[code].spelled.get(word, word))

    def as_written(
        self,
        term: str,
        language: str,
        sees: Collection[Audience],
        inflected: Collection[str],
    ) -> dict[int, float]:
        """The items that have a term in any language, the reader's counting most.

        In the languages of `inflected`, also those that have a word of its stem: in a language
        that is not the reader's, that is more often chance than meant.
        """
        best: dict[int, float] = {}
        for code, vocabulary in self.languages.items():
            share = 1.0 if code == language else OTHER_LANGUAGE
            for number, weight in vocabulary.matches(term, code in inflected).items():
                if weight * share > best.get(number, 0):
                    best[number] = weight * share
        return {n: weight for n, weight in best.items() if self.items[n].audience in sees}

    def together(
        self, found: list[dict[int, float]], sees: Collection[Audience]
    ) -> tuple[dict[int, int], bool]:
        """The items that most terms have found, with their scores; rare words count more.

        Nothing where not even half of the terms have found the same item.
        """
        everything = sum(self.audiences[audience] for audience in sees)
        scores: Counter[int] = Counter()
        hits: Counter[int] = Counter()
        for weights in found:
            rarity = log(1 + everything / len(weights)) if weights else 0
            for number, weight in weights.items():
                scores[number] += round(weight * rarity * FINE)
                hits[number] += 1
        most = max(hits.values(), default=0)
        if most * 2 < len(found):
            return {}, False
        return {n: scores[n] for n, times in hits.items() if times == most}, most == len(found)

    # Forgiving

    def correction(
        self, term: str, language: str, sees: Collection[Audience]
    ) -> tuple[str, str] | None:
        """The word, and its language, that was most probably meant by one that nobody knows.

        Only words of items that the reader may request come into question.
        """
        most = (len(term) >= FEW_MISTAKES) + (len(term) >= MORE_MISTAKES)
        if not most or any(letter.isdigit() for letter in term):
            return None
        for near in (Vocabulary.near, Vocabulary.beginning_near):
            found = [
                (self.cost(term, one, code != language), -readers, one.word, code)
                for code, vocabulary in self.languages.items()
                for one in near(vocabulary, term, most)
                if (readers := self.how_many_see(vocabulary.items[one.word], sees))
            ]
            if found:
                *_, word, code = min(found)
                return code, word
        return None

    @staticmethod
    def cost(term: str, near: Near, foreign: bool) -> float:
        """How improbable a word is: people mistake the first letter, and their language, less."""
        return near.distance + (foreign + (term[0] != near.word[0])) / 2

    def how_many_see(self, numbers: Collection[int], sees: Collection[Audience]) -> int:
        """How many of the items are for these audiences."""
        return sum(self.items[number].audience in sees for number in numbers)

    # Lists

    def by_category(self, ranking: Ranking) -> Counter[str]:
        """How many of the items are in each category."""
        return Counter(self.items[number].category for number in ranking.scores)

    def page(
        self,
        ranking: Ranking,
        language: str,
        popular: Popularity,
        category: str | None,
        after: Place | None,
        limit: int,
    ) -> list[Place]:
        """The best of the items that come after a place, in order; the id is a place's last."""
        places = (
            self.place(item, score, language, popular)
            for number, score in ranking.scores.items()
            if category in (None, (item := self.items[number]).category)
        )
        return nsmallest(limit, (place for place in places if after is None or place > after))

    @staticmethod
    def place(item: Indexed, score: int, language: str, popular: Popularity) -> Place:
        """Where an item stands: by score, then, of what was searched for, by popularity."""
        liked = popular.get(item.id, 0) if score else 0
        return -score, -liked, item.titles.get(language, item.id), item.id
