"""Pieces of Markdown, written as a person would write them: nothing escaped that need not be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def page(title: str, *blocks: str) -> str:
    """A page: its title, then its blocks with one empty line between them."""
    return "\n\n".join((f"# {title}", *(each.strip("\n") for each in blocks if each))) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns in which nothing stands are left out."""
    found = [tuple(map(_cell, row)) for row in rows]
    kept = [place for place in range(len(heads)) if any(row[place] for row in found)]
    lines = [[heads[place] for place in kept], ["---"] * len(kept)]
    lines += [[row[place] for place in kept] for row in found]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """A text as code."""
    return f"`{text}`" if text else ""


def fence(text: str, language: str = "") -> str:
    """Lines as code."""
    return f"```{language}\n{text}\n```"


def prose(docstring: str | None) -> str:
    """A docstring as Markdown: paragraphs on one line each, ``x`` as `x`, and no reference of Sphinx's."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"``\1``", docstring or "")
    text = text.replace("``", "`")
    return "\n\n".join(" ".join(each.split()) for each in re.split(r"\n\s*\n", text.strip()))


def anchor(heading: str) -> str:
    """The name under which a forge finds a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _cell(text: str) -> str:
    """A text as a table holds it; what looks like a tag of HTML would not be shown."""
    pieces = text.replace("|", "\\|").replace("\n", " ").strip().split("`")
    pieces[::2] = [each.replace("<", "&lt;") for each in pieces[::2]]
    return "`".join(pieces)
