"""What a command printed, as a value that shows itself as the terminal would."""

from __future__ import annotations


class Output(str):
    """The text of a command, errors and standard output as they came; ``code`` is its exit code.

    It is a string, so ``"via" in output`` and ``output.splitlines()`` work; as the last value of a
    notebook cell it shows the plain text.  ``errors`` is how much of it, from its start, a pipe lets by.
    """

    code: int
    command: str
    errors: int

    def __new__(cls, text: str = "", code: int = 0, command: str = "", errors: int = 0) -> Output:
        """Keep the text with the exit code and the command line that made it."""
        made = super().__new__(cls, text)
        made.code, made.command, made.errors = code, command, errors
        return made

    @property
    def text(self) -> str:
        """The text as a plain string."""
        return str.__str__(self)

    @property
    def ok(self) -> bool:
        """Say whether the command ended with exit code 0."""
        return self.code == 0

    def __repr__(self) -> str:
        return self.rstrip("\n")


class Lines(list[str]):
    """Lines of text; ``repr`` prints one below the other."""

    def __repr__(self) -> str:
        return "\n".join(self)
