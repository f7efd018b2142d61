"""The contents of the messages of a Messages request, as api.anthropic.com takes them."""

from __future__ import annotations

import json
from typing import Final

from tests.agents.strict.shape import demand, fullmatch, objects, only, text
from tests.agents.words import (
    Call,
    Heard,
    Image,
    Json,
    Refused,
    Result,
    Turn,
    image_of,
    thought_at,
    thought_of,
)

VENDOR: Final = "anthropic"
EXTRA: Final = "{}: Extra inputs are not permitted"
BLOCKS: Final = {
    "user": {"text", "image", "document", "tool_result", "search_result"},
    "system": {"text"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
}
_BLOCK_FIELDS: Final = {
    "text": {"text", "citations"},
    "image": {"source"},
    "document": {"source", "title", "context", "citations"},
    "search_result": {"source", "title", "content", "citations"},
    "tool_result": {"tool_use_id", "content", "is_error"},
    "tool_reference": {"tool_name"},
    "thinking": {"thinking", "signature"},
    "redacted_thinking": {"data"},
    "tool_use": {"id", "name", "input", "caller"},
}


def of_kind(message: Json, kind: str) -> list[Json]:
    """The blocks of a message that are of a kind."""
    return [block for block in message.get("content", ()) if block.get("type") == kind]


class Reader:
    """Reads one message into what is heard."""

    def __init__(
        self, number: int, heard: Heard, thoughts: tuple[str, ...], declared: set[str]
    ) -> None:
        self._path = f"messages.{number}"
        self._heard = heard
        self._thoughts = thoughts
        self._declared = declared

    def read(self, message: Json, before: list[Json]) -> None:
        role, blocks = message["role"], message["content"]
        for place, block in enumerate(blocks):
            self._form(block, role, f"{self._path}.content.{place}")
        match role:
            case "assistant":
                self._assistant(blocks)
            case "user":
                self._user(
                    blocks, [call["id"] for each in before for call in of_kind(each, "tool_use")]
                )
            case _:
                self._heard.system += "\n".join(block["text"] for block in blocks)

    def _form(self, block: Json, role: str, path: str) -> None:
        kind = block.get("type")
        demand(kind in BLOCKS[role], f"{path}: Input tag {kind!r} is not expected for role {role}")
        common = {"type"} if "thinking" in kind else {"type", "cache_control"}
        only(block, _BLOCK_FIELDS[kind] | common, f"{path}.{kind}." + EXTRA)
        if kind == "text":
            demand(
                text(block.get("text"), f"{path}.text: Input should be a valid string"),
                "messages: text content blocks must be non-empty",
            )

    def _assistant(self, blocks: list[Json]) -> None:
        turn = Turn()
        for place, block in enumerate(blocks):
            path = f"{self._path}.content.{place}"
            match block["type"]:
                case "text":
                    turn.text += block["text"]
                case "thinking":
                    self._thought(block, path)
                case "tool_use":
                    turn.calls.append(self._call(block, path))
                case _:
                    raise Refused(f"{path}: Invalid `data` in `redacted_thinking` block")
        if turn.calls:
            self._heard.turns.append(turn)

    def _thought(self, block: Json, path: str) -> None:
        signature = text(block.get("signature"), f"{path}.thinking.signature: Field required")
        thought = thought_of(VENDOR, signature, self._thoughts)
        demand(thought is not None, f"{path}: Invalid `signature` in `thinking` block")
        shown = thought if self._heard.shows_thoughts else ""
        demand(
            block.get("thinking") == shown,
            f"{path}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot "
            "be modified. These blocks must remain as they were in the original response.",
        )
        step = len(self._heard.turns)
        demand(
            thought == thought_at(self._thoughts, step),
            f"{path}: Invalid `signature` in `thinking` block",
        )

    def _call(self, block: Json, path: str) -> Call:
        grammar = "^[a-zA-Z0-9_-]+$"
        demand(
            fullmatch(grammar, block.get("id")),
            f"{path}.tool_use.id: String should match pattern '{grammar}'",
        )
        arguments = block.get("input")
        demand(
            isinstance(arguments, dict),
            f"{path}.tool_use.input: Input should be a valid dictionary",
        )
        name = block.get("name")
        demand(name in self._declared, f"{path}.tool_use.name: {name!r} is not a declared tool")
        return Call(block["id"], name, json.dumps(arguments, ensure_ascii=False))

    def _user(self, blocks: list[Json], ids: list[str]) -> None:
        kinds = [block["type"] == "tool_result" for block in blocks]
        demand(
            kinds == sorted(kinds, reverse=True),
            f"{self._path}: `tool_result` blocks must come first in the content of a message",
        )
        results = {
            block["tool_use_id"]: self._result(block, f"{self._path}.content.{place}")
            for place, block in enumerate(blocks)
            if block["type"] == "tool_result"
        }
        if results:
            self._heard.turns[-1].results = [results[each] for each in ids]
        for place, block in enumerate(blocks):
            self._said(block, f"{self._path}.content.{place}")

    def _said(self, block: Json, path: str) -> None:
        turns = self._heard.turns
        if block["type"] == "text" and not turns:
            self._heard.prompt += block["text"] + "\n"
        if block["type"] == "image" and turns:
            turns[-1].loose.append(_image(block, path))

    def _result(self, block: Json, path: str) -> Result:
        content = block.get("content", "")
        failed = bool(block.get("is_error", False))
        if isinstance(content, str):
            return Result(content, failed=failed)
        said, images = "", []
        for place, each in enumerate(objects(content, f"{path}.tool_result.content: not a list")):
            where = f"{path}.tool_result.content.{place}"
            kind = each.get("type")
            allowed = {"text", "image", "document", "search_result", "tool_reference"}
            demand(
                kind in allowed, f"{where}: Input tag {kind!r} found using 'type' is not expected"
            )
            only(each, _BLOCK_FIELDS[kind] | {"type", "cache_control"}, f"{where}.{kind}." + EXTRA)
            if kind == "text":
                demand(each["text"], "messages: text content blocks must be non-empty")
                said += each["text"]
            if kind == "image":
                images.append(_image(each, where))
        return Result(said, tuple(images), failed)


def _image(block: Json, path: str) -> Image:
    source = block.get("source", {})
    demand(source.get("type") == "base64", f"{path}.image.source: only base64 is played here")
    only(source, {"type", "media_type", "data"}, f"{path}.image.source.base64." + EXTRA)
    try:
        return image_of(source.get("media_type", ""), source.get("data"))
    except ValueError as problem:
        raise Refused(f"{path}.image.source.base64.data: {problem}") from problem
