"""What is wrong with a form's definition, said so that its author can mend it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class FormProblem:
    """One mistake; `pointer` points into the form's schema, `hint` says what would be right."""

    pointer: str
    message: str
    hint: str = ""
    rule: str = field(default="form", compare=False)


class FormInvalid(ValueError):
    """The form cannot be compiled; `problems` says why."""

    def __init__(self, *problems: FormProblem) -> None:
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.message}" for p in problems))
        self.problems = list(problems)
