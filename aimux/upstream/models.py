"""What a provider itself says of its models: the free call that shows whether a key works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aimux.catalogue.listed import Listed
from aimux.catalogue.provider import Provider
from aimux.upstream.listed import TELLING, listed
from aimux.upstream.outcome import Answer
from aimux.upstream.probe import DEFAULT_LIMIT_S, Question, ask
from aimux.vault.secret import Credential

MAX_MODELS: Final = 5000
MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models that a provider lists, in its own order, and what came of asking.

    ``models`` is empty unless ``answer.ok``; its names are bounded and printable.  ``listed`` is what the
    list says of them besides, where it says something; ``whole`` is whether there is no more of it.
    """

    provider: str
    url: str | None
    answer: Answer
    models: tuple[str, ...] = ()
    listed: Mapping[str, Listed] = field(default_factory=dict)
    whole: bool = True


async def list_models(
    provider: Provider, credential: Credential | None, *, timeout_s: float = DEFAULT_LIMIT_S
) -> ModelList:
    """Asks a provider for its list of models, which costs nothing.

    Never raises for a provider that fails: that is in ``answer``.
    """
    url = provider.models_url
    if url is None:
        return ModelList(provider.name, None, Answer("no-list", "has no list of models"))
    answer = await ask(provider, credential, Question(url), timeout_s=timeout_s)
    if not answer.ok:
        return ModelList(provider.name, url, answer)
    names = _names(answer.value)
    said = _listed(answer.value) if provider.preset in TELLING else {}
    whole = _is_whole(answer.value)
    answer = replace(answer, value=None)
    if names is None:
        text = "answered with JSON that is no list of models"
        return ModelList(provider.name, url, replace(answer, outcome="no-list", message=text))
    return ModelList(provider.name, url, answer, names, said, whole)


def _listed(value: Any) -> dict[str, Listed]:
    """What OpenAI's form of a list says of its models besides their names."""
    entries = value.get("data") if isinstance(value, dict) else None
    found: dict[str, Listed] = {}
    for each in entries[:MAX_MODELS] if isinstance(entries, list) else ():
        for name in _clean([each]):
            said = listed(each)
            if said is not None:
                found.setdefault(name, said)
    return found


def _is_whole(value: Any) -> bool:
    """Whether a list has no further page: OpenRouter's link, Anthropic's mark, Gemini's token."""
    if not isinstance(value, dict):
        return True
    links = value.get("links")
    further = links.get("next") if isinstance(links, dict) else None
    return not (further or value.get("has_more") or value.get("nextPageToken"))


def _names(value: Any) -> tuple[str, ...] | None:
    """Names out of OpenAI's and Anthropic's ``data[].id``, Gemini's ``models[].name``, or a bare list.

    ``None`` when it is neither.  A name that is no text, too long or unprintable is left out.
    """
    if isinstance(value, dict):
        value = value.get("data", value.get("models"))
    if not isinstance(value, list):
        return None
    names = dict.fromkeys(_clean(value[:MAX_MODELS]))
    return tuple(names)


def _clean(entries: list[Any]) -> Iterator[str]:
    for each in entries:
        name = each.get("id", each.get("name")) if isinstance(each, dict) else None
        if isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable():
            yield name.removeprefix("models/")
