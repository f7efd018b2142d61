"""``aimux replay`` and ``aimux diff``: an exchange once more, and two of them side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aimux.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aimux.admin.shapes import RehearsalShape
    from aimux.config.paths import Paths
    from aimux.routing.rehearsal import Script
    from aimux.telemetry.bodies_file import Kept

FLAG_OFF = False
_LABEL: Final = 10

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Facts = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command(
        epilog="For example: aimux replay ax_01ab...; "
        "aimux replay ax_01ab... --target zai/glm-5.3 --yes"
    )(replay)
    app.command(epilog="For example: aimux diff ax_01ab... ax_01cd...")(diff)


def replay(
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="The request's id (x-aimux-request-id).")
    ],
    *,
    target: Annotated[
        str | None, typer.Option("--target", help="provider/model to send it to instead.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send it; it is paid for.")] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Show where a request would go now and what it would cost; with --yes, send it again.

    Only what was kept can be sent again: aimux config set replay.keep true
    """
    from aimux.cli.kept import facts_of, opened_kept
    from aimux.config.paths import find_paths

    paths = find_paths()
    if yes:
        _must_run(paths)
    was = facts_of(paths, identity)
    kept = opened_kept(paths, was)
    script = _script(kept, target)
    told = _planned(script, as_json=as_json)
    if not as_json:
        _show_plan(was, told)
    if not yes:
        if as_json:
            nothing = dict.fromkeys(("id", "status", "now"))
            output.data_json({"was": was, "plan": told, "sent": False, **nothing})
        else:
            output.words("nothing was sent; send it with --yes")
        return
    _send(paths, kept, target, was, told, as_json=as_json)


def diff(
    first: Annotated[str, typer.Argument(metavar="ID1", help="A request's id.")],
    second: Annotated[str, typer.Argument(metavar="ID2", help="Another one's.")],
    *,
    as_json: Json = FLAG_OFF,
) -> None:
    """Show two requests side by side, and where both are kept, what was said otherwise."""
    from aimux.cli.diff_views import compared, show_difference
    from aimux.config.paths import find_paths

    told = compared(find_paths(), first, second)
    if as_json:
        output.data_json(told)
    else:
        show_difference(told)


# ---------------------------------------------------------------- before it is sent


def _must_run(paths: Paths) -> None:
    """Says at once that nobody can send it."""
    from aimux.admin.client import found_daemon

    found_daemon(paths)


def _script(kept: Kept, target: str | None) -> Script:
    """The request as it would arrive.

    Raises:
        NotKept: it was too large to be kept.
    """
    from aimux.cli.resend import headers_of
    from aimux.model.request import WireFormat
    from aimux.routing.rehearsal import Script
    from aimux.telemetry.bodies_file import MOST_BYTES, NotKept

    if kept.request is None:
        raise NotKept(
            f"the request of {kept.id!r} was larger than {MOST_BYTES // 2**20} MiB and is not kept"
        )
    gemini = kept.format is WireFormat.GEMINI
    return Script(
        raw=kept.request,
        format=kept.format,
        model=kept.model if gemini else None,
        stream=kept.stream if gemini else None,
        headers=headers_of(kept, target),
    )


def _planned(script: Script, *, as_json: bool) -> RehearsalShape:
    from aimux.cli.route_test import planned

    return planned(script, as_json=as_json)


def _show_plan(was: Facts, told: RehearsalShape) -> None:
    from aimux.cli.route_views import wrapped

    for line in (*_was(was), *_would(told)):
        for each in wrapped(output.printable(line), _LABEL):
            output.data(each)


def _was(was: Facts) -> Iterator[str]:
    from aimux.telemetry.story import local_time, target_of, time_span

    took = "" if was["duration_ms"] is None else f", took {time_span(was['duration_ms'])}"
    answered = f"answered by {target_of(was)}" if target_of(was) else "answered by nobody"
    yield f"{'was':{_LABEL}}{was['asked_model']} at {local_time(was['started_at'])}, {answered}{took}"
    yield f"{'':{_LABEL}}{was['outcome']}; {_tokens(was)}; {_cost(was.get('cost_usd'))}"


def _would(told: RehearsalShape) -> Iterator[str]:
    from aimux.cli.route_test import cost_words

    for number, each in enumerate(told["targets"]):
        label = "would go" if number == 0 else ""
        role = "to" if number == 0 else "then to"
        yield f"{label:{_LABEL}}{role} {each['target']}: {each['mode']}; {cost_words(each)}"
        if each["refusal"]:
            yield f"{'':{_LABEL}}   passed by: {each['refusal']}"
        if each["dropped"]:
            yield f"{'':{_LABEL}}   would not cross: {', '.join(each['dropped'])}"
    yield f"{'':{_LABEL}}{told['summary']}"


def _tokens(facts: Facts) -> str:
    into, out = (_count(facts[key]) for key in ("input_tokens", "output_tokens"))
    return f"{into} tokens in, {out} out"


def _count(tokens: int | None) -> str:
    return "an unknown number of" if tokens is None else f"{tokens:,}"


def _cost(amount: float | None) -> str:
    from aimux.telemetry.story import usd

    return "cost unknown" if amount is None else f"cost {usd(amount)}"


# ---------------------------------------------------------------- sent


def _send(  # noqa: PLR0913 -- what is to be sent, what is known, and how to show it
    paths: Paths,
    kept: Kept,
    target: str | None,
    was: Facts,
    told: RehearsalShape,
    *,
    as_json: bool,
) -> None:
    """Sends it, and shows what became of it beside what was."""
    from aimux.cli.diff_views import fact_rows
    from aimux.cli.resend import recorded, resend
    from aimux.errors import UpstreamError

    sent = resend(paths, kept, target)
    now = recorded(paths, sent.id) if sent.id else None
    if as_json:
        output.data_json(
            {
                "was": was,
                "plan": told,
                "sent": True,
                "id": sent.id,
                "status": sent.status,
                "now": now,
            }
        )
    elif now is None:
        output.data(f"sent as {sent.id}, status {sent.status}; nothing is recorded of it yet")
    else:
        output.data()
        output.table(("", "WAS", "NOW"), fact_rows(was, now))
        output.words(f"compare what was said: aimux diff {kept.id} {sent.id}")
    failed = sent.status >= 400 or not sent.whole or (now is not None and now["outcome"] != "ok")
    if failed:
        if as_json:
            raise typer.Exit(UpstreamError.exit_code)
        raise UpstreamError(
            "the replay was not answered as it should be", hint=f"see why with: aimux why {sent.id}"
        )
