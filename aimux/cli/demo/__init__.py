"""``aimux demo``: see it work without keys or network.

A real daemon in a temporary home, one streamed request through the real gateway to the built-in demo
provider, the answer as it comes, and in a few lines what happened to it.  Afterwards nothing is left:
no process, no file, whatever ends it.

    stage     the temporary home and the daemon in it, and how both go away
    call      the one request, as any program would send it
    figures   what became of it, in numbers and in one sentence
    page      how all that looks on a terminal, in a pipe and as JSON
"""

from __future__ import annotations

from typing import Annotated

import typer

DEFAULT_PROMPT = "Hello! Who are you, and how did my words reach you?"


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command("demo")(_demo)


def _demo(
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="TEXT", help="Ask something else.")
    ] = DEFAULT_PROMPT,
    as_json: Annotated[  # noqa: FBT002 -- typer's way to write a flag
        bool, typer.Option("--json", help="Print one JSON object with the answer and the figures.")
    ] = False,
) -> None:
    """See it work: no keys, no network, nothing left behind.

    Starts a daemon in a temporary folder with a built-in demo provider, sends one streamed request
    through it, shows the answer as it comes, and says how it was routed.
    """
    from aimux.cli.demo.page import JsonPage, TerminalPage
    from aimux.cli.demo.show import show
    from aimux.errors import UsageError

    if not prompt.strip():
        raise UsageError(
            "the prompt is empty", hint='ask something: aimux demo --prompt "Hi there"'
        )
    show(prompt, JsonPage() if as_json else TerminalPage.of_stdout())
