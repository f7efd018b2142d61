"""``aimux why, requests, usage``: what was asked, where it went, why, and what it took.

All three read the ledger's file, whether or not the daemon runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aimux.cli import output
from aimux.errors import UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths
    from aimux.telemetry.ledger_queries import LedgerReader, Missing, Sum

FLAG_OFF = False
MOST_OF_A_SESSION: Final = 1000
_POLL_S: Final = 0.3
_REQUEST_HEADINGS: Final = (
    "TIME", "ID", "CLIENT", "ASKED", "TARGET", "OUTCOME", "TOOK", "IN", "OUT", "COST",
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command(
        epilog="For example: aimux why --last; aimux why ax_01ab...; aimux why --session S"
    )(why)
    app.command(epilog="For example: aimux requests -n 50; aimux requests --follow --json")(
        requests
    )
    app.command(
        epilog="For example: aimux usage --since 30d --by model; aimux usage --since 2026-11-01"
    )(usage)


def why(
    identity: Annotated[
        str | None, typer.Argument(metavar="ID", help="The request's id (x-aimux-request-id).")
    ] = None,
    *,
    last: Annotated[bool, typer.Option("--last", help="The newest request.")] = FLAG_OFF,
    session: Annotated[
        str | None,
        typer.Option("--session", help="All requests of a session; the start of its name will do."),
    ] = None,
    as_json: Json = FLAG_OFF,
) -> None:
    """Tell why a request went where it went, how that ended, and what it took."""
    from aimux.config.paths import find_paths

    if sum((identity is not None, last, session is not None)) > 1:
        raise UsageError("an id, --last and --session exclude each other", hint="give one of them")
    paths = find_paths()
    if session is not None:
        _tell_session(paths, session, as_json=as_json)
    else:
        _tell_exchange(paths, identity or "last", as_json=as_json)


def requests(
    *,
    count: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 20,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on as requests end.")
    ] = FLAG_OFF,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one request a line.")
    ] = FLAG_OFF,
) -> None:
    """List the newest requests, the last one at the bottom."""
    from aimux.cli.ledger_access import NOTHING_YET, opened_ledger
    from aimux.config.paths import find_paths

    paths = find_paths()
    with opened_ledger(paths) as ledger:
        found = [] if ledger is None else ledger.newest(count)
        number = 0 if ledger is None else _last_number(ledger)
    if not found and not follow and not as_json:
        output.words(NOTHING_YET)
        return
    widths = _show_requests(found, as_json=as_json, follow=follow)
    if follow:
        _follow(paths, number, widths, as_json=as_json)


def usage(
    *,
    since: Annotated[
        str, typer.Option("--since", help="A span such as 12h, 7d, or a day such as 2026-11-01.")
    ] = "7d",
    by: Annotated[
        str | None,
        typer.Option("--by", help="provider, model, client, project, session or day."),
    ] = None,
    as_json: Json = FLAG_OFF,
) -> None:
    """Sum up requests, tokens and cost.

    What a provider's price is not known for is counted as unpriced, and never taken for free.
    """
    from aimux.cli.ledger_access import NOTHING_YET, opened_ledger, running_instance
    from aimux.config.paths import find_paths
    from aimux.telemetry.ledger_queries import BY, Missing
    from aimux.telemetry.usage import since_of

    if by is not None and by not in BY:
        raise UsageError(f"--by {by!r} is none", hint=f"one of {', '.join(BY)}")
    since_ms, paths = since_of(since), find_paths()
    with opened_ledger(paths) as ledger:
        if ledger is None:
            if as_json:
                _show_usage((), since_ms, by, Missing(), as_json=True)
            else:
                output.words(NOTHING_YET)
            return
        sums = ledger.usage(since_ms, by or "provider")
        missing = ledger.missing(since_ms, running_instance(paths))
    _show_usage(sums, since_ms, by, missing, as_json=as_json)


# ---------------------------------------------------------------- why


def _tell_exchange(paths: Paths, identity: str, *, as_json: bool) -> None:
    from aimux.cli.ledger_access import NOTHING_YET, NothingRecorded, of_the_daemon, opened_ledger
    from aimux.telemetry.story import add_words, story

    with opened_ledger(paths) as ledger:
        facts = None if ledger is None else ledger.exchange(identity)
    if facts is None:
        facts = of_the_daemon(paths, identity)
    elif facts["outcome"] != "ok" or len(facts["attempts"]) > 1:
        add_words(facts, of_the_daemon(paths, facts["id"]))
    if facts is None:
        if identity == "last":
            raise NothingRecorded(NOTHING_YET, hint="send one, such as with: aimux run claude-code")
        raise NothingRecorded(
            f"no request {identity!r} is recorded", hint="aimux requests lists those that are"
        )
    if as_json:
        output.data_json(facts)
        return
    name, *lines = story(facts)
    output.data(output.styled(output.printable(name), "bold"))
    for line in lines:
        output.data(output.printable(line))


def _tell_session(paths: Paths, session: str, *, as_json: bool) -> None:
    from aimux.cli.ledger_access import NOTHING_YET, NothingRecorded, opened_ledger

    with opened_ledger(paths) as ledger:
        if ledger is None:
            raise NothingRecorded(NOTHING_YET)
        found = ledger.session(session, MOST_OF_A_SESSION)
        if not found:
            names = ledger.sessions_beginning(session)
            if len(names) > 1:
                raise UsageError(
                    f"several sessions begin with {session!r}", hint=f"such as {', '.join(names)}"
                )
            found = ledger.session(names[0], MOST_OF_A_SESSION) if names else []
    if not found:
        raise NothingRecorded(
            f"no session {session!r} is recorded", hint="see them with: aimux usage --by session"
        )
    if as_json:
        output.data_json(found)
        return
    from aimux.cli.session_rows import show_session

    show_session(found)


# ---------------------------------------------------------------- requests


def _show_requests(
    found: Sequence[dict[str, Any]], *, as_json: bool, follow: bool
) -> list[int] | None:
    """Shows them; the widths of the columns for those to come, in a terminal that is to be followed."""
    if as_json:
        _json_lines(found)
        return None
    headings, rows = _fitting(_REQUEST_HEADINGS), [_request_cells(each) for each in found]
    if not follow or not sys.stdout.isatty():
        output.table(headings, rows)
        return None
    sample = (headings, *rows, _fitting(_USUAL))
    widths = [max(map(len, cells)) for cells in zip(*sample, strict=True)]
    output.data(output.styled(_padded(headings, widths), "dim"))
    for row in rows:
        output.data(_padded(row, widths))
    return widths


_USUAL: Final = (
    "2026-11-30 12:00:00", "ax_" + "0" * 20, "claude-code", "claude-sonnet-5-5",
    "anthropic/claude-sonnet-5-5", "ok", "12.3 s", "123.4k", "12.3k", "$0.1234",
)  # fmt: skip
"""How wide the columns are at least, while nobody knows what will come."""


def _follow(paths: Paths, number: int, widths: list[int] | None, *, as_json: bool) -> None:
    """Shows those that come, until Ctrl-C; a file that was replaced is begun from its start."""
    import contextlib
    import time

    from aimux.cli.ledger_access import opened_ledger

    with contextlib.suppress(KeyboardInterrupt):
        while True:
            output.piece("")  # a pipe gets at once what has been said so far
            time.sleep(_POLL_S)
            with opened_ledger(paths) as ledger:
                if ledger is None:
                    continue
                if _last_number(ledger) < number:
                    number = 0
                found = ledger.after(number)
            if not found:
                continue
            number = found[-1]["number"]
            if as_json:
                _json_lines(found)
            elif widths is None:
                output.table(_fitting(_REQUEST_HEADINGS), [_request_cells(each) for each in found])
            else:
                for each in found:
                    output.data(_padded(_request_cells(each), widths))


def _last_number(ledger: LedgerReader) -> int:
    newest = ledger.newest(1)
    return int(newest[0]["number"]) if newest else 0


def _json_lines(found: Sequence[dict[str, Any]]) -> None:
    import json

    for each in found:
        output.data(json.dumps(each, ensure_ascii=False))


def _request_cells(facts: dict[str, Any]) -> tuple[str, ...]:
    """For a terminal short, for a pipe exact; an empty cell of a pipe is unknown."""
    from aimux.telemetry.story import local_time, short_count, target_of, time_span, usd

    outcome = facts["outcome"] if facts["outcome"] == "ok" else facts["error_type"]
    if not sys.stdout.isatty():
        took, into, out, cost = (
            "" if facts[key] is None else str(facts[key])
            for key in ("duration_ms", "input_tokens", "output_tokens", "cost_usd")
        )
        when = facts["started_at"]
    else:
        took, cost = time_span(facts["duration_ms"] or 0), "?"
        into, out = short_count(facts["input_tokens"]), short_count(facts["output_tokens"])
        if facts["cost_usd"] is not None:
            cost = usd(facts["cost_usd"])
        when = local_time(facts["started_at"])
    target = target_of(facts) or "-"
    names = (facts["client"] or "-", facts["asked_model"] or "-", target, outcome or "-")
    return _fitting((when, facts["id"], *names, took, into, out, cost))


def _fitting(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells of a line; in a narrow terminal only those that one looks for first."""
    from aimux.cli.fit import is_wide, short_error, short_target
    from aimux.telemetry.story import recent_time

    if not sys.stdout.isatty() or is_wide():
        return cells
    when, identity, _, _, target, outcome, took, *_, cost = cells
    short = (short_target(target), short_error(outcome))
    return (recent_time(when), identity, *short, took, cost)


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    clean = (output.printable(cell).replace("\n", " ").replace("\t", " ") for cell in cells)
    return "  ".join(cell.ljust(width) for cell, width in zip(clean, widths, strict=True)).rstrip()


# ---------------------------------------------------------------- usage


def _show_usage(
    sums: Sequence[Sum], since_ms: int, by: str | None, missing: Missing, *, as_json: bool
) -> None:
    from aimux.cli.usage_rows import HEADINGS, exact_cells, short_cells
    from aimux.telemetry.usage import sum_shape, total_of, whole_hour

    total = total_of(sums)
    if as_json:
        output.data_json(
            {
                "since": whole_hour(since_ms),
                "by": by or "provider",
                "rows": [sum_shape(each) for each in sums],
                "total": sum_shape(total),
                "missing": missing.count,
                "missing_at_least": missing.at_least,
            }
        )
        return
    if not sys.stdout.isatty():
        output.table((), [exact_cells(each) for each in sums])
    elif sums:
        from aimux.cli.fit import fitted

        headings = ((by or "provider").upper(), *HEADINGS)
        cells = [short_cells(each, each.name or "(none)") for each in sums]
        if len(cells) > 1:
            cells.append(short_cells(total, "total"))
        output.table(headings, fitted(headings, cells, 0))
    for line in _remarks(total, since_ms, missing):
        output.words(line)


def _remarks(total: Sum, since_ms: int, missing: Missing) -> Iterator[str]:
    """What the numbers do not say."""
    from aimux.telemetry.story import local_time
    from aimux.telemetry.usage import whole_hour

    if not total.exchanges:
        yield f"no request since {local_time(whole_hour(since_ms))}"
    if total.unpriced:
        yield f"the cost of {_counted(total.unpriced)} is unknown and not in the sum"
    if total.untold:
        yield f"how many tokens {_counted(total.untold)} took was not told by the provider"
    if missing.count:
        least = "at least " if missing.at_least else ""
        verb = "is" if missing.count == 1 and not least else "are"
        yield f"{least}{_counted(missing.count)} of that time {verb} missing here"
    elif missing.at_least:
        yield "a crash of the machine may have cost the last moments before it"


def _counted(number: int) -> str:
    return "1 request" if number == 1 else f"{number} requests"
