"""``aimux dashboard``: opens the page, logged in.

The code stands behind the ``#`` of the address, which no browser sends to anybody.  A browser that is
started with the address itself would show it to every user of the machine, in the list of processes; so
it is started with a file of ours that leads there, and only we can read that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from aimux.cli import output

if TYPE_CHECKING:
    from pathlib import Path

FLAG_OFF = False

_LEADING = """\
<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>aimux</title>
<p><a href="{url}">the dashboard of aimux</a></p>
"""


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(dashboard)


def dashboard(
    *,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the address instead of opening it.")
    ] = FLAG_OFF,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = FLAG_OFF,
) -> None:
    """Open the dashboard in the browser, logged in.

    The address works once and within a minute.
    """
    from aimux.admin.client import AdminClient
    from aimux.config.paths import find_paths

    paths = find_paths()
    client = AdminClient.connect(paths)
    told = client.login_code()
    url = f"{client.presence.url}/#login={told['code']}"
    if as_json:
        output.data_json({"url": url, "expires_s": told["expires_s"]})
    elif print_only or not can_open(os.environ) or not opened(url, paths.dashboard):
        output.data(url)
        output.words(f"it works once, within {told['expires_s']:.0f} s")
        _tell_far(client.presence.url)
    else:
        output.words(f"opened {client.presence.url}/ in your browser")
        output.hint("if you see nothing: aimux dashboard --print")


def can_open(environ: Mapping[str, str]) -> bool:
    """Whether there is a screen here that a browser could use."""
    if environ.get("BROWSER"):
        return True
    if environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in {"darwin", "win32"} or any(
        environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def opened(url: str, leading: Path) -> bool:
    """Starts a browser with the file that leads to the address; whether there is one."""
    import webbrowser

    from aimux.config.paths import write_private

    write_private(leading, _LEADING.format(url=url).encode())
    try:
        return webbrowser.open(leading.as_uri())
    except webbrowser.Error:
        return False


def _tell_far(url: str) -> None:
    """How a browser on another machine gets here."""
    if os.environ.get("SSH_CONNECTION"):
        port = url.rpartition(":")[2]
        output.hint(f"on the machine with the browser, first: ssh -L {port}:127.0.0.1:{port} HOST")
