"""Calls in a client's history and what the tools gave back."""

from __future__ import annotations

from dataclasses import replace

from aimux.model.parts import CallKind, Media, Part, Text, ToolResult
from aimux.model.request import Role
from aimux.wire import jsontext
from aimux.wire import openai_fields as fields
from aimux.wire.openai_responses.items import KINDS, OWN_NAMES, Item, call_of
from aimux.wire.openai_responses.read_content import output_of
from aimux.wire.openai_responses.reading import Reading


def read_call(reading: Reading, item: Item, path: str) -> None:
    """A call of any kind."""
    kind = KINDS[item["type"]]
    if kind in {CallKind.FUNCTION, CallKind.CUSTOM}:
        fields.needed_text(item.get("name"), f"{path}.name")
    if kind is CallKind.CUSTOM:
        fields.text(item.get("input"), f"{path}.input")
    call = call_of(item)
    if call is None:  # the vendor's own search for tools: what it found comes behind it
        return
    if not call.id:
        raise fields.wrong(item.get("call_id"), f"{path}.call_id", "a string")
    if kind is CallKind.LOCAL_SHELL:
        reading.shell_calls[str(item.get("id"))] = call.id
    arguments = jsontext.mended(call.arguments)
    if arguments is not call.arguments:
        call = replace(call, arguments=arguments)
    reading.turns.add(Role.ASSISTANT, call)


def read_output(reading: Reading, item: Item, path: str) -> None:
    """A tool's output: text, or parts with images and files."""
    kind = KINDS[item["type"].removesuffix("_output")]
    parts = output_of(item.get("output"), f"{path}.output", reading.losses)
    add_result(reading, item, path, kind, parts)


def read_local_shell_output(reading: Reading, item: Item, path: str) -> None:
    """The output of a local shell, which may name its call by the id of the call's item."""
    id_ = item.get("call_id") or item.get("id")
    known = reading.shell_calls.get(id_, id_) if isinstance(id_, str) else id_
    read_output(reading, {**item, "call_id": known}, path)


def read_shell_output(reading: Reading, item: Item, path: str) -> None:
    """What shell commands printed: an array with an outcome for each, which the model reads as JSON
    just as well.
    """
    said = item.get("output")
    text = said if isinstance(said, str) else jsontext.text_of(said)
    add_result(reading, item, path, CallKind.SHELL, [Text(jsontext.mended(text))])


def add_result(reading: Reading, item: Item, path: str, kind: CallKind, parts: list[Part]) -> None:
    """A tool's result.  What no result can hold stands behind it."""
    content = tuple(part for part in parts if isinstance(part, Text | Media))
    result = ToolResult(
        fields.needed_text(item.get("call_id"), f"{path}.call_id"),
        content,
        is_error=kind is CallKind.APPLY_PATCH and item.get("status") == "failed",
        name=OWN_NAMES.get(kind) or fields.text(item.get("name"), f"{path}.name"),
        kind=kind,
    )
    others = (part for part in parts if not isinstance(part, Text | Media))
    reading.turns.add(Role.USER, result, *others)
