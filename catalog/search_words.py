"""How people of one language search: `catalog_defs/search/<language>.yaml`, word for word.

Each field's description is the help that editors show and the hint of the loader's messages.
"""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.definitions import Definition, Word, mistake, repeated
from catalog.words import fold

FOLDER = "search"

Ending = Annotated[str, StringConstraints(pattern=r"^[a-z]+$", max_length=10)]
Group = Annotated[tuple[Word, ...], Field(min_length=2)]


class SearchWords(Definition):
    """What search knows of a language: synonyms, words that say nothing, and endings."""

    ignored: tuple[Word, ...] = ()
    """Words that say nothing about what is wanted, such as how, my or the."""
    endings: tuple[Ending, ...] = ()
    """Endings, in small letters without accents, that leave the meaning as it is: s, es, ing."""
    synonyms: tuple[Group, ...] = ()
    """Groups of words or short phrases; whoever searches for one finds the others too."""

    @model_validator(mode="after")
    def words_can_be_searched_for(self) -> Self:
        for index, word in enumerate(self.ignored):
            if len(fold(word).split()) != 1:
                raise mistake(f"`{word}` is not one word", at=["ignored", index])
        for index, group in enumerate(self.synonyms):
            folded = [fold(word) for word in group]
            if "" in folded:
                place = folded.index("")
                at: list[str | int] = ["synonyms", index, place]
                raise mistake(f"`{group[place]}` has no letters or digits", at=at)
            for place, word in repeated(folded):
                raise mistake(
                    f"`{word}` stands twice in this group",
                    "Search knows neither case nor accents; write it once",
                    ["synonyms", index, place],
                )
        return self


NONE = SearchWords()
"""For a language that has no file."""
