"""``docs/errors.md``: every error, read off ``aimux.errors``, with the words of "
":mod:`tests.docs.mending`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aimux import errors
from aimux.errors import (
    AimuxError,
    ClientError,
    ConfigError,
    DaemonError,
    ErrorKind,
    UpstreamError,
    UpstreamStatus,
    UserError,
    VaultError,
)
from aimux.gateway.dialect import translated_status
from aimux.model.request import WireFormat
from aimux.routing.verdict import TABLE, Again, Other, words_of
from tests.docs.markdown import code, page, prose, table
from tests.docs.mending import MENDING

_TOP: Final = """\
Every error has a code, which does not change; a text, which says what happened and why; and mostly
a hint, which says what to do. The text and the hint of the moment know more than this page: read
them first.

On the command line an error ends with the exit code below; with `--json` it is `{"error": {"code",
"message", "hint"}}`. From the gateway it comes in the client's own wire format, with the HTTP
status below and the id of the request in `x-aimux-request-id`; `aimux why ID` tells the rest.
`x-should-retry: false` says that asking again would be answered alike; where a wait helps,
`retry-after` says how long."""

_GROUPS: Final[tuple[tuple[type[AimuxError] | None, str], ...]] = (
    (UserError, "What was typed or written"),
    (DaemonError, "The daemon"),
    (VaultError, "Keys"),
    (ClientError, "Requests of clients"),
    (UpstreamError, "Providers"),
    (None, "Others"),
)

_KINDS: Final = """\
A provider's own error (`upstream-status`) keeps its status and its bytes where client and provider
speak one format. Where they do not, it is told by its kind, in the words and with the status of the
client's format:"""

_VERDICTS: Final = """\
As long as nothing of an answer has reached the client. Once it has, nobody else is asked, and the
failure is told in the stream. What rests says itself for how long where it can; the last column
holds where it does not."""

_AGAIN: Final = {
    Again.FIRST: "at once",
    Again.WEIGH: "if leaving costs more than waiting",
    Again.LAST: "when nobody else is left",
    Again.NEVER: "no",
}
_OTHER: Final = {
    Other.YES: "yes",
    Other.NO: "no",
    Other.LARGER: "with a larger window, if `failover_on` says so",
    Other.OPTED: "if `failover_on` says so",
}

_SAID: Final = tuple(
    each
    for each in ErrorKind
    if each.value not in {"auth_client", "unavailable", "not_implemented", "internal"}
)
"""Kinds of what providers say; the others are only ours."""


def error_page() -> str:
    """The page."""
    blocks = [_TOP]
    for root, heading in _GROUPS:
        blocks.append(f"## {heading}")
        rows = (
            (code(e.code), _status(e), str(e.exit_code), prose(e.__doc__), mending(e))
            for e in _group(root)
        )
        blocks.append(table(("Code", "HTTP", "Exit", "Meaning", "What to do"), rows))
    blocks += ["## What a provider says", _KINDS, _kinds()]
    blocks += ["## What follows a failure", _VERDICTS, _verdicts()]
    return page("Errors", *blocks)


def _verdicts() -> str:
    heads = (
        "An attempt ended with",
        "In words",
        "At fault",
        "Same key again",
        "Other key",
        "Other target",
        "Rests",
    )
    rows = (
        (
            code(signal.value),
            words_of(signal).partition(";")[0],
            row.blame.value,
            _AGAIN[row.again],
            "yes" if row.other_key else "no",
            _OTHER[row.other],
            f"{row.rest_s:g} s" if row.rest_s else "",
        )
        for signal, row in TABLE.items()
    )
    return table(heads, rows)


def _kinds() -> str:
    heads = ("Kind", *(each.value for each in WireFormat))
    rows = ((code(kind.value), *(_told(kind, each) for each in WireFormat)) for kind in _SAID)
    return table(heads, rows)


def _told(kind: ErrorKind, format_: WireFormat) -> str:
    return str(translated_status(UpstreamStatus("", status=400, kind=kind), format_))


def all_errors() -> list[type[AimuxError]]:
    """One error for each code, in the order of the module; of several with one code, the last derived."""
    found: dict[str, type[AimuxError]] = {}
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, AimuxError):
            found[each.code] = each
    return list(found.values())


def _group(root: type[AimuxError] | None) -> Iterator[type[AimuxError]]:
    roots = tuple(each for each, _ in _GROUPS if each)
    for each in all_errors():
        if issubclass(each, root) if root else not issubclass(each, roots):
            yield each


def mending(error: type[AimuxError]) -> str:
    """What to do about an error; for one without words of its own, those of the error it is derived "
    "from.
    """
    kinds = (each for each in error.__mro__ if issubclass(each, AimuxError))
    return next(MENDING[each.code] for each in kinds if each.code in MENDING)


def _status(error: type[AimuxError]) -> str:
    if issubclass(error, DaemonError):
        return ""  # never answered to a client
    if error is ConfigError:
        return "409"  # of a reload, the only way in which the admin API meets it
    return "the provider's" if error is UpstreamStatus else str(error.http_status)
