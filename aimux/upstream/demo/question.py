"""What the demo provider was asked, whatever format it was written in.

The four readers (one a format) fill in a :class:`Question`; what all of them need to look into a
JSON body stands here.  A body that makes no sense is an ``InvalidRequest``: the caller's fault.

Tokens are counted by one stated rule, on the way in and on the way out: four bytes are a token, and
a part of a token is a whole one.  On the way in the bytes are those of the prompt's compact JSON
(instructions, messages, tools); no tokenizer is pretended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aimux.errors import InvalidRequest
from aimux.wire import jsontext

BYTES_PER_TOKEN: Final = 4

FAST: Final = "demo-fast"
"""Answers in text at once."""
THINKER: Final = "demo-thinker"
"""Thinks aloud first, unless the request turns thinking off."""
MODELS: Final = (FAST, THINKER)

CREATED_S: Final = 1_767_225_600  # 2026-01-01T00:00:00Z
"""When every answer and model was made: the clock is not read, so that answers stay the same."""

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be called; ``parameters`` is its JSON Schema, ``{}`` when it has none."""

    name: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Question:
    """One request, read."""

    model: str
    body: JsonObject
    """The request itself, for what one format alone asks for or repeats."""
    asked: str
    """The last thing the person wrote; empty when there was no text."""
    input_tokens: int
    result: str | None = None
    """What a tool answered, when the conversation ends with that."""
    tools: tuple[Tool, ...] = ()
    """The tools that may be called: none when the request forbids it, one when it names it."""
    must_call: bool = False
    thinking: bool = True
    """Whether the request lets a thinking model think."""
    schema: JsonObject | None = None
    """JSON Schema the answer has to follow; ``{}`` for any JSON object."""
    max_tokens: int | None = None


def compact_json(value: object) -> str:
    """JSON without spaces; the same value is always the same text."""
    return jsontext.dumps(value).decode()


def tokens(text: str) -> int:
    """Tokens of a text by the rule above; what is left of a cut surrogate pair counts too."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def prompt_tokens(body: JsonObject, fields: Iterable[str]) -> int:
    """Tokens of the named fields of a body, as far as they are there."""
    return sum(tokens(compact_json(body[name])) for name in fields if body.get(name))


# ---------------------------------------------------------------- looking into a body


def some_objects(body: JsonObject, name: str) -> list[JsonObject]:
    """A field that has to be a list of at least one object."""
    found = objects(body, name)
    if not found:
        raise InvalidRequest(f"{name}: at least one entry is required", param=name)
    return found


def objects(body: JsonObject, name: str) -> list[JsonObject]:
    """A field that may be a list of objects; empty when it is left out or null."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise InvalidRequest(f"{name}: must be a list of objects", param=name)
    return value


def section(body: JsonObject, name: str) -> JsonObject:
    """A field that may be an object; empty when it is left out or null."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(f"{name}: must be an object", param=name)
    return value


def whole_number(body: JsonObject, name: str) -> int | None:
    """A field that may be a number from 0 on; None when it is left out or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidRequest(f"{name}: must be a whole number from 0 on", param=name)
    return value


def refuse(body: JsonObject, names: Iterable[str], reason: str) -> None:
    """An error for the first of the fields that is set: ignoring it would change the meaning."""
    for name in names:
        if body.get(name):
            raise InvalidRequest(f"{name}: {reason}", param=name)


def texts(content: object) -> list[str]:
    """The texts of a message's content: a text, or a list of parts that may have a ``text``."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    found = [part.get("text") for part in content if isinstance(part, dict)]
    return [text for text in found if isinstance(text, str)]


def last_words(spoken: list[str]) -> str:
    """What the person said last.

    Agents put notes of their own beside a person's words, in angle brackets; those are taken only
    when there is nothing else.
    """
    by_person = [text for text in spoken if text.strip() and not text.lstrip().startswith("<")]
    return (by_person or spoken or [""])[-1]


def callable_tools(
    tools: Iterable[Tool], *, named: str | None, forbidden: bool
) -> tuple[Tool, ...]:
    """The tools that the request leaves to be called.

    Raises:
        InvalidRequest: it names one that it does not offer.
    """
    if forbidden:
        return ()
    offered = tuple(tools)
    if named is None:
        return offered
    chosen = tuple(tool for tool in offered if tool.name == named)
    if not chosen:
        raise InvalidRequest(f"tool_choice: {named!r} is not among the tools", param="tool_choice")
    return chosen
