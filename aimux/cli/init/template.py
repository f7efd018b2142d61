"""The first config.toml: what holds, and beside it, as comments, what one is likely to want next.

What is commented out is valid: a test takes the marks away and checks the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aimux.cli.imports.found import Account
from aimux.cli.imports.writing import provider_lines
from aimux.config.edit import HEAD
from aimux.config.layout import literal
from aimux.config.schema import DEFAULT_PORT

_SERVER: Final = f"""\
[server]
#: port = {DEFAULT_PORT}              # clients have it in their settings; 0 takes a free one
#: auth = "token"            # "none" lets every program of this machine spend your keys
#: drain_timeout = "120s"    # how long a stop waits for open answers
"""

_PROVIDERS: Final = """\
# Who can answer.  Others: aimux providers catalog, then: aimux providers add NAME
"""

_LOCAL: Final = """\
#: [providers.local]         # a server on this machine, or any other address
#: format = "openai-chat"    # anthropic, openai-chat, openai-responses or gemini
#: base_url = "http://127.0.0.1:11434/v1"
#: keys = []
#: max_concurrent = 2
"""

_MODELS: Final = """\
#: [models.quick]            # a name that clients may ask for
#: targets = [{first}]
#: strategy = "fastest"      # priority, weighted, round-robin, fastest, cheapest, least-busy, adaptive
"""

_ROUTES: Final = """\
# Rules: the first whose conditions all hold.  Try one without sending: aimux routes test
#: [[routes]]
#: name = "helpers"          # Claude Code's titles and summaries
#: match = {{ client = "claude-code", model = "claude-*haiku*" }}
#: targets = [{first}]
"""

_ROUTING: Final = """\
# What no rule matches: asked in this order; "*" is the model that the client asks for.
"""

_MORE: Final = """\
#: [budgets.daily]           # at the limit requests are refused; "degrade" asks targets of its own
#: scope = "all"
#: limit_usd = 20
#: window = "day"
#:
#: [[alerts]]
#: when = "error_rate > 0.2 for 5m"
#: notify = ["log", "desktop"]
"""


def first_configuration(
    accounts: Sequence[Account], default: Sequence[str], where: Mapping[str, str]
) -> str:
    """The whole file; ``where`` says of each key that was stored which reference leads to it."""
    first = literal(default[0] if default else "local/qwen3-coder:30b")
    routing = (
        f"[routing]\ndefault = {literal(list(default))}\n"
        if default
        else '#: [routing]\n#: default = ["local/*"]\n'
    )
    parts = [
        HEAD,
        _SERVER,
        _PROVIDERS + "\n".join(provider_lines(each, where) for each in accounts),
        _LOCAL,
        _MODELS.format(first=first),
        _ROUTES.format(first=first),
        _ROUTING + routing,
        _MORE,
    ]
    return "\n".join(parts).replace("#: ", "# ").replace("#:\n", "#\n")
