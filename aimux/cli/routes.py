"""``aimux routes``: which rules there are, and where a request would go."""

from __future__ import annotations

from typing import Annotated

import typer

from aimux.cli import route_views, simulate
from aimux.cli.group import group

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FLAG_OFF = False
"""Default of every flag: a flag that is not typed is off."""


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    routes = group("routes", "Which rules there are, and where a request would go.")
    routes.command("list")(list_all)
    routes.command("test")(try_out)
    simulate.register(routes)
    app.add_typer(routes)


def list_all(as_json: Json = FLAG_OFF) -> None:
    """List the rules in the order in which they are looked at, then the models and the default.

    It reads the configuration; no daemon is needed.
    """
    route_views.show_routes(as_json=as_json)


def try_out(  # noqa: PLR0913, PLR0917 -- one parameter for each option
    model: Annotated[str | None, typer.Option("--model", help="Model asked for.")] = None,
    tokens: Annotated[
        int | None, typer.Option("--tokens", help="Length of the prompt in tokens.")
    ] = None,
    max_output: Annotated[
        int | None, typer.Option("--max-output", help="Longest answer in tokens.")
    ] = None,
    thinking: Annotated[
        str | None,
        typer.Option("--thinking", metavar="LEVEL", help="off, on, low, medium, high, xhigh, max."),
    ] = None,
    images: Annotated[bool, typer.Option("--images", help="With an image.")] = FLAG_OFF,
    documents: Annotated[bool, typer.Option("--documents", help="With a document.")] = FLAG_OFF,
    tools: Annotated[
        list[str] | None,
        typer.Option("--tools", metavar="NAME[,NAME]", help="With these tools; may be repeated."),
    ] = None,
    web_search: Annotated[
        bool, typer.Option("--web-search", help="With a web search by the provider.")
    ] = FLAG_OFF,
    structured: Annotated[
        bool, typer.Option("--structured", help="With a schema for the answer.")
    ] = FLAG_OFF,
    client: Annotated[
        str | None,
        typer.Option("--client", help="An agent such as claude-code, or a token's name."),
    ] = None,
    subagent: Annotated[bool, typer.Option("--subagent", help="From a subagent.")] = FLAG_OFF,
    project: Annotated[str | None, typer.Option("--project", help="Path of its project.")] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", metavar="NAME=VALUE", help="With this header; may be repeated."),
    ] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Whether the answer is streamed.")
    ] = None,
    wire_format: Annotated[
        str | None,
        typer.Option("--format", help="anthropic, openai-chat, openai-responses or gemini."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="Id of its conversation.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help='Another time, such as "fri 14:30".')
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="A request as JSON in any format; - is stdin.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the daemon what it knows.")
    ] = FLAG_OFF,
    as_json: Json = FLAG_OFF,
) -> None:
    """Show where a request would go and why; nothing is sent.

    The running daemon plans it with what it knows of health, plan windows and warm caches, and is
    not changed by it; without a daemon nothing of that is known.
    """
    from aimux.cli import route_request, route_test

    today = route_test.this_minute() // (24 * 60)
    minute = route_request.minute_of_week(at, today)
    wish = route_request.Wish(
        model, tokens, max_output, thinking, images, documents, route_request.names_of(tools),
        web_search, structured,
    )  # fmt: skip
    around = route_request.Surroundings(
        client, subagent, project, session, tuple(header or ()), stream, wire_format
    )
    script = route_request.script_of(wish, around, file)
    route_test.show_test(script, minute, offline=offline, as_json=as_json)
