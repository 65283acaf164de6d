"""What can be requested, found by words: ranked, forgiving, in every language at once.

The index is kept in memory and knows no database. Whoever searches says which audiences they belong
to; items of others take no part in anything: not in results, counts, weights or corrections.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice
from math import log
from typing import NamedTuple

from catalog.search_words import NONE, SearchWords
from catalog.vocabulary import Near, Texts, Vocabulary, Weights
from catalog.words import fold, words_in

MOST_TERMS = 8
OTHER_LANGUAGE = 0.3
"""What is left of the weight of a word in a language that is not the reader's."""
FEW_MISTAKES, MORE_MISTAKES = 4, 8
"""Letters from which on one mistake, or two, are forgiven."""
FEW = 200
"""So many items are sorted; more are taken from the list of all, which is kept in order."""
FINE = 1000
"""Scores are compared as whole numbers of this fraction, so that near ones count as equal."""

Audience = tuple[str, ...]
Popularity = Mapping[str, int]
Place = tuple[int, int, str, str]
"""Where an item stands in a list: score, popularity (both negative), title, id."""


Numbers = set[int]
"""Items by their numbers in the index."""


@dataclass(frozen=True)
class Indexed:
    """An item as the index keeps it; `audience` is whatever says who may request it."""

    id: str
    category: str
    audience: Audience
    titles: Mapping[str, str]
    """What it is sorted by, in each language."""
    words: Mapping[str, Weights]


class Tier(NamedTuple):
    """Items that fit equally well."""

    score: float
    items: Numbers


class Match(NamedTuple):
    """What one term has found, the best first, and the word that it was taken for."""

    tiers: list[Tier]
    instead: str | None = None

    @property
    def items(self) -> Numbers:
        """All that was found."""
        return set().union(*(tier.items for tier in self.tiers))


@dataclass(frozen=True)
class Ranking:
    """The items that were found, the best first.

    `complete` says whether they have all that was asked for, `corrected` is the query as it was
    taken where it was not taken as written.
    """

    tiers: list[Tier]
    complete: bool = True
    corrected: str | None = None


class SearchIndex:
    """All items with their words."""

    def __init__(self, words: Mapping[str, SearchWords]) -> None:
        self.languages = {code: Vocabulary(known) for code, known in words.items()}
        self.items: dict[int, Indexed] = {}
        self.numbers: dict[str, int] = {}
        self.audiences: defaultdict[Audience, Numbers] = defaultdict(set)
        self.categories: defaultdict[str, Numbers] = defaultdict(set)
        self.orders: dict[str, list[tuple[str, str, int]]] = {}
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
        self.audiences[audience].add(number)
        self.categories[category].add(number)
        self.orders.clear()

    def take_out(self, id: str) -> None:
        """Let go of an item; one that is not there is gone already."""
        number = self.numbers.pop(id, None)
        if number is None:
            return
        item = self.items.pop(number)
        self.audiences[item.audience].discard(number)
        self.categories[item.category].discard(number)
        self.orders.clear()
        for code, words in item.words.items():
            self.languages[code].remove(number, words)

    def language(self, code: str) -> Vocabulary:
        """The vocabulary of a language."""
        return self.languages.setdefault(code, Vocabulary(NONE))

    # Searching

    def rank(self, query: str, language: str, sees: Collection[Audience]) -> Ranking:
        """The items that have most of the words of a query; all of them for no words at all."""
        visible = set().union(*(self.audiences[audience] for audience in sees))
        terms = self.terms(query)
        if not terms:
            return Ranking([Tier(0, visible)])
        matches = [self.match(term, language, visible) for term in terms]
        tiers, complete = together(matches, len(visible))
        corrected = None
        if tiers and any(match.instead for match in matches):
            shown = (match.instead or term for match, term in zip(matches, terms, strict=True))
            corrected = " ".join(shown)
        return Ranking(tiers, complete, corrected)

    def terms(self, query: str) -> list[str]:
        """The different words of a query that say something."""
        words = dict.fromkeys(word for spelled in query.split() for word in words_in(spelled))
        telling = [word for word in words if word not in self.ignored]
        return telling[:MOST_TERMS]

    def match(self, term: str, language: str, visible: Numbers) -> Match:
        """What a term finds as written, else as it was probably meant."""
        every = frozenset(self.languages)
        for inflected in ({language}, every):
            tiers = self.as_written(term, language, visible, inflected)
            if tiers:
                return Match(tiers)
        meant = self.correction(term, language, visible)
        if meant is None:
            return Match([])
        code, word = meant
        tiers = self.as_written(word, language, visible, every)
        return Match(tiers, self.languages[code].spelled.get(word, word))

    def as_written(
        self, term: str, language: str, visible: Numbers, inflected: Collection[str]
    ) -> list[Tier]:
        """The items that have a term in any language, the reader's counting most.

        In the languages of `inflected`, also those that have a word of its stem: in a language
        that is not the reader's, that is more often chance than meant.
        """
        found: defaultdict[float, Numbers] = defaultdict(set)
        for code, vocabulary in self.languages.items():
            share = 1.0 if code == language else OTHER_LANGUAGE
            for weight, numbers in vocabulary.matches(term, code in inflected):
                found[weight * share] |= numbers
        tiers: list[Tier] = []
        left = set(visible)
        for weight in sorted(found, reverse=True):
            fresh = found[weight] & left
            if fresh:
                left -= fresh
                tiers.append(Tier(weight, fresh))
        return tiers

    # Forgiving

    def correction(self, term: str, language: str, visible: Numbers) -> tuple[str, str] | None:
        """The language and the word that was most probably meant by one that nobody knows.

        Only words of items that the reader may request come into question.
        """
        most = (len(term) >= FEW_MISTAKES) + (len(term) >= MORE_MISTAKES)
        if not most or any(letter.isdigit() for letter in term):
            return None
        whole = (
            (code, one)
            for code, vocabulary in self.languages.items()
            for one in vocabulary.near(term, most)
        )
        begun = ((language, one) for one in self.language(language).beginning_near(term, most))
        return self.most_probable(term, language, visible, whole) or self.most_probable(
            term, language, visible, begun
        )

    def most_probable(
        self, term: str, language: str, visible: Numbers, words: Iterable[tuple[str, Near]]
    ) -> tuple[str, str] | None:
        """The one of some words, each with its language, that a term was most probably to be."""
        found = [
            (cost(term, one, code != language), -readers, one.word, code)
            for code, one in words
            if (readers := self.how_many(self.languages[code].items[one.word], visible))
        ]
        if not found:
            return None
        *_, word, code = min(found)
        return code, word

    @staticmethod
    def how_many(by_weight: Mapping[float, Numbers], visible: Numbers) -> int:
        """How many of the items that have a word may be requested."""
        return sum(len(numbers & visible) for numbers in by_weight.values())

    # Lists

    def by_category(self, ranking: Ranking) -> Counter[str]:
        """How many of the items are in each category."""
        found = set().union(*(tier.items for tier in ranking.tiers))
        counts = {name: len(numbers & found) for name, numbers in self.categories.items()}
        return Counter({name: many for name, many in counts.items() if many})

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
            place
            for tier in ranking.tiers
            if after is None or -tier.score >= after[0]
            for place in self.places(tier, language, popular, category)
            if after is None or place > after
        )
        return list(islice(places, limit))

    def places(
        self, tier: Tier, language: str, popular: Popularity, category: str | None
    ) -> Iterator[Place]:
        """The places of items that fit equally well: popular ones first, then by title."""
        items = tier.items if category is None else tier.items & self.categories[category]
        score = round(-tier.score)
        liked = {number: popular[id] for id in popular if (number := self.numbers.get(id)) in items}
        if not tier.score:
            liked = {}
        yield from sorted(
            (score, -many, self.title(number, language), self.items[number].id)
            for number, many in liked.items()
        )
        for title, id, number in self.in_order(language, items):
            if number not in liked:
                yield score, 0, title, id

    def in_order(self, language: str, items: Numbers) -> Iterable[tuple[str, str, int]]:
        """Some items by their titles, each with its id and number."""
        if len(items) < FEW:
            return sorted((self.title(one, language), self.items[one].id, one) for one in items)
        if language not in self.orders:
            self.orders[language] = sorted(
                (self.title(number, language), item.id, number)
                for number, item in self.items.items()
            )
        return (place for place in self.orders[language] if place[-1] in items)

    def title(self, number: int, language: str) -> str:
        """What an item is sorted by."""
        item = self.items[number]
        return item.titles.get(language, item.id)


def together(matches: Sequence[Match], everything: int) -> tuple[list[Tier], bool]:
    """The items that all terms have found, else those that most have; rare words count more.

    Nothing where not even half of the terms have found the same item.
    """
    found = [match.items for match in matches]
    hits = set.intersection(*found)
    complete = bool(hits)
    if not complete:
        times = Counter(number for numbers in found for number in numbers)
        most = max(times.values(), default=0)
        if most * 2 < len(found):
            return [], False
        hits = {number for number, many in times.items() if many == most}
    scores: Counter[int] = Counter()
    for match, numbers in zip(matches, found, strict=True):
        rarity = log(1 + everything / len(numbers)) if numbers else 0
        for tier in match.tiers:
            score = round(tier.score * rarity * FINE)
            for number in tier.items & hits:
                scores[number] += score
    tiers: defaultdict[int, Numbers] = defaultdict(set)
    for number, score in scores.items():
        tiers[score].add(number)
    return [Tier(score, tiers[score]) for score in sorted(tiers, reverse=True)], complete


def cost(term: str, near: Near, foreign: bool) -> float:
    """How improbable a word is: people mistake its first letter, and the language, less."""
    return near.distance + (foreign + (term[0] != near.word[0])) / 2
