"""The rules of the configuration, shown."""

from __future__ import annotations

import shutil
import sys
import textwrap

from aimux.cli import output
from aimux.cli.config_views import load


def show_routes(*, as_json: bool) -> None:
    """Every rule, every public model, and what holds for all other requests."""
    from aimux.routing.sentences import lines_of, routes_shape

    config = load().config
    if as_json:
        output.data_json(routes_shape(config))
        return
    for line in lines_of(config):
        for each in wrapped(output.printable(line)):
            output.data(each)
    if not config.providers:
        output.words("no provider is configured, so nobody can be asked")
        output.hint("see which there are: aimux providers catalog; then: aimux providers add NAME")


def wrapped(line: str, least: int = 0) -> list[str]:
    """A line in lines that fit the terminal, those after the first one indented by what the first is
    and two more, or by ``least``; whole in a pipe.
    """
    if not sys.stdout.isatty():
        return [line]
    indent = " " * max(least, len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(
        line,
        max(40, shutil.get_terminal_size().columns),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
