"""The ``aimux`` command.

``--version`` and ``status`` are answered before the command tree is imported: they are asked often,
by scripts and prompts, and must feel like nothing.  So are ``start``, ``start --foreground``, which it waits
for, and ``stop``.  The command tree has them all as well and calls the same functions; a test compares the
ways.  ``__complete`` is asked by shells while somebody types, and stands in no tree.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["version"]):
        from aimux import __version__

        print(f"aimux {__version__}")  # noqa: T201 -- the whole point is to import nothing
        return 0
    if arguments[:1] == ["__complete"]:
        from aimux.cli.completion.asked import complete

        return complete(arguments[1:])
    from aimux.cli.guarded import asks_for_json, guarded

    if arguments in (["status"], ["status", "--json"]):
        from aimux.cli.status import show_status

        as_json = "--json" in arguments
        return guarded(lambda: show_status(as_json=as_json), as_json=as_json)

    if arguments == ["start"]:
        from aimux.cli.lifecycle import start_in_background

        return guarded(start_in_background)

    if arguments == ["stop"]:
        from aimux.cli.lifecycle import stop_running

        return guarded(stop_running)

    if arguments == ["start", "--foreground"]:
        from aimux.cli.foreground import be_the_daemon

        return guarded(lambda: be_the_daemon({}))

    from aimux.cli.app import run

    return guarded(lambda: run(arguments), as_json=asks_for_json(arguments))


if __name__ == "__main__":
    sys.exit(main())
