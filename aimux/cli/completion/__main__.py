"""``python -m aimux.cli.completion``: writes the files of ``completions/`` anew."""

from __future__ import annotations

from aimux.cli.completion.files import made
from aimux.resources import folder


def main() -> None:
    """Writes them."""
    for name, text in made().items():
        (folder("completions") / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
