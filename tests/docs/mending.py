"""What to do about each error, by its code.

An error that is not here is told with the words of the error it is derived from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MENDING: Final[Mapping[str, str]] = {
    "internal": "A bug of aimux. `aimux logs --request ID` has the traceback; report it with that.",
    "user-error": "Read the hint.",
    "usage": "The command's `-h` shows what it takes.",
    "config-invalid": (
        "`aimux config check` shows every problem with its line; `aimux config edit` opens the file "
        "and checks it before it is kept. The running daemon goes on with the configuration it has."
    ),
    "config-conflict": "Type the command again: it reads the file anew.",
    "daemon": "`aimux status`, then `aimux logs`.",
    "not-running": "`aimux start`.",
    "already-running": "`aimux status` shows the one that runs; another `AIMUX_HOME` is another aimux.",
    "port-in-use": "Stop the program that the message names, or `aimux config set server.port PORT`.",
    "start-failed": (
        "The message is the daemon's own reason; `aimux start --foreground` shows all of it."
    ),
    "timed-out": (
        "Ask again in a moment. If it stays so: `aimux logs`, then `aimux stop --now` and `aimux "
        "start`."
    ),
    "vault": "`aimux keys list` shows where each key is and what is wrong with it.",
    "key-missing": (
        "`aimux keys set PROVIDER`; for `env:` and `file:` put it where the reference points, and "
        "`aimux restart` for a variable."
    ),
    "key-refused": "Copy the key again from the vendor's page, whole and without quotation marks.",
    "keyring-unavailable": (
        "Install a keyring, or let the vault keep keys: `aimux keys set PROVIDER --vault`."
    ),
    "keyring-locked": "Unlock the keyring (log in on the desktop), then `aimux reload`.",
    "key-host-mismatch": "If the new address is meant, give the key again: `aimux keys set PROVIDER`.",
    "vault-locked": "`aimux keys unlock`.",
    "vault-corrupt": (
        "Put `vault.aimux` back from a backup, or move it away and set the keys again. A file that "
        "others may read or that is not yours: `chmod 600`, `chown`."
    ),
    "invalid-request": "Mend the program that sends it; the message names the field.",
    "unsupported-content": (
        "Route such requests to a provider of the client's own format: a rule with `images`, "
        "`documents` or `format` in `match`."
    ),
    "unauthorized": (
        '`eval "$(aimux env)"` in that shell, or `aimux tokens create NAME` for a token of its own.'
    ),
    "forbidden": (
        "Nothing, if it was a web page: it may not use aimux. A program must not send `Origin`."
    ),
    "unknown-path": (
        "Look at the base URL: it ends before `/v1` for Anthropic's SDK, with `/v1` for OpenAI's. See"
        " [http-api.md](http-api.md)."
    ),
    "unknown-model": (
        "`aimux models` lists them; or give `[models.NAME]` or `routing.default` a target for it."
    ),
    "model-forbidden": (
        "Ask for a model that the token permits (`GET /v1/models`), or make another token."
    ),
    "method-not-allowed": "See [http-api.md](http-api.md) for the method.",
    "too-large": "Raise `server.max_body_mb` if that is meant.",
    "unsupported-encoding": (
        "Send UTF-8, without compression or with gzip; `application/json` to the admin API."
    ),
    "foreign-host": "Use `http://127.0.0.1`, or add the name to `server.allowed_hosts`.",
    "budget-spent": (
        "Wait for the window's end, which the message names, or raise `limit_usd` and "
        "`aimux reload`."
    ),
    "looping": (
        "Look at what the agent does. To go on, change the request; `routing.loop_guard = false` "
        "switches the guard off."
    ),
    "client-gone": "Nothing: the client left. `aimux why ID` shows how far the answer had come.",
    "not-translatable": "Add a provider that speaks the client's format: `aimux providers catalog`.",
    "upstream": "`aimux providers test NAME` asks the provider for something free of charge.",
    "connect-failed": "Look at `base_url`, `proxy` and the network: `aimux providers test NAME`.",
    "upstream-timeout": (
        "Raise the limit that the message names in `providers.NAME.timeouts`, or add a "
        "second target."
    ),
    "upstream-status": "The provider's own words say it; `aimux why ID` shows what each provider said.",
    "upstream-protocol": (
        "Look at `base_url`: an answer in HTML or a redirect mostly means a wrong address."
    ),
    "stream-cut": "Ask again. Often: raise `timeouts.idle`, or `aimux why ID` to see who cut it.",
    "no-candidate": (
        "`aimux status` says what each provider lacks; `aimux routes test` why each is left out."
    ),
    "no-network": (
        "Wait for the network. A provider on this machine in the same route takes over without one."
    ),
    "draining": "Send it again in a moment; `retry-after` says when.",
}
