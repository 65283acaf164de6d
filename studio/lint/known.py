"""What is said about definitions by the parser, the loader and the forms: all of it errors.

They keep a definition from being published, so they live where it is loaded.
"""

SAID_BY_OTHERS = {
    "case": "A case that is opened without targets to be measured by, or routed before it is open.",
    "definition": "A key of an item that is missing, unknown or wrong, or an example that does "
    "not fit its form.",
    "document": "A document of its own without its header.",
    "duplicate-task": "Two tasks of one list with the same name.",
    "duration": "A length of time that is none.",
    "endless-retry": "A `retry` that nothing ends.",
    "expression": "An expression that is broken, unsafe, or too much work.",
    "form": "A form that is broken, or unfit to be shown.",
    "form-circle": "Fields of a form that are shown depending on each other in a circle.",
    "inline-secret": "A password, token or key that is written down.",
    "not-in-profile": "A part of the Open Workflow DSL that is not used here; the hint says what "
    "to use instead.",
    "plan-too-large": "Settings, stages and process that are larger than a workflow carries.",
    "retry-and-do": "A `catch` with both `retry` and `do`.",
    "schedule": "A schedule with no way to start, or with several.",
    "secret": "Secrets that are not listed by their names.",
    "shape": "Something that is not written as it must be.",
    "step-input": "An input that a step would refuse: misspelt, missing, or of the wrong kind.",
    "task-form": "A form that a task shows and `task_forms` does not list.",
    "then-to-nowhere": "A `then` that names no task of its list.",
    "too-deep": "Tasks in tasks in tasks, deeper than anybody can follow.",
    "too-long": "A process with too many tasks.",
    "unknown-key": "A key that means nothing where it stands.",
    "unknown-name": "A name of an error, retry or timeout that `use` does not define.",
    "unknown-process": "A process to `run` that is not there.",
    "unknown-stage": "A stage that the item does not list.",
    "unknown-step": "A `call` of a step or function that does not exist.",
    "unknown-task": "A task that does not say what it does.",
    "unknown-variable": "A variable that nothing defines where it is read, such as `$anwsers`.",
    "unreadable": "A file that is no YAML, or too large, too deep or too repetitive to be read.",
}
"""Their rules by name, with what each finds."""
