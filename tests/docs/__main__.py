"""Writes the generated pages of docs/ anew.

    python -m tests.docs

With ``--check`` nothing is written; the exit code is 1 when a page is not what it would be.
"""

from __future__ import annotations

import sys

from tests.docs.pages import FOLDER, PAGES


def main() -> int:
    """Makes every page; says which have changed."""
    only_looks = sys.argv[1:] == ["--check"]
    changed = 0
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        changed += 1
        print(f"docs/{name} {'is not what it would be' if only_looks else 'written'}")
        if not only_looks:
            path.write_text(text, encoding="utf-8")
    if not changed:
        print("all pages are as the code has it")
    return int(only_looks and changed > 0)


if __name__ == "__main__":
    sys.exit(main())
