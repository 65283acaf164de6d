"""How groups of staff are called: `back-office` is `our back office`, in the reader's language."""

from ground.messages import DEFAULT_LANGUAGE, Params, catalogue, ref, render

ANY = "groups.any"


def named(group: str | None) -> Params:
    """The group as a parameter of a message; one that has no text is simply our staff."""
    key = f"groups.{(group or 'any').replace('-', '_')}"
    return ref(key if key in catalogue(DEFAULT_LANGUAGE) else ANY)


def title(language: str, group: str | None) -> str:
    """The group as a reader calls it."""
    return render(language, named(group))


def title_for_staff(language: str, group: str) -> str:
    """The group as staff read it: one that has no text by its own id, since each has to be told."""
    called = named(group)
    return group if called == ref(ANY) and group != "any" else render(language, called)
