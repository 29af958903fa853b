"""Make the page that lists all questions anew from the notebooks: `python -m tests.refresh_questions`."""

from __future__ import annotations

from tests.book.questions import PAGE, page


def main() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
