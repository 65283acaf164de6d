"""What the DSL has and our profile leaves out, and what to use instead."""

CALLS = {
    "grpc": "Call the system over HTTP: `call: http`, or `call: openapi`",
    "asyncapi": "Use `emit` and `listen`, which carry CloudEvents",
    "a2a": "Give the work to people with `call: task`, or call the system with `call: http`",
    "mcp": "Give the work to people with `call: task`, or call the system with `call: http`",
}
RUNS = {
    "container": "Put the work behind a system and call it with `call: http`, or write a step",
    "script": "Use an expression in `set`, or write a step in Python",
    "shell": "Put the work behind a system and call it with `call: http`, or write a step",
}
USES = {
    "extensions": "Write the tasks where they belong",
    "catalogs": "Define the function under `use.functions`, or write a step",
}
KEYS = {
    "evaluate": "Leave it out: expressions are jq, in strict mode",
}
EXTERNAL = "Write it here: what a process needs is part of its version"


def is_refused(function: str) -> bool:
    """Whether a call is of a kind that our profile leaves out."""
    return function in CALLS or "://" in function or "@" in function
