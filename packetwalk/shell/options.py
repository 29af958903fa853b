"""Options as ``getopt_long`` of the C library reads them: one letter or a word, before, after and between words."""

from __future__ import annotations

from collections.abc import Mapping

from packetwalk.shell.terminal import Failure


class WrongOption(Failure):
    """An option that a program does not have, or that lacks its value (``missing``)."""

    def __init__(self, message: str, code: int, option: str, *, missing: bool = False) -> None:
        super().__init__(message, code)
        self.option, self.missing = option, missing


class Options:
    """The options of a command line by their letters."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        self._found = found

    def __contains__(self, letter: str) -> bool:
        return any(name == letter for name, _ in self._found)

    def __iter__(self):
        return iter(self._found)

    def every(self, letter: str) -> list[str]:
        """Return all values of an option."""
        return [value for name, value in self._found if name == letter]

    def get(self, letter: str) -> str | None:
        """Return the last value of an option, or None."""
        return next(iter(self.every(letter)[::-1]), None)

    def number(self, letter: str, message: str) -> int | None:
        """Return the last value as a number; ``message`` is what the program says of another word."""
        value = self.get(letter)
        if value is not None and not value.isdigit():
            raise Failure(message.format(value), 2)
        return None if value is None else int(value)


def read(
    program: str,
    arguments: list[str],
    flags: str,
    values: str,
    long: Mapping[str, str],
    code: int = 2,
    usage: str = "",
    optional: str = "",
) -> tuple[Options, list[str]]:
    """Return the options and the other words; Failure with ``code`` in the C library's words for a wrong one.

    ``flags`` are the letters without a value, ``values`` those with one, ``optional`` those that take the next
    word where it is no option; ``long`` has the letters of words, an empty one for what changes nothing here.
    """
    usage = usage or f"Try '{program} --help' for more information."
    found: list[tuple[str, str]] = []
    others: list[str] = []
    queue = list(arguments)
    while queue:
        word = queue.pop(0)
        if word == "--":
            return Options(found), [*others, *queue]
        if word.startswith("--"):
            name, given, value = word[2:].partition("=")
            known = [each for each in long if each == name] or [
                each for each in long if each.startswith(name)
            ]
            if len(known) != 1:
                message = f"{program}: unrecognized option '{word}'\n{usage}"
                raise WrongOption(message, code, word.partition("=")[0])
            letter = long[known[0]]
            if letter and letter in values and not given:
                if not queue:
                    message = f"{program}: option '--{known[0]}' requires an argument\n{usage}"
                    raise WrongOption(message, code, word, missing=True)
                value = queue.pop(0)
            elif letter and letter in optional and not given:
                value = _next(queue)
            found.append((letter, value))
        elif word.startswith("-") and word != "-":
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter in values:
                    if not letters and not queue:
                        message = f"{program}: option requires an argument -- '{letter}'\n{usage}"
                        raise WrongOption(message, code, f"-{letter}", missing=True)
                    found.append((letter, letters or queue.pop(0)))
                    letters = ""
                elif letter in optional:
                    found.append((letter, "" if letters else _next(queue)))
                elif letter in flags:
                    found.append((letter, ""))
                else:
                    message = f"{program}: invalid option -- '{letter}'\n{usage}"
                    raise WrongOption(message, code, f"-{letter}")
        else:
            others.append(word)
    return Options(found), others


def _next(queue: list[str]) -> str:
    """Take the next word where it is no option."""
    return queue.pop(0) if queue and not queue[0].startswith("-") else ""
