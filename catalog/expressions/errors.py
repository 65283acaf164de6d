"""What is wrong with an expression, in the words that a designer reads."""


class ExpressionError(Exception):
    """One mistake in an expression, or what went wrong when it was evaluated.

    `position` counts the expression's characters from 0, where the place is known.
    """

    def __init__(self, message: str, hint: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.position = position

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()
