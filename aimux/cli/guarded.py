"""The one place where a command's failure becomes an exit code and a text."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from aimux.cli import output
from aimux.errors import AimuxError

INTERRUPTED = 130


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON; what is behind ``run`` or ``--`` is for another program."""
    if "--json" not in arguments or arguments[0] == "run":
        return False
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def guarded(command: Callable[[], int], *, as_json: bool = False) -> int:
    """Runs a command; whatever it raises is told, never as a traceback: in words, or as JSON where that
    was asked for.  What the system refuses and what is a bug is told in words always.

    ``AIMUX_DEBUG=1`` shows the traceback of an unexpected error.
    """
    output.open_missing_streams()
    try:
        code = command()
        sys.stdout.flush()
    except AimuxError as problem:
        if as_json:
            output.error_json(problem)
        else:
            output.error(problem)
        return problem.exit_code
    except KeyboardInterrupt:
        output.words()
        return INTERRUPTED
    except BrokenPipeError:
        output.silence_stdout()
        return 0
    except OSError as problem:
        output.silence_stdout()
        where = f" {problem.filename!r}" if problem.filename else ""
        output.words(f"error: the system refuses{where}: {problem.strerror or problem}")
        return 1
    except Exception as problem:  # the boundary of the process
        if os.environ.get("AIMUX_DEBUG"):
            raise
        output.words(f"error: aimux has a bug: {type(problem).__name__}: {problem}")
        output.hint("run it again with AIMUX_DEBUG=1 and report what it prints")
        return 1
    return code
