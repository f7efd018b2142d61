"""The pages of docs/ that are made from the code, and who makes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.docs.addresses import admin_page, http_page
from tests.docs.commands import commands
from tests.docs.configuration import configuration
from tests.docs.errors import error_page
from tests.docs.metrics import metric_page
from tests.docs.openapi import openapi

FOLDER: Final = Path(__file__).parents[2] / "docs"

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "admin-api.json": openapi,
    "admin-api.md": admin_page,
    "commands.md": commands,
    "configuration.md": configuration,
    "errors.md": error_page,
    "http-api.md": http_page,
    "metrics.md": metric_page,
}
