"""The index of search by itself: what words count, what they stand for, and letting go of them."""

import pytest

from catalog.search_words import SearchWords
from catalog.searching import SearchIndex
from catalog.vocabulary import (
    BEGINNING,
    KEYWORDS,
    STEM,
    SUMMARY,
    SYNONYM,
    Habits,
    Texts,
    Vocabulary,
)

EVERYBODY = ("", "")
ENGLISH = SearchWords.model_validate(
    {
        "ignored": ["the", "where", "I"],
        "endings": ["s", "es", "ing", "e"],
        "synonyms": [["mobile", "cell phone"], ["address", "where I live"]],
    }
)


def counts(vocabulary: Vocabulary, term: str) -> float:
    """What a term counts for the one item there is."""
    return max((weight for weight, _ in vocabulary.matches(term, inflected=True)), default=0)


def test_a_word_counts_by_where_it_stands_and_how_it_was_met() -> None:
    vocabulary = Vocabulary(ENGLISH)
    vocabulary.add(1, Texts("Tea", "infusion; hot", "A cup of tea."))
    title = counts(vocabulary, "tea")
    assert title > counts(vocabulary, "infusion") == KEYWORDS
    assert counts(vocabulary, "cup") == SUMMARY
    assert counts(vocabulary, "infus") == KEYWORDS * BEGINNING
    assert counts(vocabulary, "cups") == SUMMARY * STEM
    assert counts(vocabulary, "coffee") == 0


def test_a_short_title_says_more_than_a_long_one() -> None:
    short, long = Vocabulary(ENGLISH), Vocabulary(ENGLISH)
    short.add(1, Texts("Tea", "", ""))
    long.add(1, Texts("Tea for two in the afternoon", "", ""))
    assert counts(short, "tea") > counts(long, "tea")


@pytest.mark.parametrize(
    ("has", "finds"), [("mobile", "cell"), ("cell phone", "mobile"), ("address", "live")]
)
def test_synonyms_stand_for_one_another_as_phrases(has: str, finds: str) -> None:
    vocabulary = Vocabulary(ENGLISH)
    vocabulary.add(1, Texts("Service", has, ""))
    assert counts(vocabulary, finds) == pytest.approx(KEYWORDS * SYNONYM)


def test_a_part_of_a_phrase_is_no_synonym() -> None:
    vocabulary = Vocabulary(ENGLISH)
    vocabulary.add(1, Texts("Service", "phone", ""))
    assert counts(vocabulary, "mobile") == 0


@pytest.mark.parametrize(
    ("word", "stem"),
    [("addresses", "address"), ("houses", "house"), ("moving", "move"), ("cups", "cup")],
)
def test_a_word_and_its_inflections_have_one_stem(word: str, stem: str) -> None:
    habits = Habits.of(ENGLISH)
    assert habits.stem(word) == habits.stem(stem)
    assert len(habits.stem(word)) >= 3


def test_what_is_let_go_of_leaves_nothing_behind() -> None:
    index = SearchIndex({"en": ENGLISH})
    index.put("tea", "drinks", EVERYBODY, {"en": Texts("Tea", "mobile", "Hot")})
    index.put("soup", "food", EVERYBODY, {"en": Texts("Soup", "", "Hot")})
    index.put("tea", "food", EVERYBODY, {"en": Texts("Chai", "", "Hot")})
    assert index.rank("tea", "en", {EVERYBODY}).tiers == []
    assert index.by_category(index.rank("hot", "en", {EVERYBODY})) == {"food": 2}
    index.take_out("tea")
    index.take_out("tea")
    index.take_out("soup")
    english = index.languages["en"]
    assert (english.items, english.sorted, any(english.stems.values())) == ({}, [], False)
    assert not index.items


def test_nobody_sees_what_no_audience_of_theirs_may() -> None:
    index = SearchIndex({"en": ENGLISH})
    index.put("tea", "drinks", ("gold", ""), {"en": Texts("Tea", "", "")})
    for query in ("tea", "te", "tee", ""):
        ranking = index.rank(query, "en", {EVERYBODY})
        assert index.page(ranking, "en", {"tea": 99}, None, None, 9) == []
        assert ranking.corrected is None


def test_lists_are_the_same_whether_few_or_many_are_sorted() -> None:
    index = SearchIndex({"en": ENGLISH})
    for number in range(450):
        texts = Texts(f"Tea {number:03}", "", "odd" if number % 2 else "")
        index.put(f"tea-{number}", f"shelf-{number % 3}", EVERYBODY, {"en": texts})
    for query in ("tea", "odd", ""):
        ranking = index.rank(query, "en", {EVERYBODY})
        popular = {"tea-301": 9, "tea-303": 12}
        whole = index.page(ranking, "en", popular, None, None, 1000)
        assert whole == sorted(whole)
        half = index.page(ranking, "en", popular, None, None, len(whole) // 2)
        assert half + index.page(ranking, "en", popular, None, half[-1], 1000) == whole
        if query:
            assert [place[-1] for place in whole[:2]] == ["tea-303", "tea-301"]
        shelf = index.page(ranking, "en", popular, "shelf-1", None, 1000)
        assert shelf == [one for one in whole if int(one[-1].split("-")[1]) % 3 == 1]
