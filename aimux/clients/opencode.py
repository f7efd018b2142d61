"""opencode: a provider with all models, their windows and abilities, in ``opencode.json``.

Of ``config.json``, ``opencode.json`` and ``opencode.jsonc`` in its folder the last one beats the others
(tried with 1.18); the last that exists is edited.  The token is read from aimux's own file (``{file:}``),
so that none stands in the settings; ``auth.json``, where its logins are, is never touched.  The package
named is built into opencode: nothing is downloaded.  ``OPENCODE_CONFIG_CONTENT`` carries the same for
``aimux run``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aimux.clients.client import (
    PROFILE_HEADER,
    Client,
    Conflict,
    Launch,
    Lead,
    Offer,
    Setting,
    SettingsFile,
    Surroundings,
    settings_in,
    table_in,
)
from aimux.clients.journal import NAME
from aimux.errors import UsageError

_CONTENT: Final = "OPENCODE_CONFIG_CONTENT"
_SCHEMA: Final = "https://opencode.ai/config.json"
"""opencode itself writes it into a file that lacks it."""
_FILES: Final = ("opencode.jsonc", "opencode.json", "config.json")


def variables(lead: Lead) -> dict[str, str]:
    """What its built-in OpenAI provider reads."""
    return {"OPENAI_BASE_URL": f"{lead.url}/v1", "OPENAI_API_KEY": lead.token}


def settings_files(around: Surroundings) -> list[Path]:
    """Its files, the one that beats the others first."""
    folder = around.folder("XDG_CONFIG_HOME", ".config") / "opencode"
    return [folder / name for name in _FILES]


def _path(around: Surroundings) -> Path:
    candidates = settings_files(around)[:2]
    return next((each for each in candidates if each.exists()), candidates[-1])


def files(lead: Lead, around: Surroundings) -> tuple[SettingsFile, ...]:
    """A provider, and the model to begin with.

    Raises:
        UsageError: there is no model to offer.
    """
    wanted = [Setting(("$schema",), _SCHEMA, unless=(("$schema",),))]
    wanted.append(Setting(("model",), f"{NAME}/{_first(lead)}"))
    provider = _provider(lead, f"{{file:{lead.token_file}}}")
    for name, value in provider.items():
        path = ("provider", NAME, name)
        if name == "options":
            wanted += [Setting((*path, each), value[each]) for each in value]
        else:
            wanted.append(Setting(path, value))
    return (SettingsFile(_path(around), "json", tuple(wanted)),)


def _first(lead: Lead) -> str:
    if not lead.offers:
        raise UsageError(
            "no model is known that opencode could be offered",
            hint="see which there are: aimux models; ask the vendors: aimux models --refresh",
        )
    return lead.offers[0].name


def _provider(lead: Lead, key: str) -> dict[str, Any]:
    return {
        "npm": "@ai-sdk/openai-compatible",
        "name": NAME,
        "options": {"baseURL": f"{lead.url}/v1", "apiKey": key},
        "models": {each.name: _model(each) for each in lead.offers},
    }


def _model(offer: Offer) -> dict[str, Any]:
    able = offer.capabilities
    inputs = [
        kind
        for kind, ability in (("text", None), ("image", "images"), ("pdf", "documents"))
        if ability is None or able is None or ability in able
    ]
    found: dict[str, Any] = {
        "name": offer.title,
        "tool_call": able is None or "tools" in able,
        "reasoning": able is not None and "thinking" in able,
        "attachment": len(inputs) > 1,
        "modalities": {"input": inputs, "output": ["text"]},
    }
    if offer.context:  # both or none: its schema wants an output limit beside a window
        output = offer.max_output or min(offer.context // 4, 32_000)
        found["limit"] = {"context": offer.context, "output": output}
    return found


def launch(lead: Lead, around: Surroundings, arguments: Sequence[str], ours: Path) -> Launch:  # noqa: ARG001 -- one signature for all clients
    """By settings in a variable, over those that the person may have in it."""
    provider = _provider(lead, "{env:AIMUX_TOKEN}")
    if lead.profile:
        provider["options"]["headers"] = {PROFILE_HEADER: lead.profile}
    content = _content(around) | {"model": f"{NAME}/{_first(lead)}"}
    content["provider"] = dict(table_in(content, "provider")) | {NAME: provider}
    return Launch({"AIMUX_TOKEN": lead.token, _CONTENT: json.dumps(content, ensure_ascii=False)})


def _content(around: Surroundings) -> dict[str, Any]:
    try:
        found = json.loads(around.environ.get(_CONTENT) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def conflicts(around: Surroundings) -> Iterator[Conflict]:
    """Settings that are read after the person's own."""
    own = _path(around)
    later = [around.environ[name] for name in ("OPENCODE_CONFIG",) if around.environ.get(name)]
    paths = [Path(each) for each in later]
    for folder in around.upward():
        for below in (folder, folder / ".opencode"):
            paths += [below / name for name in _FILES[:2]]
    if named := around.environ.get("OPENCODE_CONFIG_DIR"):
        paths += [Path(named) / name for name in _FILES[:2]]
    for path in paths:
        if path.resolve() != own.resolve():
            yield from _other(str(path), settings_in(path, "json"))
    if around.environ.get(_CONTENT):
        yield from _other(f"the shell's {_CONTENT}", _content(around))


def _other(place: str, data: Mapping[str, Any]) -> Iterator[Conflict]:
    model = data.get("model")
    if isinstance(model, str) and not model.startswith(f"{NAME}/"):
        yield Conflict(place, f"model = {model!r} beats yours", f"take it out of {place}")
    if NAME in table_in(data, "provider"):
        yield Conflict(place, f"provider.{NAME} is described there too", f"take it out of {place}")


OPENCODE: Final = Client(
    name="opencode",
    title="opencode",
    program="opencode",
    install="npm install -g opencode-ai",
    format="openai-chat",
    asks=lambda _: (),
    variables=variables,
    files=files,
    launch=launch,
    conflicts=conflicts,
)
