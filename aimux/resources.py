"""Where the files are that come with aimux and are no modules: in a wheel and in a checkout alike.

``web`` stands within the package.  ``completions`` and ``service-templates`` stand beside it in a
checkout, where packagers look for them, and within it (``_data``) once it is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder of that name; it need not exist."""
    places = (PACKAGE / "_data" / name, PACKAGE / name, PACKAGE.parent / name)
    return next((each for each in places if each.is_dir()), PACKAGE / name)
