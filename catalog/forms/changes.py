"""What has changed in a form since somebody began to fill it in, in words of its questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.forms.activity import Nodes, inner_shapes, item_nodes
from catalog.forms.annotations import Context
from catalog.forms.facts import Facts
from catalog.forms.nodes import Answers, Shape, facts_of
from catalog.forms.walk import steps

if TYPE_CHECKING:
    from catalog.forms.form import Form

ITEM = "*"
"""Stands for the number of an item in the path of a question."""

QuestionPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it may be asked: whether it must be answered, always or under conditions."""

    facts: Facts
    must: bool

    def title(self, language: str) -> str:
        """Its title in a language; empty where it has none."""
        return self.facts.text("title", language)


@dataclass(frozen=True, slots=True)
class FormChanges:
    """Titles of questions, in the reader's language; options with the question they belong to.

    `added` and `removed` are asked and no longer asked, `required` can no longer be left empty.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    options_gone: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def any(self) -> bool:
        """Whether the questions differ at all."""
        return bool(self.added or self.removed or self.required or self.options_gone)


@dataclass(frozen=True, slots=True)
class Misfit:
    """An answer as its writer gave it that the form no longer takes, masked where it was."""

    label: str
    value: str


def changes(old: "Form", new: "Form", language: str) -> FormChanges:
    """How the questions of `new` differ from those of `old`."""
    before, after = dict(questions(old.shape)), dict(questions(new.shape))
    both = [path for path in after if path in before]
    gone = [(after[path], options_gone(before[path], after[path], language)) for path in both]
    return FormChanges(
        added=titles(after, [path for path in after if path not in before], language),
        removed=titles(before, [path for path in before if path not in after], language),
        required=titles(
            after, [path for path in both if after[path].must and not before[path].must], language
        ),
        options_gone=tuple((one.title(language), options) for one, options in gone if options),
    )


def questions(shape: Shape, path: QuestionPath = ()) -> Iterator[tuple[QuestionPath, Question]]:
    """Every question of a form with its path, those inside groups and lists too."""
    must = shape.required.union(*(names for _, names in shape.sometimes_required))
    for name, nodes in shape.known.items():
        facts = facts_of(nodes)
        if facts.widget == "hidden" or nodes[0].computed:
            continue
        yield (*path, name), Question(facts, name in must)
        yield from inside(nodes, (*path, name))


def inside(nodes: Nodes, path: QuestionPath) -> Iterator[tuple[QuestionPath, Question]]:
    """The questions of a group, or of the items of a list."""
    for shape in inner_shapes(nodes):
        yield from questions(shape, path)
    for shape in inner_shapes(item_nodes(nodes)):
        yield from questions(shape, (*path, ITEM))


def titles(
    known: dict[QuestionPath, Question], paths: list[QuestionPath], language: str
) -> tuple[str, ...]:
    """The titles of questions, without those inside a group that is listed itself."""
    outer = [path for path in paths if not any(path[:n] in paths for n in range(1, len(path)))]
    return tuple(dict.fromkeys(title for path in outer if (title := known[path].title(language))))


def options_gone(old: Question, new: Question, language: str) -> tuple[str, ...]:
    """The titles of the options that can no longer be chosen; none where no list says so."""
    left = {str(option.value) for option in new.facts.options}
    if not left:
        return ()
    gone = (option for option in old.facts.options if str(option.value) not in left)
    return tuple(option.title(language) for option in gone)


def misfits(
    old: "Form", new: "Form", answers: Answers, language: str, context: Context | None = None
) -> list[Misfit]:
    """What was answered in the old form that the new one does not ask for or does not take."""
    verdict = new.evaluate(answers, language, context=context, strict=False)
    wrong = {error.pointer for error in verdict.errors}
    wrong -= {error.pointer for error in old.evaluate(answers, language, strict=False).errors}
    computed = {*old.computed}
    return [
        Misfit(row.label, row.value)
        for row in old.view(answers, language, context=context).review
        if steps(row.pointer)[0] not in computed
        and (not holds(verdict.answers, steps(row.pointer)) or within(row.pointer, wrong))
    ]


def holds(answers: object, path: list[str]) -> bool:
    """Whether there is an answer at the path."""
    for step in path:
        if isinstance(answers, dict) and step in answers:
            answers = answers[step]
        elif isinstance(answers, list) and step.isdecimal() and int(step) < len(answers):
            answers = answers[int(step)]
        else:
            return False
    return True


def within(pointer: str, wrong: set[str]) -> bool:
    """Whether an answer, a part of it, or what it is part of, is among the wrong ones."""
    return any(
        pointer == one or pointer.startswith(f"{one}/") or one.startswith(f"{pointer}/")
        for one in wrong
        if one
    )
