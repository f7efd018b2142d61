"""``docs/http-api.md`` and ``docs/admin-api.md``: every address that a daemon registers, each with its "
"words.

Those of the admin API have theirs in the table of ``admin.shapes.API``; those for clients have them here.  An
address without words is an error, not an empty line.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aimux.admin import shapes
from aimux.admin.shapes import API
from aimux.errors import StreamCut, TooLarge
from aimux.model.request import WireFormat
from aimux.wire.formats import CODECS
from tests.docs.markdown import anchor, code, fence, page, prose, table
from tests.docs.said import Said, said
from tests.docs.shapes import attribute_docstrings, shape_classes, type_words

ROOT: Final = Path(__file__).parents[2]
_OURS: Final = ("AIMUX_", "NOTIFY_", "LISTEN_", "OTEL_", "WATCHDOG_")

Address = tuple[str, str]

CLIENTS: Final[Mapping[str, str]] = {
    "POST /v1/messages": "Anthropic Messages, streamed or not.",
    "POST /v1/messages/count_tokens": (
        "How many tokens such a request has: the provider's own count, or an estimate, which "
        "`x-aimux-estimated: true` says."
    ),
    "POST /v1/chat/completions": "OpenAI Chat Completions, streamed or not.",
    "POST /v1/responses": "OpenAI Responses, streamed or not.",
    "POST /v1/embeddings": "OpenAI embeddings; relayed to a provider that has them, never translated.",
    "POST /v1beta/models/{model}:{method}": (
        "Gemini: `generateContent`, `streamGenerateContent`, `countTokens`. The model's name may hold"
        " a slash."
    ),
    "POST /v1/models/{model}:{method}": "The same, at the version that newer SDKs of Google's ask for.",
    "GET /v1/models": (
        "The models that the token may ask for, in the asker's shape: Anthropic's for who sends "
        "`anthropic-version` or `x-api-key`, Google's for `x-goog-api-key`, else OpenAI's."
    ),
    "GET /v1/models/{model}": "One of them.",
    "GET /v1beta/models": "The models in Google's shape.",
    "GET /v1beta/models/{model}": "One of them.",
    "GET /health": "200 while the daemon lives. Needs no token.",
    "GET /health/ready": (
        "200 while a request could be sent to some provider; else 503, with the reason of each. Needs"
        " no token."
    ),
    "GET /metrics": "[Metrics](metrics.md) for Prometheus; the client's or the admin's token.",
    "HEAD /": "Answered with nothing: agents warm up a connection so. Needs no token.",
    "HEAD /api/hello": "The same.",
    "GET /": (
        "The dashboard, unless `server.dashboard = false`. The page holds no data and needs no token;"
        " what it shows comes from the [admin API](admin-api.md), after a login (`aimux dashboard`)."
    ),
    "GET /web/{path}": "The dashboard's own files.",
}

_TOP: Final = """\
One address for every client, by default `http://127.0.0.1:24689`. `aimux env` prints it with a
token and the variables of each client.

A client shows its token as `Authorization: Bearer`, `x-api-key`, `x-goog-api-key` or `?key=`,
whichever its SDK uses. With `server.auth = "none"` none is needed. The `Host` must be a loopback
name or one of `server.allowed_hosts`; a request that a web page of another origin sends is refused,
and no header ever permits one (no CORS)."""

_ERRORS: Final = """\
An error comes in the format of the address, with the status of [errors.md](errors.md). Once a
stream has begun, the error event of its format stands where the answer's end would have stood."""

_EXAMPLE: Final = TooLarge(
    "the body is over 64 MiB", hint="raise server.max_body_mb if that is meant"
)
_CUT: Final = StreamCut("zai/glm-5.3 ended its answer before it was complete", provider="zai")
_ID: Final = "ax_19a3f5c0e7d000000000"

_REQUEST_HEADERS: Final = (
    ("x-aimux-target", "`provider/model`: goes there and nowhere else. A model name `provider/model` or "
     "`provider,model` does the same."),
    ("x-aimux-project", "Path of the project, for rules, budgets and `aimux usage`."),
    ("x-aimux-profile", "A word for rules to look at (`match.header`); `aimux run --profile` sends it."),
    ("x-aimux-replays", "Id of the exchange that this one repeats; `aimux replay` sends it."),
)  # fmt: skip
_RESPONSE_HEADERS: Final = (
    ("x-aimux-request-id", "Id of the exchange, for `aimux why` and the log: on every answer of a "
     "provider and every error."),
    ("x-aimux-provider", "Who answered."),
    ("x-aimux-model", "The model that answered, by its name there."),
    ("x-aimux-mode", "`relay` (the bytes of both sides, with only the model's name replaced), `patch` "
     "(single fields "
     "edited for this vendor) or `translate` (another format)."),
    ("x-aimux-route", "The rule that held."),
    ("x-aimux-attempts", "How many providers were asked."),
    ("x-aimux-dropped", "Settings that the other format has no word for, by code."),
    ("x-aimux-estimated", "`true` on a count of tokens that is an estimate."),
    ("retry-after, retry-after-ms", "How long to wait before it makes sense to ask again."),
    ("x-should-retry", "`false`: asking again would be answered alike."),
)  # fmt: skip

_CROSSING: Final = """\
The client's own headers reach a provider of the same format where they are in the table of
`aimux/gateway/headers.py` (versions, betas, the SDK's and the agent's names, trace context); a
provider of another format is sent `user-agent` and trace context only. Credentials and cookies
never cross, in either direction. Of an answer come back what says how to read it, how long to wait
and what is left of a limit."""

_ADMIN_TOP: Final = """\
What the command line and the dashboard ask of the daemon, below `/aimux/v1`. Other programs may use
it as well: the token is in `admin.token` in the folder of state and goes into `Authorization:
Bearer`. `aimux status --json` and its kind print the same shapes without it.

A request that changes something must have `content-type: application/json`. Every error is an
[`ErrorShape`](#errorshape), with the status of [errors.md](errors.md); the daemon's answers are
never cached. A key keeps its meaning; new keys may come at any time.
[admin-api.json](admin-api.json) is the same as OpenAPI 3.1."""


def http_page() -> str:
    """The page of what clients ask."""
    addresses = dict.fromkeys(
        (method, _plain(path)) for method, path in registered() if not path.startswith(API + "/")
    )
    also = _prefixes()
    rows = []
    for method, path in addresses:
        words = _client_words(method, path)
        if prefixes := also[method, path]:
            words += f" Also below {' and '.join(prefixes)}."
        rows.append((code(f"{method} {path}"), words))
    return page(
        "HTTP API",
        _TOP,
        "## Addresses",
        table(("Address", ""), rows),
        "## Headers of a request",
        table(("Header", ""), ((code(name), words) for name, words in _REQUEST_HEADERS)),
        _CROSSING,
        "## Headers of an answer",
        table(("Header", ""), ((_codes(name), words) for name, words in _RESPONSE_HEADERS)),
        "## Errors",
        _ERRORS,
        *map(_errors_of, CODECS),
    )


def _errors_of(format_: WireFormat) -> str:
    """An error and an error event as a client of a format gets them."""
    body, event = CODECS[format_].error_body(_EXAMPLE, _ID), CODECS[format_].error_event(_CUT, _ID)
    return f"{format_.value}:\n\n" + fence(f"{body.decode()}\n\n{event.decode().strip()}")


def admin_page() -> str:
    """The page of the admin API."""
    rows = []
    for method, path in admin_addresses():
        found = admin_words(method, path)
        query = (
            code("?" + "&".join(f"{n}={e}" if e else n for n, e in found.query))
            if found.query
            else ""
        )
        takes = f"{query} {_linked(found.takes) if found.takes else ''}".strip()
        gives = _linked(found.gives) if found.gives else ""
        rows.append((code(f"{method} {path}"), takes, gives, found.words))
    blocks = [
        _ADMIN_TOP,
        "## Addresses",
        table(("Address", "Takes", "Gives", ""), rows),
        "## Shapes",
    ]
    for shape in shape_classes():
        notes = attribute_docstrings(shape)
        fields = (
            (code(name), _linked(type_words(kind)), notes.get(name, ""))
            for name, kind in shape.__annotations__.items()
        )
        blocks += [
            f"### {shape.__name__}",
            prose(shape.__doc__),
            table(("Key", "Type", ""), fields),
        ]
    return page("Admin API", *blocks)


# ---------------------------------------------------------------- what is registered


@functools.cache
def registered() -> list[Address]:
    """Method and path of all that a daemon serves; see :mod:`tests.docs.registered`."""
    environ = {name: each for name, each in os.environ.items() if not name.startswith(_OURS)}
    command = [sys.executable, "-m", "tests.docs.registered"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(method, path) for method, path in json.loads(done.stdout.splitlines()[-1])]


def admin_addresses() -> list[Address]:
    """Those of the admin API, in the order of its table."""
    order = list(said(shapes))
    found = [each for each in registered() if each[1].startswith(API + "/")]
    return sorted(found, key=lambda each: order.index(each) if each in order else len(order))


def admin_words(method: str, path: str) -> Said:
    """What the table says of an address.

    Raises:
        LookupError: nothing.
    """
    found = said(shapes).get((method, path))
    if found is None:
        raise LookupError(
            f"{method} {path} has no line in the table of aimux/admin/shapes.py (API)"
        )
    return found


def _client_words(method: str, path: str) -> str:
    if f"{method} {path}" not in CLIENTS:
        raise LookupError(f"{method} {path} has no words in tests/docs/addresses.py (CLIENTS)")
    return CLIENTS[f"{method} {path}"]


def _plain(path: str) -> str:
    """A path without the prefix under which some clients' base URLs look for it."""
    return path.removeprefix("/anthropic").removeprefix("/openai")


def _prefixes() -> dict[Address, list[str]]:
    found: dict[Address, list[str]] = {}
    for method, path in registered():
        here = found.setdefault((method, _plain(path)), [])
        if path != _plain(path):
            here.append(code(path.removesuffix(_plain(path))))
    return found


def _codes(names: str) -> str:
    return ", ".join(map(code, names.split(", ")))


def _linked(text: str) -> str:
    """A type as code, or as a link where it is a shape, or a list of a shape."""
    names = [each.__name__ for each in shape_classes() if re.search(rf"\b{each.__name__}\b", text)]
    match text.strip("[]").partition(" ")[0], names:
        case whole, [name] if whole == name:
            return f"list of {_link(name)}" if text.startswith("[") else _link(name)
        case _:
            return " ".join((code(text), *(f"({_link(each)})" for each in names)))


def _link(name: str) -> str:
    return f"[{code(name)}](#{anchor(name)})"
