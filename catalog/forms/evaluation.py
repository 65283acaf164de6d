"""The one verdict that every channel uses: clean answers, or errors per field."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import orjson

from catalog.forms.activity import active, settled, unknown
from catalog.forms.annotations import Context, Page
from catalog.forms.messages import Ranked, Speaker
from catalog.forms.nodes import Answers
from catalog.forms.rules import broken, without
from catalog.forms.tidy import tidied
from catalog.forms.walk import pointer, steps
from ground.errors import FieldError
from ground.messages import day

if TYPE_CHECKING:
    from catalog.forms.form import Form

EXACT = (
    orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


@dataclass(frozen=True, slots=True)
class ActivePage:
    """A page that is shown for these answers, with its active fields."""

    id: str
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a form makes of some answers.

    `answers` are the active ones only; `sound` are those of them that nothing is wrong with;
    `computed` are the server's values by field name, `reads` the answers that each looks at.
    """

    answers: Answers
    sound: Answers
    errors: list[FieldError]
    pages: list[ActivePage]
    computed: dict[str, Any]
    reads: dict[str, frozenset[str]]

    @property
    def valid(self) -> bool:
        """Nothing is wrong with what was judged."""
        return not self.errors


def evaluate(
    form: "Form",
    answers: Answers,
    language: str,
    page: str | None,
    context: Context | None,
    strict: bool,
) -> Evaluation:
    """See `Form.evaluate`."""
    given, unreadable = readable(answers)
    clean = settled(form.shape, given)
    if form.spelt:
        clean = tidied(form.shape, clean)
    speaker = Speaker(form.shape, clean, form.ranks, language)
    ranked = list(_failures(form, clean, speaker))
    ranked += [speaker.said(speaker.place((name,)), "unreadable", None) for name in unreadable]
    if strict:
        ranked += _unknown(form, given)
    sound = _sound(clean, ranked)
    if form.ruled:
        for path, keyword, limit in broken(form.shape, clean, sound, context):
            value = None if limit is None else day(limit)
            ranked.append(speaker.said(speaker.place(path), keyword, value))
        sound = _sound(clean, ranked)
    shown = active((form.shape,), clean)
    pages = active_pages(form.pages, shown, language)
    computed, reads = _computed(form, shown, sound, context)
    return Evaluation(
        answers=clean,
        sound=sound,
        errors=_errors(ranked, form.page(page) if page is not None else None),
        pages=pages,
        computed=computed,
        reads=reads,
    )


def readable(answers: Answers) -> tuple[Answers, list[str]]:
    """A copy of what JSON and every database can hold, and the names of all other answers."""
    try:
        written = orjson.dumps(answers, option=EXACT)
    except TypeError:
        return _readable_singly(answers)
    if b"\\u0000" in written:
        return _readable_singly(answers)
    return orjson.loads(written), []


def _readable_singly(answers: Answers) -> tuple[Answers, list[str]]:
    kept: Answers = {}
    refused: list[str] = []
    for name, value in answers.items():
        try:
            copy = orjson.loads(orjson.dumps({name: value}, option=EXACT))
        except TypeError:
            refused.append(str(name).encode("utf-8", "replace").decode())
            continue
        if _has_null_character(copy):
            refused.append(name.replace("\0", "?"))
        else:
            kept.update(copy)
    return kept, refused


def _has_null_character(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null_character(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_null_character, value))
    return isinstance(value, str) and "\0" in value


def _failures(form: "Form", clean: Answers, speaker: Speaker) -> Iterator[Ranked]:
    if not form.validator.is_valid(clean):
        for failure in form.validator.iter_errors(clean):
            yield from speaker.failures(failure)


def _unknown(form: "Form", given: Answers) -> Iterator[Ranked]:
    for path, beside in unknown((form.shape,), given):
        name = str(path[-1])
        near = closest(name, beside)
        key = "forms.error.unknown_near" if near else "forms.error.unknown"
        params = {"field": name, "near": near} if near else {"field": name}
        yield (len(form.ranks),), 0, FieldError(pointer(path), key, params)


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or an empty string."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.6)), "")


def _sound(clean: Answers, ranked: list[Ranked]) -> Answers:
    """The answers that nothing has been found wrong with, inside groups and lists too."""
    sound = clean
    for _, _, error in ranked:
        sound = without(sound, steps(error.pointer))
    return sound


def _errors(ranked: list[Ranked], page: Page | None) -> list[FieldError]:
    """One error for each answer, in the form's order; with a page, only those of its fields."""
    chosen: dict[str, FieldError] = {}
    for _, _, error in sorted(ranked, key=lambda entry: entry[:2]):
        own = page is None or (error.pointer and steps(error.pointer)[0] in page.fields)
        if own:
            chosen.setdefault(error.pointer, error)
    return list(chosen.values())


def active_pages(
    pages: Iterable[Page], shown: Mapping[str, Any], language: str
) -> list[ActivePage]:
    """The pages that have something to show."""
    found = []
    for page in pages:
        fields = tuple(name for name in page.fields if name in shown)
        if fields:
            found.append(ActivePage(page.id, page.text("title", language), fields))
    return found


def _computed(
    form: "Form", shown: Mapping[str, Any], sound: Answers, context: Context | None
) -> tuple[dict[str, Any], dict[str, frozenset[str]]]:
    values: dict[str, Any] = {}
    reads: dict[str, frozenset[str]] = {}
    for name, source in form.computed.items():
        if context is not None and name in shown:
            watched = Watched(sound)
            value = context.compute(source, watched)
            reads[name] = frozenset(watched.read)
            if value is not None:
                values[name] = value
    return values, reads


class Watched(dict[str, Any]):
    """Answers that remember which of them were looked at: what follows from them is known so."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)
        self.read: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)
